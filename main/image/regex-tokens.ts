/** How often what stands before it must occur. */
export type Repeat = 'once' | 'some' | 'maybe'

/** A piece of a regular expression. `text` is how it was written. */
export type RegexToken =
  /** One character, whatever it was written as. */
  | { readonly kind: 'character'; readonly text: string; readonly character: string }
  /** `[…]`; `body` is what stands inside, without the `^` of a negated one. */
  | { readonly kind: 'set'; readonly text: string; readonly body: string; readonly isNegated: boolean }
  /** `.`, `\d` and the like: one character of many. */
  | { readonly kind: 'class'; readonly text: string }
  | { readonly kind: 'reference'; readonly text: string }
  /** `^`, `$`, `\b`, `\B` */
  | { readonly kind: 'assertion'; readonly text: string }
  | { readonly kind: 'open'; readonly text: string; readonly look?: 'ahead' | 'behind' | 'not' }
  | { readonly kind: 'close'; readonly text: string }
  | { readonly kind: 'or'; readonly text: string }
  | { readonly kind: 'quantifier'; readonly text: string; readonly repeat: Repeat }

type Reader = readonly [pattern: RegExp, token: (match: RegExpExecArray) => RegexToken, mode?: 'u']

/** The first that matches wins. What none of them knows is left to those who know all of the grammar. */
const READERS: readonly Reader[] = [
  [/\\[bB]|\^|\$/y, ([text]) => ({ kind: 'assertion', text })],
  [/\\[dDwWsS]|\./y, ([text]) => ({ kind: 'class', text })],
  [/\\[pP]\{[^}]*\}/y, ([text]) => ({ kind: 'class', text }), 'u'],
  [/\\k<[^>]*>|\\[1-9](?!\d)/y, ([text]) => ({ kind: 'reference', text })],
  [/\\(?:x([0-9a-f]{2})|u([0-9a-f]{4}))/iy, characterOfCode],
  [/\\u\{([0-9a-f]{1,6})\}/iy, characterOfCode, 'u'],
  [/\\(t)/y, ([text]) => ({ kind: 'character', text, character: '\t' })],
  // What is neither letter nor digit means itself.
  [/\\([!-/:-@[-^`{-~_])/y, ([text, character = '']) => ({ kind: 'character', text, character })],
  [/\[(\^?)((?:[^\]\\]|\\[^])*)\]/y, setOf],
  [/\((?:\?(?:[:=!]|<[=!]|<[^>]*>))?(?!\?)/y, openOf],
  [/\)/y, ([text]) => ({ kind: 'close', text })],
  [/\|/y, ([text]) => ({ kind: 'or', text })],
  [/(?:[*+?]|\{(\d+)(?:,\d*)?\})\??/y, quantifierOf],
  // A line break ends the line that it stands in, and lone halves of a pair mean different things in different modes.
  [/[^\\()[*+?|\n\r\ud800-\udfff]/uy, ([text]) => ({ kind: 'character', text, character: text })],
]

/**
 * The pieces of a regular expression that compiles with that flag. Undefined for what only few write: modifiers, control escapes, octal
 * codes. Nobody has to understand all of it, as long as what is understood is right.
 */
export function regexTokens(source: string, mode: 'u' | ''): RegexToken[] | undefined {
  const tokens: RegexToken[] = []
  for (let at = 0; at < source.length;) {
    const token = tokenAt(source, at, mode)
    if (!token) return undefined
    tokens.push(token)
    at += token.text.length
  }
  return tokens
}

function tokenAt(source: string, at: number, mode: 'u' | ''): RegexToken | undefined {
  for (const [pattern, token, only] of READERS) {
    if (only !== undefined && only !== mode) continue
    pattern.lastIndex = at
    const match = pattern.exec(source)
    if (match) return token(match)
  }
  return undefined
}

function characterOfCode([text, ...codes]: RegExpExecArray): RegexToken {
  const code = Number.parseInt(codes.find((digits) => digits !== undefined) ?? '', 16)
  // Controls, halves of a pair and what lies beyond them are taken for one of many: a line break may be among them.
  const isPlain = code < 0xd800 && code >= 0x20
  return isPlain
    ? { kind: 'character', text, character: String.fromCodePoint(code) }
    : { kind: 'class', text }
}

function setOf([text, negation, body = '']: RegExpExecArray): RegexToken {
  return { kind: 'set', text, body, isNegated: negation === '^' }
}

function openOf([text]: RegExpExecArray): RegexToken {
  if (text === '(?=') return { kind: 'open', text, look: 'ahead' }
  if (text === '(?<=') return { kind: 'open', text, look: 'behind' }
  if (text === '(?!' || text === '(?<!') return { kind: 'open', text, look: 'not' }
  return { kind: 'open', text }
}

function quantifierOf([text, least]: RegExpExecArray): RegexToken {
  if (text.startsWith('+')) return { kind: 'quantifier', text, repeat: 'some' }
  if (least === undefined || Number(least) === 0) return { kind: 'quantifier', text, repeat: 'maybe' }
  return { kind: 'quantifier', text, repeat: text.startsWith('{1}') ? 'once' : 'some' }
}
