import { hexOf, shortDigest } from '../../shared/digest.ts'
import { ImageError } from '../../shared/errors.ts'
import type { ImageInfo } from '../../shared/image.ts'
import { displayPath, isUtf8Path, visible } from '../../shared/path-bytes.ts'
import type { SearchHit, SearchQuery } from '../../shared/query.ts'
import type { SourceSpec } from '../../shared/uri.ts'
import { familiarReference, parseReference } from '../../shared/reference.ts'
import { LayerSearcher } from '../filters/search.ts'
import { pipe } from '../image/pipe.ts'
import { DONE } from './failure.ts'
import { formatBytes } from './format.ts'
import { jsonText } from './json-text.ts'
import { dockerSource, registrySource } from './named-source.ts'
import { openListed } from './opened.ts'
import type { Session } from './session.ts'

const NOTHING_FOUND = 1
const WINDOW = 1000

export interface SearchOptions {
  readonly regex?: boolean
  readonly scriptFriendly?: boolean
  readonly json?: boolean
}

export async function search(
  session: Session,
  [source = '', pattern = '']: readonly string[],
  options: SearchOptions,
): Promise<number> {
  return searchSource(session, await session.source(source), pattern, options)
}

export async function searchRegistry(
  session: Session,
  [registry = '', image = '', tag = '', pattern = '']: readonly string[],
  options: SearchOptions,
): Promise<number> {
  return searchSource(session, session.withOptions(registrySource(registry, image, tag)), pattern, options)
}

export async function searchDocker(
  session: Session,
  [image = '', tag = '', pattern = '']: readonly string[],
  options: SearchOptions & { readonly socket?: string },
): Promise<number> {
  const source = session.withOptions(dockerSource(image, tag, options.socket))
  return searchSource(session, source, pattern, options)
}

async function searchSource(
  session: Session,
  source: SourceSpec,
  pattern: string,
  options: SearchOptions,
): Promise<number> {
  if (pattern === '')
    throw new ImageError('usage', 'The pattern is empty.', { remedy: "Give one, such as '*.conf'." })
  const isRegex = options.regex ?? false
  const query: SearchQuery = { pattern, isRegex, isCaseSensitive: true, isWholeName: !isRegex }
  const isFound = options.scriptFriendly
    ? await printAsFound(session, source, query)
    : await printWithFates(session, source, query, options.json ? jsonPrinter : groupedPrinter)
  return isFound ? DONE : NOTHING_FOUND
}

/** `image:tag:layer:path`, each layer's matches as soon as it is listed. */
async function printAsFound(session: Session, source: SourceSpec, query: SearchQuery): Promise<boolean> {
  const { output, task, workspace } = session
  await using input = await session.input(source)
  const image = imageAndTag(await input.inspect(task))
  let isFound = false
  await using searcher = new LayerSearcher({
    query,
    index: workspace.index,
    signal: task.signal,
    async onLayer({ diffID, table, rows }) {
      task.clear()
      for (const row of rows) {
        isFound = true
        // One match a line, whatever the name holds: a line break in it would be another match.
        await output.line(`${image}:${hexOf(diffID)}:${visible(displayPath(table.path(row)))}`)
      }
      await output.flush()
    },
  })
  await pipe(input, searcher, task)
  return isFound
}

/** What became of a file is known when all layers are. */
async function printWithFates(
  session: Session,
  source: SourceSpec,
  query: SearchQuery,
  printerOf: (info: ImageInfo) => Printer,
): Promise<boolean> {
  const { output, task } = session
  await using image = await openListed(session, source)
  const print = printerOf(image.info)
  let total = 0
  let offset = 0
  do {
    const window = await image.search(query, { layers: [], offset, limit: WINDOW }, task)
    for (const hit of window.hits) for (const line of print(hit)) await output.line(line)
    total = window.total
    offset += WINDOW
  } while (offset < total)
  return total > 0
}

/** The lines of one hit. */
type Printer = (hit: SearchHit) => string[]

function jsonPrinter(info: ImageInfo): Printer {
  return ({ path, diffID, layerIndex, type, size, state, createdBy, by }) => [
    jsonText({
      image: info.reference ?? info.imageID,
      layer: diffID,
      layerIndex,
      path: displayPath(path),
      ...(isUtf8Path(path) ? {} : { pathBase64: Buffer.from(path, 'latin1').toString('base64') }),
      type,
      size,
      state,
      createdBy,
      by,
    }),
  ]
}

/** As Docker shows it, with `<none>` for what has no name. */
function imageAndTag({ reference }: ImageInfo): string {
  if (reference === undefined) return '<none>:<none>'
  const { domain, path, tag } = parseReference(reference)
  return `${familiarReference({ domain, path })}:${tag ?? '<none>'}`
}

/** For people: a heading for each layer, and what became of each file since. */
function groupedPrinter(): Printer {
  let layer = -1
  return (hit) => {
    const lines: string[] = []
    if (hit.layerIndex !== layer) {
      if (layer >= 0) lines.push('')
      layer = hit.layerIndex
      const command = visible(hit.createdBy ?? '').slice(0, 100)
      lines.push(`Layer ${layer}  ${shortDigest(hit.diffID)}  ${command}`.trimEnd())
    }
    const fate = hit.state === 'present' ? '' : `  ${hit.state} in layer ${hit.by}`
    const size = (hit.type === 'file' ? formatBytes(hit.size) : hit.type).padStart(10)
    lines.push(`${size}  ${visible(displayPath(hit.path))}${fate}`)
    return lines
  }
}
