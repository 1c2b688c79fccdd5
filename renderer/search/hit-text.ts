import type { Digest } from '../../shared/digest.ts'
import { displayPath, isUtf8Path, visible } from '../../shared/path-bytes.ts'
import type { Hit } from './found.ts'

/** What an image is called beside its hits: its reference, else its ID. */
export interface NamedImage {
  readonly reference?: string | undefined
  readonly imageID: Digest
}

export type HitFormat = 'text' | 'csv' | 'json'

export interface HitText {
  readonly label: string
  readonly extension: string
  readonly mediaType: string
}

export const FORMATS: Readonly<Record<HitFormat, HitText>> = {
  text: { label: 'text', extension: 'txt', mediaType: 'text/plain' },
  csv: { label: 'CSV', extension: 'csv', mediaType: 'text/csv' },
  json: { label: 'JSON lines', extension: 'jsonl', mediaType: 'application/x-ndjson' },
}

/** Hits to take elsewhere; `imageOf` names the image of each. */
export function hitsAs(format: HitFormat, hits: readonly Hit[], imageOf: (hit: Hit) => NamedImage): string {
  switch (format) {
    case 'text':
      return hits.map((hit) => `${textLine(hit, imageOf(hit))}\n`).join('')
    case 'csv':
      return [COLUMNS, ...hits.map((hit) => cellsOf(hit, imageOf(hit)))].map(csvLine).join('')
    case 'json':
      return hits.map((hit) => `${JSON.stringify(jsonOf(hit, imageOf(hit)))}\n`).join('')
  }
}

/** A line as grep writes it, safe to show; with the image's name where there are several. */
function textLine(hit: Hit, image: NamedImage): string {
  const path = `/${visible(displayPath(hit.path))}`
  const where = 'imageID' in hit ? `${visible(image.reference ?? image.imageID)}  ${path}` : path
  return 'line' in hit ? `${where}:${hit.line}: ${visible(hit.text.replaceAll('\t', '    '))}` : where
}

const COLUMNS = [
  'image',
  'layer',
  'path',
  'type',
  'size',
  'state',
  'by layer',
  'command',
  'line',
  'column',
  'text',
  'diffID',
]

function cellsOf(hit: Hit, { reference, imageID }: NamedImage): readonly (string | number)[] {
  const { layerIndex, path, type, size, state, by, createdBy, diffID } = hit
  return [
    reference ?? imageID,
    layerIndex,
    displayPath(path),
    type,
    size,
    state,
    by ?? '',
    createdBy ?? '',
    ...('line' in hit ? [hit.line, hit.column, hit.text] : ['', '', '']),
    diffID,
  ]
}

/** What a spreadsheet takes for the beginning of a formula, blanks before it or not. */
const FORMULA = /^\s*[=+\-@|\uff0b\uff0d\uff1d\uff20]/

/** RFC 4180; a text that would be run as a formula gets an apostrophe before it. */
function csvLine(cells: readonly (string | number)[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`
}

function csvCell(cell: string | number): string {
  if (typeof cell === 'number') return String(cell)
  const text = visible(cell.replaceAll('\t', '    '))
  const safe = FORMULA.test(text) ? `'${text}` : text
  return /[",]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** As the command line's `search --json` writes it. */
function jsonOf(hit: Hit, { reference, imageID }: NamedImage): object {
  const { path, diffID, layerIndex, type, size, state, createdBy, by } = hit
  return {
    image: reference ?? imageID,
    layer: diffID,
    layerIndex,
    path: displayPath(path),
    ...(isUtf8Path(path) ? {} : { pathBase64: btoa(path) }),
    type,
    size,
    state,
    createdBy,
    by,
    ...('line' in hit ? { line: hit.line, column: hit.column, text: hit.text } : {}),
  }
}
