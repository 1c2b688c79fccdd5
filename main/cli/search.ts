import { hexOf, shortDigest } from '../../shared/digest.ts'
import { ImageError } from '../../shared/errors.ts'
import type { ImageInfo } from '../../shared/image.ts'
import { displayPath, isUtf8Path, visible } from '../../shared/path-bytes.ts'
import type { SearchHit, SearchQuery } from '../../shared/query.ts'
import { familiarReference, parseReference } from '../../shared/reference.ts'
import { DONE } from './failure.ts'
import { formatBytes } from './format.ts'
import { openListed } from './opened.ts'
import type { Session } from './session.ts'

const NOTHING_FOUND = 1
const WINDOW = 1000

export interface SearchOptions {
  readonly regex?: boolean
  readonly scriptFriendly?: boolean
  readonly json?: boolean
}

export function searchTarfile(
  session: Session,
  [tarfile = '', pattern = '']: readonly string[],
  options: SearchOptions,
): Promise<number> {
  return search(session, [tarfile, pattern], options)
}

export async function search(
  session: Session,
  [source = '', pattern = '']: readonly string[],
  options: SearchOptions,
): Promise<number> {
  const { output, task } = session
  if (pattern === '')
    throw new ImageError('usage', 'The pattern is empty.', { remedy: "Give one, such as '*.conf'." })
  const isRegex = options.regex ?? false
  const query: SearchQuery = { pattern, isRegex, isCaseSensitive: true, isWholeName: !isRegex }
  await using image = await openListed(session, source)
  const printer = printerOf(image.info, options)
  for (let offset = 0, total = 1; offset < total; offset += WINDOW) {
    const window = await image.search(query, { layers: [], offset, limit: WINDOW }, task)
    total = window.total
    for (const hit of window.hits) for (const line of printer(hit)) await output.line(line)
    if (total === 0) return NOTHING_FOUND
  }
  return DONE
}

type Printer = (hit: SearchHit) => string[]

function printerOf(info: ImageInfo, options: SearchOptions): Printer {
  if (options.json) return (hit) => [JSON.stringify(jsonOf(hit, info))]
  if (options.scriptFriendly) {
    const image = imageAndTag(info)
    // One match a line, whatever the name holds: a line break in it would be another match.
    return (hit) => [`${image}:${hexOf(hit.diffID)}:${visible(displayPath(hit.path))}`]
  }
  return groupedPrinter()
}

function jsonOf(hit: SearchHit, info: ImageInfo): Record<string, unknown> {
  const { path, diffID, layerIndex, type, size, state, createdBy, by } = hit
  return {
    image: info.reference ?? info.imageID,
    layer: diffID,
    layerIndex,
    path: displayPath(path),
    ...(isUtf8Path(path) ? {} : { pathBase64: Buffer.from(path, 'latin1').toString('base64') }),
    type,
    size,
    state,
    ...(createdBy === undefined ? {} : { createdBy }),
    ...(by === undefined ? {} : { by }),
  }
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
    const fate =
      hit.state === 'present' ? '' : `  ${hit.state}${hit.by === undefined ? '' : ` in layer ${hit.by}`}`
    const size = (hit.type === 'file' ? formatBytes(hit.size) : hit.type).padStart(10)
    lines.push(`${size}  ${visible(displayPath(hit.path))}${fate}`)
    return lines
  }
}
