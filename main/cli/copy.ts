import { resolve } from 'node:path'
import type { JobOutcome } from '../../shared/job.ts'
import { familiarName } from '../../shared/reference.ts'
import { parseFilter, parseTimestamp } from '../../shared/source-uri.ts'
import type { DestinationSpec, FilterSpec, SourceSpec } from '../../shared/uri.ts'
import { visible } from '../../shared/path-bytes.ts'
import { runJob } from '../engine/run-job.ts'
import { DONE } from './failure.ts'
import { formatBytes } from './format.ts'
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
  options: { readonly useUniqueNames?: boolean },
): Promise<number> {
  const input = { kind: 'tar', path: resolve(tarfile) } as const
  return convert(session, input, [], {
    kind: 'dir',
    path: resolve(path),
    uniqueNames: options.useUniqueNames ?? false,
  })
}

export async function recreateImage(
  session: Session,
  [path = '', image = '', tag = '', tarfile = '']: readonly string[],
  options: { readonly normalizeTimestamps?: boolean; readonly timestamp: string },
): Promise<number> {
  const timestamp = parseTimestamp(options.timestamp)
  const isNormalized = options.normalizeTimestamps || timestamp !== 0
  const input = { kind: 'dir', path: resolve(path), image, tag } as const
  return convert(session, input, isNormalized ? [{ kind: 'normalize-timestamps', timestamp }] : [], {
    kind: 'tar',
    path: resolve(tarfile),
    compression: session.options.compression ?? 'none',
    overwrite: true,
  })
}

async function convert(
  session: Session,
  input: SourceSpec,
  filters: FilterSpec[],
  output: DestinationSpec,
): Promise<number> {
  const outcome = await runJob({ kind: 'convert', input, filters, output }, session.workspace, session.task)
  session.task.clear()
  if (!session.options.quiet) session.task.say(summary(outcome))
  return DONE
}

function summary({ path, references = [], imageID, bytesWritten }: JobOutcome): string {
  const what = references.length > 0 ? references.map(familiarName).join(', ') : (imageID ?? 'the image')
  return `wrote ${visible(what)} to ${path ?? ''} (${formatBytes(bytesWritten ?? 0)} written)`
}
