/** What may let an expression see or match beyond its line in ways that rewriting does not undo. A false alarm costs time only. */
const BEYOND = /\(\?(?:<?[=!]|[a-z]*-?[a-z]*:(?<!\(\?:))/
/** An escape outside of a class, or a class. */
const ATOM = /\\[pP]\{[^}]*\}|\\[^]|\[(?:\\[^]|[^\]\\])*\]/g
/** What in a class may be a line break: other classes, escapes for controls, controls themselves. */
const MAY_BREAK = /\\[sWDpPtnvfrbxuc0-9]|\p{Cc}/u

/**
 * An expression that, searched in a text of many lines with the flag `m`, finds a place in every line that the given one matches by
 * itself, and never goes on into the next: else `[^:]+` would try a whole file from each of its characters. What it finds has to be
 * matched again in its line alone. Undefined where lines have to be tried one by one: what looks around may see another line, and
 * modifiers change what `.` and `^` are.
 */
export function withinLine(pattern: string): string | undefined {
  return BEYOND.test(pattern) ? undefined : pattern.replace(ATOM, withoutBreak)
}

function withoutBreak(atom: string): string {
  if (atom === String.raw`\s`) return String.raw`[^\S\n]`
  if (atom === String.raw`\W`) return String.raw`[^\w\n]`
  if (atom === String.raw`\D`) return String.raw`[^\d\n]`
  if (atom.startsWith('[^')) return String.raw`[^\n${atom.slice(2)}`
  const isBreak = /^\\p/i.test(atom) || (atom.startsWith('[') && MAY_BREAK.test(atom))
  return isBreak ? String.raw`(?:(?!\n)${atom})` : atom
}
