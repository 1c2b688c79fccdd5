import { parseJson } from '../../image/documents.ts'

/** Whether a document stands just as Python's `json.dumps` writes it, plainly or with `indent=4`: `": "` and `", "`, ASCII only. */
export function isPythonJson(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes).toString('utf-8')
  if (!/^\{(?:\n {4})?"/.test(text)) return false
  const value = parseJson(bytes, 'The image config')
  return text === dumped(value, undefined) || text === dumped(value, 0)
}

/** `level` is the depth of the indentation; undefined where everything is on one line. */
function dumped(value: unknown, level: number | undefined): string {
  if (typeof value === 'string') return quoted(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const inner = level === undefined ? undefined : level + 1
  const items = Array.isArray(value)
    ? value.map((item) => dumped(item, inner))
    : Object.entries(value).map(([key, item]) => `${quoted(key)}: ${dumped(item, inner)}`)
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  if (items.length === 0) return `${open}${close}`
  if (level === undefined) return `${open}${items.join(', ')}${close}`
  const indent = '    '.repeat(level + 1)
  return `${open}\n${indent}${items.join(`,\n${indent}`)}\n${'    '.repeat(level)}${close}`
}

/** JSON's escapes, with a `\u` escape for everything beyond ASCII (`ensure_ascii`). */
function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\u0080-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
