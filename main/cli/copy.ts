import { resolve } from 'node:path'
import { hexOf, shortDigest } from '../../shared/digest.ts'
import type { JobOutcome } from '../../shared/job.ts'
import { mountLine, unmountLine } from '../../shared/mount-lines.ts'
import { familiarName } from '../../shared/reference.ts'
import { NO_RUNTIME, runBundle } from '../../shared/run-bundle.ts'
import { parseFilter, parseHostname, parseTimestamp, parseVariable } from '../../shared/source-uri.ts'
import type { DestinationSpec, FilterSpec, SourceSpec } from '../../shared/uri.ts'
import { displayPath, visible } from '../../shared/path-bytes.ts'
import { runJob } from '../engine/run-job.ts'
import { DONE } from './failure.ts'
import { formatBytes } from './format.ts'
import { dockerSource, registrySource } from './named-source.ts'
import { imageAndTag } from './search-print.ts'
import type { Session } from './session.ts'

export async function processImage(
  session: Session,
  [source = '', destination = '']: readonly string[],
  options: { readonly filter: readonly string[] },
): Promise<number> {
  // What is wrong in itself is said before anything is looked at.
  const output = session.destination(destination)
  const filters = options.filter.map((text) => parseFilter(text))
  return convert(session, await session.source(source), filters, output)
}

export async function tarfileToExtracted(
  session: Session,
  [tarfile = '', path = '']: readonly string[],
  options: Extracted,
): Promise<number> {
  return toDirectory(session, { kind: 'tar', path: resolve(tarfile) }, path, options)
}

interface Timestamps {
  readonly normalizeTimestamps?: boolean
  readonly timestamp: string
}

interface Extracted {
  readonly useUniqueNames?: boolean
  readonly expand?: boolean
}

interface Bundle {
  readonly terminal?: boolean
  readonly readOnly?: boolean
  readonly hostname?: string
  readonly env: readonly string[]
  readonly rootless?: boolean
}

export async function fetchToTarfile(
  session: Session,
  [registry = '', image = '', tag = '', tarfile = '']: readonly string[],
  options: Timestamps,
): Promise<number> {
  return toTarfile(session, registrySource(registry, image, tag), tarfile, options)
}

export async function fetchToExtracted(
  session: Session,
  [registry = '', image = '', tag = '', path = '']: readonly string[],
  options: Extracted,
): Promise<number> {
  return toDirectory(session, registrySource(registry, image, tag), path, options)
}

export async function dockerToTarfile(
  session: Session,
  [image = '', tag = '', tarfile = '']: readonly string[],
  options: Timestamps & { readonly socket?: string },
): Promise<number> {
  return toTarfile(session, dockerSource(image, tag, options.socket), tarfile, options)
}

export async function dockerToExtracted(
  session: Session,
  [image = '', tag = '', path = '']: readonly string[],
  options: Extracted & { readonly socket?: string },
): Promise<number> {
  return toDirectory(session, dockerSource(image, tag, options.socket), path, options)
}

export async function fetchToOci(
  session: Session,
  [registry = '', image = '', tag = '', path = '']: readonly string[],
  options: Bundle,
): Promise<number> {
  return toBundle(session, registrySource(registry, image, tag), path, options)
}

export async function dockerToOci(
  session: Session,
  [image = '', tag = '', path = '']: readonly string[],
  options: Bundle & { readonly socket?: string },
): Promise<number> {
  return toBundle(session, dockerSource(image, tag, options.socket), path, options)
}

export async function fetchToMounts(
  session: Session,
  [registry = '', image = '', tag = '', path = '']: readonly string[],
  { mount = false }: { readonly mount?: boolean },
): Promise<number> {
  return convert(session, registrySource(registry, image, tag), [], {
    kind: 'mounts',
    path: resolve(path),
    mount,
  })
}

export async function recreateImage(
  session: Session,
  [path = '', image = '', tag = '', tarfile = '']: readonly string[],
  options: Timestamps,
): Promise<number> {
  return toTarfile(session, { kind: 'dir', path: resolve(path), image, tag }, tarfile, options)
}

async function toTarfile(
  session: Session,
  input: SourceSpec,
  tarfile: string,
  options: Timestamps,
): Promise<number> {
  const timestamp = parseTimestamp(options.timestamp)
  const isNormalized = options.normalizeTimestamps || timestamp !== 0
  return convert(session, input, isNormalized ? [{ kind: 'normalize-timestamps', timestamp }] : [], {
    kind: 'tar',
    path: resolve(tarfile),
    compression: session.options.compression ?? 'none',
    overwrite: true,
  })
}

async function toDirectory(
  session: Session,
  input: SourceSpec,
  path: string,
  options: Extracted,
): Promise<number> {
  const { useUniqueNames: uniqueNames = false, expand = false } = options
  return convert(session, input, [], { kind: 'dir', path: resolve(path), uniqueNames, expand })
}

async function toBundle(session: Session, input: SourceSpec, path: string, options: Bundle): Promise<number> {
  const { terminal = false, readOnly = false, hostname, env, rootless } = options
  return convert(session, input, [], {
    kind: 'oci',
    path: resolve(path),
    terminal,
    readOnly,
    ...(hostname === undefined ? {} : { hostname: parseHostname(hostname) }),
    env: env.map((text) => parseVariable(text)),
    ...(rootless === undefined ? {} : { rootless }),
    allLabels: false,
  })
}

async function convert(
  session: Session,
  input: SourceSpec,
  filters: FilterSpec[],
  output: DestinationSpec,
): Promise<number> {
  const spec = { kind: 'convert', input: session.withOptions(input), filters, output } as const
  if (filters.some(({ kind }) => kind === 'search')) await printFound(session, spec.input)
  const outcome = await runJob(spec, session.workspace, session.task)
  session.task.clear()
  await session.output.flush()
  if (!session.options.quiet) session.task.say([summary(outcome), ...nextStep(output, outcome)].join('\n'))
  return DONE
}

/** What a searching filter finds is printed as `search` does. */
async function printFound(session: Session, source: SourceSpec): Promise<void> {
  const { task, output } = session
  await using input = await session.input(source)
  const info = await input.inspect(task)
  task.onFound = ({ diffID, path, isForScripts }) => {
    task.clear()
    const shown = visible(displayPath(path))
    const layer = info.layers.findIndex((one) => one.diffID === diffID)
    const line = isForScripts
      ? `${imageAndTag(info)}:${hexOf(diffID)}:${shown}`
      : `Layer ${layer}  ${shortDigest(diffID)}  ${shown}`
    // A reader that is gone ends the session by its signal.
    output.line(line).catch(() => {})
  }
}

function summary({
  path,
  references = [],
  imageID,
  bytesWritten,
  bytesFetched,
  bytesKept,
}: JobOutcome): string {
  const what = references.length > 0 ? references.map(familiarName).join(', ') : (imageID ?? 'the image')
  const amounts = [
    `${formatBytes(bytesWritten ?? 0)} written`,
    ...(bytesFetched === undefined ? [] : [`${formatBytes(bytesFetched)} fetched`]),
    ...(bytesKept ? [`${formatBytes(bytesKept)} were there from before`] : []),
  ]
  return `wrote ${visible(what)} to ${path ?? ''} (${amounts.join(', ')})`
}

/** How a bundle is started; the other forms have more than one way on. */
function nextStep(
  { kind, path }: DestinationSpec,
  { path: written = path, startedBy, runtime, imageID, mountedAt }: JobOutcome,
): readonly string[] {
  if (kind === 'mounts' && imageID !== undefined)
    return mountedAt === undefined
      ? [`mount it with: ${mountLine(written, imageID)}`]
      : [`it is mounted on ${mountedAt}`, `unmount it with: ${unmountLine(written)}`]
  if (startedBy === undefined) return []
  const who = startedBy === 'root' ? 'root' : 'yourself'
  const line = `start it as ${who} with: ${runBundle(written, runtime)}`
  return runtime ? [line] : [line, NO_RUNTIME]
}
