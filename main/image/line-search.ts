import { compiled } from '../../shared/name-matcher.ts'
import type { ContentQuery } from '../../shared/query.ts'
import { requiredLiteral } from './required-literal.ts'
import { withinLine } from './within-line.ts'

export type LineQuery = Pick<ContentQuery, 'pattern' | 'isRegex' | 'isCaseSensitive' | 'isWholeWord'>

/** A part of a text, half-open. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** A line that matches, and its first match; all are places in the text. The line's break, `\n` or `\r\n`, is no part of it. */
export interface LineMatch extends Span {
  readonly start: number
  readonly end: number
  /** Where the next line starts, if there is one. */
  readonly next: number
}

const WORD = String.raw`[\p{L}\p{N}_]`
/** Nearly the same for expressions that are valid only without Unicode mode: letters beyond ASCII by their blocks. */
const PLAIN_WORD = String.raw`[\w\xaa\xb5\xba\xc0-\xd6\xd8-\xf6\xf8-\u02af\u0370-\u1fff\u2c00-\u2dff\u3040-\ud7ff\uf900-\ufdff]`

/** A question to the lines of texts: each that matches counts once, as grep has it. Fails with `usage` for an expression that is none. */
export class LineSearch {
  /** UTF-8 of what stands in every line that matches; undefined where there is nothing of the kind. */
  readonly needle: Buffer | undefined
  /** Whether every line that has it matches. */
  readonly isNeedleEnough: boolean
  /** What `needle` is of: all that is asked for, or what an expression cannot do without. */
  readonly #literal: string | undefined
  /** Finds lines that may match, over a whole text. Undefined where each line has to be tried. */
  readonly #scan: RegExp | undefined
  /** Matches a line by itself; undefined where the literal does. */
  readonly #exact: RegExp | undefined

  constructor({ pattern, isRegex, isCaseSensitive, isWholeWord }: LineQuery) {
    const source = isRegex ? pattern : escaped(pattern)
    const flags = isCaseSensitive ? '' : 'i'
    const expression = compiled(source, flags)
    const word = expression.unicode ? WORD : PLAIN_WORD
    const whole = isWholeWord ? `(?<!${word})(?:${source})(?!${word})` : undefined
    const isLiteral = !isRegex && isCaseSensitive
    this.isNeedleEnough = isLiteral && !isWholeWord && !/[\r\n]/.test(pattern)
    if (isCaseSensitive)
      this.#literal = isRegex
        ? worthFinding(requiredLiteral(pattern, expression.unicode ? 'u' : ''))
        : pattern
    if (this.#literal !== undefined) this.needle = Buffer.from(this.#literal)
    // Without what makes it a word: a match over many lines that begins by looking back is slow.
    else this.#scan = scanner(withinLine(source), expression.flags)
    if (!isLiteral || isWholeWord)
      this.#exact = whole === undefined ? expression : new RegExp(whole, expression.flags)
  }

  /** The first line from `at` on, where a line starts, that matches. */
  next(text: string, at: number): LineMatch | undefined {
    let start = at
    while (start < text.length) {
      const place = this.#candidate(text, start)
      // Behind the last line break there is no line.
      if (place < 0 || place >= text.length + (text.endsWith('\n') ? 0 : 1)) return undefined
      start = place === 0 ? 0 : text.lastIndexOf('\n', place - 1) + 1
      const lineBreak = text.indexOf('\n', place)
      const end = lineBreak < 0 ? text.length : lineBreak
      const found = this.lineFrom(text, start, end)
      if (found) return found
      start = end + 1
    }
    return undefined
  }

  /** The line from `start` to its break at `end`, where it matches. */
  lineFrom(text: string, start: number, end: number): LineMatch | undefined {
    const textEnd = end > start && text[end - 1] === '\r' ? end - 1 : end
    const match = this.#inLine(text.slice(start, textEnd))
    return match && { start, end: textEnd, from: start + match.from, to: start + match.to, next: end + 1 }
  }

  #candidate(text: string, at: number): number {
    if (this.#literal !== undefined) return text.indexOf(this.#literal, at)
    if (!this.#scan) return at
    this.#scan.lastIndex = at
    return this.#scan.exec(text)?.index ?? -1
  }

  #inLine(line: string): Span | undefined {
    if (!this.#exact) {
      const from = line.indexOf(this.#literal as string)
      return from < 0 ? undefined : { from, to: from + (this.#literal as string).length }
    }
    const match = this.#exact.exec(line)
    return match ? { from: match.index, to: match.index + match[0].length } : undefined
  }
}

/** Of a shorter text, or one of spaces and symbols, there are so many that trying the expression is as quick. */
function worthFinding(text: string): string | undefined {
  return /\w.*\w.*\w/.test(text) ? text : undefined
}

/** Undefined, too, where rewriting made an expression invalid. */
function scanner(source: string | undefined, flags: string): RegExp | undefined {
  if (source === undefined) return undefined
  try {
    return new RegExp(source, `${flags}gm`)
  } catch {
    return undefined
  }
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)
}
