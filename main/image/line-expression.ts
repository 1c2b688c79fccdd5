import { globToRegExp, hasWildcard } from '../../shared/glob.ts'
import { typedPattern, unicodeMode } from '../../shared/name-matcher.ts'
import type { SearchQuery } from '../../shared/query.ts'
import { regexTokens, type RegexToken } from './regex-tokens.ts'

type NameQuery = Omit<SearchQuery, 'filter'>

/**
 * The question of a search as one expression for many names at once: for names of ASCII characters without line breaks, one a line, and
 * none of them empty.
 */
export interface LineExpression {
  /**
   * Where it is to be tried: anywhere in the lines (it never matches from one into the next), at the start of each line, or there and at the
   * start of each line's last component. A line in which it matches there is one that `nameMatcher` accepts.
   */
  readonly at: 'anywhere' | 'line' | 'name'
  /** Global where it is tried anywhere, and sticky else. */
  readonly expression: RegExp
  /** For each ASCII code 1 where a match may start with it; undefined where that is not known, or it is tried anywhere. */
  readonly firsts: Uint8Array | undefined
}

/** Undefined where the question cannot be put so; then each name is to be tested by itself. */
export function lineExpression(query: NameQuery): LineExpression | undefined {
  const flags = query.isCaseSensitive ? 'm' : 'im'
  try {
    return query.isRegex ? regexLine(query, flags) : globLine(query, flags)
  } catch {
    return undefined
  }
}

function regexLine({ pattern, isWholeName }: NameQuery, flags: string): LineExpression | undefined {
  const mode = unicodeMode(pattern)
  const tokens = regexTokens(pattern, mode)
  const line = tokens && withinLines(tokens)
  if (tokens === undefined || line === undefined) return undefined
  if (isWholeName) {
    // A last component by itself has a start of its own, and nothing before it.
    const isBound = tokens.some(
      ({ kind, text }) => text === '^' || (kind === 'open' && /^\(\?<[=!]/.test(text)),
    )
    return isBound ? undefined : tried('name', `(?:${line})$`, flags + mode, tokens)
  }
  const isAtStart = tokens[0]?.text === '^' && !tokens.some(({ kind }) => kind === 'or')
  return tried(isAtStart ? 'line' : 'anywhere', line, flags + mode, isAtStart ? tokens.slice(1) : tokens)
}

function globLine(query: NameQuery, flags: string): LineExpression | undefined {
  const pattern = typedPattern(query.pattern)
  const isPart = !query.isWholeName && !hasWildcard(pattern)
  // Without an expression's rules of what is the same letter.
  if (isPart && !query.isCaseSensitive && !/^[ -~]*$/.test(pattern)) return undefined
  // What matches `*x` is the end of a path, wherever it starts; what matches `*x*` stands anywhere.
  const [, inner, tail] = /^\*+([^*]*)(\*+)?$/.exec(pattern) ?? []
  const tokens = regexTokens(globToRegExp(isPart ? pattern : (inner ?? pattern)).source, 'u')
  const line = tokens && withinLines(tokens)
  if (tokens === undefined || line === undefined) return undefined
  const isFound = isPart || inner !== undefined
  const end = isPart || tail !== undefined ? -1 : undefined
  if (isFound) return tried('anywhere', line.slice(1, end), `${flags}u`, tokens)
  return tried(pattern.startsWith('*') ? 'line' : 'name', line.slice(1), `${flags}u`, tokens.slice(1))
}

function tried(
  at: LineExpression['at'],
  source: string,
  flags: string,
  tokens: readonly RegexToken[],
): LineExpression {
  if (at === 'anywhere') return { at, expression: new RegExp(source, `${flags}g`), firsts: undefined }
  return { at, expression: new RegExp(source, `${flags}y`), firsts: firstsOf(tokens, flags) }
}

/** What the first token matches, where a match must start with it. */
function firstsOf([first, next, ...rest]: readonly RegexToken[], flags: string): Uint8Array | undefined {
  if (!first || !['character', 'set', 'class'].includes(first.kind)) return undefined
  if (next?.kind === 'quantifier' && next.repeat === 'maybe') return undefined
  let depth = 0
  for (const { kind } of [...(next ? [next] : []), ...rest]) {
    if (kind === 'open') depth++
    else if (kind === 'close') depth--
    else if (kind === 'or' && depth === 0) return undefined
  }
  const one = new RegExp(`^${first.text}$`, flags)
  return Uint8Array.from({ length: 128 }, (_, code) => (one.test(String.fromCharCode(code)) ? 1 : 0))
}

/** The expression with nothing in it that matches a line break; undefined where that cannot be seen. */
function withinLines(tokens: readonly RegexToken[]): string | undefined {
  let source = ''
  for (const token of tokens) {
    const text = textOf(token)
    if (text === undefined) return undefined
    source += text
  }
  return source
}

function textOf(token: RegexToken): string | undefined {
  if (token.kind === 'set') return setWithin(token.text, token.body, token.isNegated)
  if (token.kind !== 'class') return token.text
  switch (token.text) {
    // `.` stops at line breaks.
    case '.':
    case '\\d':
    case '\\w':
    case '\\S':
      return token.text
    default:
      return `(?:(?!\\n)${token.text})`
  }
}

/** Characters from the space on, and what stands for such: no set of them holds a line break. */
const PLAIN_SET = /^(?:[^\\\u0000-\u001f]|\\[dwS]|\\[!-/:-@[-^`{-~_])*$/

function setWithin(text: string, body: string, isNegated: boolean): string {
  if (!isNegated) return PLAIN_SET.test(body) ? text : `(?:(?!\\n)${text})`
  // A hyphen in first place is no range.
  return body.startsWith('-') ? `[^\\n\\${body}]` : `[^\\n${body}]`
}
