/**
 * The members of a JSON object, each value as the text it stands there, without the blanks between its parts: numbers and the order of
 * keys survive, which a parsed value would lose. `text` must be valid JSON. Of a repeated key the last one counts, as in Go.
 */
export function rawMembers(text: string): Map<string, string> {
  const members = new Map<string, string>()
  const compact = compacted(text)
  let at = 1
  while (at < compact.length - 1) {
    const keyEnd = endOfString(compact, at)
    const valueEnd = endOfValue(compact, keyEnd + 1)
    members.set(JSON.parse(compact.slice(at, keyEnd)) as string, compact.slice(keyEnd + 1, valueEnd))
    at = valueEnd + 1
  }
  return members
}

/** An object of such members with its keys sorted, as Go writes a map. */
export function sortedObject(members: ReadonlyMap<string, string>): string {
  const entries = [...members].sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, value]) => `${goJson(key)}:${value}`).join(',')}}`
}

/** A value as Go's encoder writes it: `<`, `>`, `&` and the two line separators escaped. */
export function goJson(value: unknown): string {
  return escaped(JSON.stringify(value))
}

function compacted(text: string): string {
  let out = ''
  let at = 0
  while (at < text.length) {
    if (text[at] === '"') {
      const end = endOfString(text, at)
      out += escaped(text.slice(at, end))
      at = end
    } else {
      if (!BLANK.test(text[at] as string)) out += text[at]
      at++
    }
  }
  return out
}

const BLANK = /[ \t\n\r]/

function escaped(text: string): string {
  return text.replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Behind the closing quote of the string that starts here. */
function endOfString(text: string, start: number): number {
  let at = start + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

/** Behind the value that starts here, in a text without blanks. */
function endOfValue(text: string, start: number): number {
  let depth = 0
  let at = start
  for (;;) {
    const char = text[at]
    if (char === '"') {
      at = endOfString(text, at)
      continue
    }
    if (char === '{' || char === '[') depth++
    else if (char === '}' || char === ']') {
      if (depth === 0) return at
      depth--
    } else if (char === ',' && depth === 0) return at
    at++
  }
}
