import { hexOf, shortDigest, type Digest } from '../../shared/digest.ts'
import { displayPath, isUtf8Path, visible } from '../../shared/path-bytes.ts'
import type { ContentHit, SearchHit } from '../../shared/query.ts'
import { familiarReference, parseReference } from '../../shared/reference.ts'
import { formatBytes } from './format.ts'
import { jsonText } from './json-text.ts'
import type { SearchOptions } from './search-options.ts'

/** What an image is called in the results: its reference, else its ID. */
export interface NamedImage {
  readonly reference?: string | undefined
  readonly imageID: Digest
}

/** The lines of one hit; hits come image by image, layer by layer. */
export type Printer = (hit: SearchHit | ContentHit, image: NamedImage) => string[]

export function hitPrinter(
  { json = false, scriptFriendly = false }: Pick<SearchOptions, 'json' | 'scriptFriendly'>,
  hasSeveralImages: boolean,
): Printer {
  if (scriptFriendly) return (hit, image) => [scriptLine(image, hit)]
  return json ? jsonPrinter() : groupedPrinter(hasSeveralImages)
}

function jsonPrinter(): Printer {
  return (hit, image) => {
    const { path, diffID, layerIndex, type, size, state, createdBy, by } = hit
    return [
      jsonText({
        image: image.reference ?? image.imageID,
        layer: diffID,
        layerIndex,
        path: displayPath(path),
        ...(isUtf8Path(path) ? {} : { pathBase64: Buffer.from(path, 'latin1').toString('base64') }),
        type,
        size,
        state,
        createdBy,
        by,
        ...('line' in hit ? { line: hit.line, column: hit.column, text: hit.text } : {}),
      }),
    ]
  }
}

/** For people: a heading for each image, where there are several, and for each layer; what became of each file since. */
function groupedPrinter(hasSeveralImages: boolean): Printer {
  let group = ''
  let layer = -1
  return (hit, { reference, imageID }) => {
    const lines: string[] = []
    if (group !== imageID) {
      if (hasSeveralImages) lines.push(...(group === '' ? [] : ['']), visible(reference ?? imageID))
      group = imageID
      layer = -1
    }
    if (hit.layerIndex !== layer) {
      if (layer >= 0 || hasSeveralImages) lines.push('')
      layer = hit.layerIndex
      const command = visible(hit.createdBy ?? '').slice(0, 100)
      lines.push(`Layer ${layer}  ${shortDigest(hit.diffID)}  ${command}`.trimEnd())
    }
    lines.push('line' in hit ? contentLine(hit) : nameLine(hit))
    return lines
  }
}

function nameLine(hit: SearchHit): string {
  const size = (hit.type === 'file' ? formatBytes(hit.size) : hit.type).padStart(10)
  return `${size}  ${visible(displayPath(hit.path))}${fate(hit)}`
}

function contentLine(hit: ContentHit): string {
  return `  ${visible(displayPath(hit.path))}:${hit.line}: ${visible(hit.text.replaceAll('\t', '    '))}${fate(hit)}`
}

function fate({ state, by }: SearchHit): string {
  return state === 'present' ? '' : `  ${state} in layer ${by}`
}

/** As Docker shows it, with `<none>` for what has no name. */
export function imageAndTag({ reference }: Pick<NamedImage, 'reference'>): string {
  if (reference === undefined) return '<none>:<none>'
  const { domain, path, tag } = parseReference(reference)
  return `${familiarReference({ domain, path })}:${tag ?? '<none>'}`
}

/** One match a line, whatever the name or the text holds: a line break in it would be another match. */
export function scriptLine(
  image: Pick<NamedImage, 'reference'>,
  hit: {
    readonly diffID: `sha256:${string}`
    readonly path: string
    readonly line?: number
    readonly text?: string
  },
): string {
  const found = `${imageAndTag(image)}:${hexOf(hit.diffID)}:${visible(displayPath(hit.path))}`
  return hit.line === undefined ? found : `${found}:${hit.line}:${visible(hit.text ?? '')}`
}
