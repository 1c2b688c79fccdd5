import type { ContentQuery, SearchQuery } from '../../shared/query.ts'

/** Characters of a path looked through for the mark: an expression that backtracks must not hold up the page for it. */
const LOOKED_THROUGH = 1024

/** Half-open ranges of the shown path to mark, ascending. What the engine matched by bytes may have no range; then nothing is marked. */
export function matchRanges(
  text: string,
  query: SearchQuery,
): readonly (readonly [from: number, to: number])[] {
  if (text.length > LOOKED_THROUGH) return []
  return query.isRegex ? regexRanges(text, query) : globRanges(text, query)
}

function regexRanges(text: string, query: SearchQuery): readonly (readonly [number, number])[] {
  if (!isQuick(query.pattern)) return []
  try {
    const match = new RegExp(query.pattern, query.isCaseSensitive ? '' : 'i').exec(text)
    return match === null || match[0] === '' ? [] : [[match.index, match.index + match[0].length]]
  } catch {
    return []
  }
}

/** Whether an expression can be tried here: one that repeats groups, or much at once, may take time beyond all bounds. */
export function isQuick(pattern: string): boolean {
  const bare = pattern.replaceAll(/\\[^1-9k]|\[(?:\\.|[^\]\\])*\]/g, 'x')
  return !/\)[*+{]|\\[1-9k]/.test(bare) && (bare.match(/[*+]|\{\d*,/g)?.length ?? 0) <= 2
}

type Range = readonly [from: number, to: number]

/** Half-open ranges of a shown line to mark, ascending; none where the expression could hold up the page. */
export function lineRanges(text: string, query: ContentQuery): readonly Range[] {
  const { pattern, isRegex, isCaseSensitive, isWholeWord } = query
  if (text.length > LOOKED_THROUGH || (isRegex && !isQuick(pattern))) return []
  const source = isRegex ? pattern : pattern.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  const whole = isWholeWord ? `(?<![\\p{L}\\p{N}_])(?:${source})(?![\\p{L}\\p{N}_])` : source
  const ranges: Range[] = []
  for (const match of text.matchAll(expression(whole, isCaseSensitive))) {
    if (match[0] !== '') ranges.push([match.index, match.index + match[0].length])
  }
  return ranges
}

/** What matches nothing where it is no expression. */
function expression(source: string, isCaseSensitive: boolean): RegExp {
  const flags = isCaseSensitive ? 'g' : 'gi'
  for (const mode of ['u', '']) {
    try {
      return new RegExp(source, `${flags}${mode}`)
    } catch {
      continue
    }
  }
  return /(?!)/g
}

/** The literal pieces of the glob, found one after the other: in the name first, in the whole path where they are not there. */
function globRanges(text: string, query: SearchQuery): readonly (readonly [number, number])[] {
  const pieces = query.pattern.split(/[*?]+|\[[^\]]*\]/).filter((piece) => piece !== '')
  const nameStart = text.lastIndexOf('/') + 1
  return pieceRanges(text, pieces, nameStart, query) ?? pieceRanges(text, pieces, 0, query) ?? []
}

function pieceRanges(
  text: string,
  pieces: readonly string[],
  start: number,
  query: SearchQuery,
): readonly (readonly [number, number])[] | undefined {
  const fold = (value: string): string => (query.isCaseSensitive ? value : value.toLowerCase())
  const folded = fold(text)
  // Folding may change the length (İ): then positions would not fit.
  if (folded.length !== text.length) return []
  const ranges: (readonly [number, number])[] = []
  let from = start
  for (const piece of pieces) {
    const at = folded.indexOf(fold(piece), from)
    if (at === -1) return undefined
    ranges.push([at, at + piece.length])
    from = at + piece.length
  }
  return ranges
}

/** The reason why a regular expression is none, in the engine's words without its preamble; undefined where it is one. */
export function regexProblem(query: Pick<SearchQuery, 'pattern' | 'isRegex'>): string | undefined {
  if (!query.isRegex) return undefined
  try {
    void new RegExp(query.pattern)
    return undefined
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return message.replace(/^Invalid regular expression: /, '').replace(/^\/.*\/\w*: /s, '')
  }
}
