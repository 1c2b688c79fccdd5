/** Whether the pattern says more than one name: `*`, `?` or a set. */
export function hasWildcard(pattern: string): boolean {
  return /[*?]|\[[^\]]/.test(pattern)
}

/**
 * A glob as an expression for a whole name, by the rules of Python's fnmatch: `*` any text (also `/`), `?` one character, `[seq]` and
 * `[!seq]`; no escapes but sets. What lies between two stars is matched where it first occurs and never tried elsewhere, so that no
 * pattern takes exponential time. `flags` are added to `s` and `u`.
 */
export function globToRegExp(pattern: string, flags = ''): RegExp {
  const [first, ...rest] = piecesOf(pattern)
  const last = rest.pop()
  if (last === undefined) return new RegExp(`^${first}$`, `su${flags}`)
  const middle = rest.map((piece, i) => `(?=(?<g${i}>.*?${piece}))\\k<g${i}>`).join('')
  return new RegExp(`^${first}${middle}.*${last}$`, `su${flags}`)
}

/** What stands between the stars, as expressions; stars in a row count as one. */
function piecesOf(pattern: string): [first: string, ...rest: string[]] {
  const characters = Array.from(pattern)
  const pieces: [string, ...string[]] = ['']
  let isAfterStar = false
  for (let at = 0; at < characters.length;) {
    const character = characters[at] as string
    if (character === '*') {
      if (!isAfterStar) pieces.push('')
      isAfterStar = true
      at++
      continue
    }
    isAfterStar = false
    const set = character === '[' ? setAt(characters, at) : undefined
    pieces[pieces.length - 1] += set?.expression ?? (character === '?' ? '.' : escaped(character))
    at = set?.end ?? at + 1
  }
  return pieces
}

/** The set that opens at `start`; undefined where it is never closed and `[` stands for itself. */
function setAt(
  characters: readonly string[],
  start: number,
): { readonly expression: string; readonly end: number } | undefined {
  const isNegated = characters[start + 1] === '!'
  const from = start + (isNegated ? 2 : 1)
  // A `]` in first place is one of the set.
  const close = characters.indexOf(']', from + 1)
  if (close < 0) return undefined
  const members = membersOf(characters.slice(from, close))
  if (members === '') return { expression: isNegated ? '.' : '(?!)', end: close + 1 }
  return { expression: `[${isNegated ? '^' : ''}${members}]`, end: close + 1 }
}

/** Characters and ranges; a range that runs backwards is left out, a hyphen at either end is one of the set. */
function membersOf(characters: readonly string[]): string {
  let members = ''
  for (let at = 0; at < characters.length;) {
    const from = characters[at] as string
    const to = characters[at + 2]
    if (characters[at + 1] === '-' && to !== undefined) {
      if (codeOf(from) <= codeOf(to)) members += `${escaped(from)}-${escaped(to)}`
      at += 3
    } else {
      members += escaped(from)
      at += 1
    }
  }
  return members
}

function codeOf(character: string): number {
  return character.codePointAt(0) as number
}

/** As a code point, which means itself inside and outside of sets. */
function escaped(character: string): string {
  return /[\w/ ]/.test(character) ? character : `\\u{${codeOf(character).toString(16)}}`
}
