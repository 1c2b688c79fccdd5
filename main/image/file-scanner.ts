import { isAscii } from 'node:buffer'
import type { ContentQuery } from '../../shared/query.ts'
import { LineSearch, type LineMatch } from './line-search.ts'
import type { ScanFiles } from './scan-files.ts'
import { HEAD, LINE_BREAK, textFormOf, textOf, wholeLines, type TextForm } from './text-form.ts'

/** A line that matches. */
export interface FoundLine {
  /** Of the file, in its layer's table. */
  readonly row: number
  /** From 1. */
  readonly line: number
  /** From 1, in characters. */
  readonly column: number
  /** The line, or what of it stands around the match. */
  readonly text: string
  /** The match in `text`, in UTF-16 units. */
  readonly from: number
  readonly to: number
}

export interface Findings {
  readonly lines: FoundLine[]
  /** Lines that match, those among them that are over a limit and not in `lines`. */
  readonly total: number
  /** Files with such a line. */
  readonly files: number
  /** Files left out because they are not text. */
  readonly binaryFiles: number
}

/** How many lines are told; all are counted. */
export interface FindingLimits {
  readonly perLayer: number
  readonly perFile: number
}

export const FINDING_LIMITS: FindingLimits = { perLayer: 10_000, perFile: 1000 }

/** Bytes of a line that are held to find its end. A longer one is searched in pieces, of which each begins with the end of the one before. */
const LONGEST_LINE = 4 * 1024 * 1024
const OVERLAP = 64 * 1024
/** Bytes decoded at once where not all are ASCII: the parts that are, usually most of them, take a tenth of the time. */
const PART = 64 * 1024
/** UTF-16 units of a line that are shown, and how many of them before the match where it is longer. */
const SHOWN = 300
const SHOWN_BEFORE = 100

/** Where the line that a block begins with stands: nothing of it was seen, a piece without a match, or its match. */
type LineState = 'start' | 'inside' | 'found'

/** Searches the lines of files, one after the other, in pieces as they come. */
export class FileScanner {
  readonly #search: LineSearch
  readonly #isBinary: boolean
  readonly #binaryForm: TextForm
  readonly #limits: FindingLimits
  readonly #files: ScanFiles
  #findings = { lines: [] as FoundLine[], total: 0, files: 0, binaryFiles: 0 }
  #told = 0

  #row = 0
  /** Bytes of the file, those to come, and where among them holes are. */
  #left = 0
  #holes: readonly number[] | undefined
  #size = 0
  #form: TextForm | undefined
  #isOver = false
  /** Begins with what has come and was not searched yet. One for all files: new memory for each piece would take longer than its search. */
  #work = Buffer.allocUnsafeSlow(2 * HEAD)
  #held = 0
  /** Line breaks before what comes next. */
  #breaks = 0
  #lineState: LineState = 'start'
  /** Characters of the current line before what comes next. */
  #columnBase = 0
  /** Lines of this file that match. */
  #matches = 0

  /** Fails with `usage` for an expression that is none. */
  constructor(query: ContentQuery, files: ScanFiles, limits = FINDING_LIMITS) {
    this.#search = new LineSearch(query)
    this.#isBinary = query.isBinary
    // Each byte a character, which is ten times as fast, where it makes no difference: some bytes alone would be letters.
    const isOfBytes = /^[\0-\x7f]*$/.test(query.pattern) && !/\\p/i.test(query.pattern) && !query.isWholeWord
    this.#binaryForm = isOfBytes ? 'bytes' : 'utf8'
    this.#files = files
    this.#limits = limits
  }

  /** What follows is of another file, given by its index. */
  begin(index: number): void {
    const { rows, sizes, holes } = this.#files
    this.#row = rows[index] as number
    this.#size = sizes[index] as number
    this.#left = this.#size
    this.#holes = holes.size === 0 ? undefined : holes.get(index)
    this.#form = undefined
    this.#isOver = false
    this.#held = 0
    this.#breaks = 0
    this.#lineState = 'start'
    this.#columnBase = 0
    this.#matches = 0
  }

  /** Takes the file's next bytes, which may change afterwards. False where the rest of it need not come. */
  push(bytes: Buffer): boolean {
    const at = this.#size - this.#left
    this.#left -= bytes.length
    let from = 0
    for (const hole of this.#holes ?? []) {
      if (hole < at || hole >= at + bytes.length) continue
      this.#accept(bytes.subarray(from, hole - at), false)
      this.#accept(HOLE, false)
      from = hole - at
    }
    this.#accept(from === 0 ? bytes : bytes.subarray(from), this.#left === 0)
    return !this.#isOver
  }

  /** What was found since this was asked last. */
  take(): Findings {
    const findings = this.#findings
    this.#findings = { lines: [], total: 0, files: 0, binaryFiles: 0 }
    return findings
  }

  /** Whether anything was found that nobody has taken. */
  get hasFindings(): boolean {
    return this.#findings.lines.length > 0
  }

  #accept(chunk: Buffer, isLast: boolean): void {
    if (this.#isOver) return
    if (!isLast && !this.#isEnough(chunk)) {
      this.#hold(chunk)
      return
    }
    this.#searchBlock(this.#withHeld(chunk), isLast)
    if (isLast) this.#end()
  }

  #isEnough(chunk: Buffer): boolean {
    const length = this.#held + chunk.length
    if (!this.#form) return length >= HEAD
    return this.#lineState === 'found' || length >= LONGEST_LINE || chunk.includes(LINE_BREAK)
  }

  #searchBlock(block: Buffer, isLast: boolean): void {
    let bytes = block
    // Then the look at the head was one at all of it.
    const isAllHead = !this.#form && block.length <= HEAD
    if (!this.#form) {
      const { form, mark } = textFormOf(block.subarray(0, HEAD))
      if (form === 'bytes' && !this.#isBinary) {
        this.#findings.binaryFiles++
        this.#isOver = true
        return
      }
      this.#form = form === 'bytes' ? this.#binaryForm : form
      bytes = block.subarray(mark)
    }
    const nul = this.#isBinary || this.#form !== 'utf8' || isAllHead ? -1 : bytes.indexOf(0)
    if (nul >= 0) {
      this.#searchLines(bytes.subarray(0, nul), true)
      if (this.#matches === 0) this.#findings.binaryFiles++
      this.#end()
    } else this.#searchLines(bytes, isLast)
  }

  #searchLines(block: Buffer, isLast: boolean): void {
    const form = this.#form as TextForm
    let bytes = block
    if (this.#lineState === 'found') {
      const rest = this.#afterBreak(bytes, form)
      if (!rest) return
      bytes = rest
    }
    const end = isLast ? bytes.length : wholeLines(bytes, form)
    if (end > 0) this.#searchWhole(bytes.subarray(0, end), form, isLast)
    const rest = bytes.subarray(end)
    if (rest.length >= LONGEST_LINE) this.#searchPiece(rest, form)
    else if (rest.length > 0) this.#hold(rest)
  }

  /** Lines from their start to their end, but for the first, which may be the end of one that is searched in pieces. */
  #searchWhole(bytes: Buffer, form: TextForm, isLast: boolean): void {
    const isCounting = !isLast && this.#isTelling
    if (this.#search.needle && form !== 'utf16le' && form !== 'utf16be') {
      this.#searchBytes(bytes, this.#search.needle, form, isCounting)
    } else if (form !== 'utf8' || isAscii(bytes)) {
      this.#searchText(textOf(bytes, form === 'utf8' ? 'bytes' : form), form, isCounting)
    } else {
      for (let at = 0; at < bytes.length;) {
        const lineBreak = bytes.indexOf(LINE_BREAK, at + PART)
        const end = lineBreak < 0 ? bytes.length : lineBreak + 1
        const part = bytes.subarray(at, end)
        this.#searchText(
          textOf(part, isAscii(part) ? 'bytes' : 'utf8'),
          form,
          isCounting || end < bytes.length,
        )
        at = end
      }
    }
    this.#lineState = 'start'
  }

  #searchText(text: string, form: TextForm, isCounting: boolean): void {
    let counted = 0
    for (let match = this.#search.next(text, 0); match; match = this.#search.next(text, match.next)) {
      if (this.#isTelling) {
        this.#breaks += breaksIn(text, counted, match.start)
        counted = match.start
        const line = text.slice(match.start, match.end)
        this.#tell(form === 'bytes' ? readable(line, match) : spanIn(line, match), match.start === 0)
      }
      this.#count()
    }
    if (isCounting && this.#isTelling) this.#breaks += breaksIn(text, counted, text.length)
    this.#columnBase = 0
  }

  /** The same for what has a part that is the same bytes wherever it stands: nothing but lines with those is decoded. */
  #searchBytes(bytes: Buffer, needle: Buffer, form: 'utf8' | 'bytes', isCounting: boolean): void {
    let counted = 0
    let at = 0
    for (
      let place = bytes.indexOf(needle);
      place >= 0;
      place = at < bytes.length ? bytes.indexOf(needle, at) : -1
    ) {
      const start = place === 0 ? 0 : bytes.lastIndexOf(LINE_BREAK, place - 1) + 1
      const lineBreak = bytes.indexOf(LINE_BREAK, place)
      const end = lineBreak < 0 ? bytes.length : lineBreak
      at = end + 1
      if (this.#search.isNeedleEnough && !this.#isTelling) {
        this.#count()
        continue
      }
      const line = textOf(bytes.subarray(start, end), form)
      const match = this.#search.lineFrom(line, 0, line.length)
      if (!match) continue
      if (this.#isTelling) {
        this.#breaks += breaksIn(bytes, counted, start)
        counted = start
        const text = line.slice(0, match.end)
        this.#tell(form === 'bytes' ? readable(text, match) : spanIn(text, match), start === 0)
      }
      this.#count()
    }
    if (isCounting && this.#isTelling) this.#breaks += breaksIn(bytes, counted, bytes.length)
    this.#columnBase = 0
  }

  /** A piece of a line without an end. */
  #searchPiece(piece: Buffer, form: TextForm): void {
    const text = textOf(piece, form)
    const match = this.#search.lineFrom(text, 0, text.length)
    if (match) {
      if (this.#isTelling) this.#tell(form === 'bytes' ? readable(text, match) : spanIn(text, match), true)
      this.#count()
      this.#lineState = 'found'
      return
    }
    const kept = startOfCharacter(piece, piece.length - OVERLAP, form)
    this.#columnBase += characters(textOf(piece.subarray(0, kept), form))
    this.#lineState = 'inside'
    this.#hold(piece.subarray(kept))
  }

  /** What follows the line whose match was told; undefined where it has not ended. */
  #afterBreak(bytes: Buffer, form: TextForm): Buffer | undefined {
    const text = textOf(bytes, form === 'utf8' ? 'bytes' : form)
    const lineBreak = text.indexOf('\n')
    if (lineBreak < 0) {
      // Half a character of UTF-16 stays, so that the next begins where it should.
      if (form !== 'utf8' && form !== 'bytes') this.#hold(bytes.subarray(bytes.length & ~1))
      return undefined
    }
    this.#lineState = 'start'
    this.#columnBase = 0
    this.#breaks++
    return bytes.subarray((lineBreak + 1) * (form === 'utf8' || form === 'bytes' ? 1 : 2))
  }

  get #isTelling(): boolean {
    return this.#matches < this.#limits.perFile && this.#told < this.#limits.perLayer
  }

  #tell({ line, from, to }: MatchedLine, isFirst: boolean): void {
    const column = characters(line.slice(0, from)) + 1 + (isFirst ? this.#columnBase : 0)
    this.#told++
    this.#findings.lines.push({ row: this.#row, line: this.#breaks + 1, column, ...shown(line, from, to) })
  }

  #count(): void {
    this.#matches++
    this.#findings.total++
    if (this.#matches === 1) this.#findings.files++
  }

  #end(): void {
    this.#isOver = true
    this.#held = 0
  }

  /** The bytes may be a part of what `#withHeld` answered. */
  #hold(bytes: Buffer): void {
    const length = this.#held + bytes.length
    if (length > this.#work.length) {
      const grown = Buffer.allocUnsafeSlow(2 * length)
      this.#work.copy(grown, 0, 0, this.#held)
      this.#work = grown
    }
    this.#work.set(bytes, this.#held)
    this.#held = length
  }

  /** What was held and this, in one piece, which is valid until more is held. */
  #withHeld(chunk: Buffer): Buffer {
    if (this.#held === 0) return chunk
    this.#hold(chunk)
    const length = this.#held
    this.#held = 0
    return this.#work.subarray(0, length)
  }
}

/** A hole is of zeros: one stands for them, so that nothing matches across it. */
const HOLE = Buffer.alloc(1)

/** A line by itself, and its match in it. */
interface MatchedLine {
  readonly line: string
  readonly from: number
  readonly to: number
}

function spanIn(line: string, { start, from, to }: LineMatch): MatchedLine {
  return { line, from: from - start, to: to - start }
}

/** A line in which each character was a byte as the text that it may be. */
function readable(line: string, { start, from, to }: LineMatch): MatchedLine {
  const [before, match, after] = [
    line.slice(0, from - start),
    line.slice(from - start, to - start),
    line.slice(to - start),
  ].map((part) => Buffer.from(part, 'latin1').toString('utf8')) as [string, string, string]
  return { line: before + match + after, from: before.length, to: before.length + match.length }
}

/** What of a line is shown: whole characters, the match among them as far as there is room. */
function shown(line: string, from: number, to: number): { text: string; from: number; to: number } {
  let start = Math.max(Math.min(from - SHOWN_BEFORE, line.length - SHOWN), 0)
  if (isLowSurrogate(line, start)) start--
  let end = Math.min(start + SHOWN, line.length)
  if (isLowSurrogate(line, end)) end++
  // A copy: a slice would keep the whole block in memory.
  const text = Buffer.from(line.slice(start, end), 'utf16le').toString('utf16le')
  return { text, from: from - start, to: Math.min(to, end) - start }
}

function isLowSurrogate(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xdc00 && at > 0
}

/** Code points. */
function characters(text: string): number {
  let count = text.length
  for (let at = 1; at < text.length; at++) if (isLowSurrogate(text, at)) count--
  return count
}

function breaksIn(text: string | Buffer, from: number, to: number): number {
  const at = typeof text === 'string' ? stringBreak(text) : bufferBreak(text)
  let count = 0
  for (let place = at(from); place >= 0 && place < to; place = at(place + 1)) count++
  return count
}

function stringBreak(text: string): (from: number) => number {
  return (from) => text.indexOf('\n', from)
}

function bufferBreak(text: Buffer): (from: number) => number {
  return (from) => (from < text.length ? text.indexOf(LINE_BREAK, from) : -1)
}

/** The start of the character that `at` stands in. */
function startOfCharacter(bytes: Buffer, at: number, form: TextForm): number {
  if (form === 'utf16le' || form === 'utf16be') return at & ~1
  let start = at
  if (form === 'utf8') while (start > at - 3 && ((bytes[start] as number) & 0xc0) === 0x80) start--
  return start
}
