import type { LineExpression } from './line-expression.ts'
import type { NameBlock } from './name-block.ts'
import type { RowList } from './row-list.ts'

/** Bytes of names looked through at once, as one string. */
const STRIDE = 64 * 1024
/** Names with the literal that are tested between two looks at the clock. */
const TESTS = 512
/** Where more than one name in so many holds the literal, looking at all of them together takes less time than at each of those. */
const DENSE = 5
/** Bytes in which that is counted. */
const SAMPLE = 8 * 1024
const SLASH = 0x2f

/** One block's names in search: the ways to look through them. Rows that match are pushed; an empty line is that of no name. */
export class BlockLines {
  readonly #from: number
  readonly #ends: Uint32Array
  readonly #text: Buffer
  readonly #rows: RowList
  /** What is loaded: rows by their place in the block, half-open, where their names start, and the names as one string. */
  #first = 0
  #stop = 0
  #base = 0
  #lines = ''

  constructor(block: NameBlock, rows: RowList) {
    this.#from = block.from
    this.#ends = block.ends
    this.#text = block.text()
    this.#rows = rows
  }

  /** Loads a stride of names from that row of the block on; answers the row behind it. */
  load(row: number): number {
    this.#first = row
    this.#base = this.#startOf(row)
    this.#stop = Math.max(this.#rowAt(row, this.#base + STRIDE), row + 1)
    // Without the last line break, behind which there would be another line.
    this.#lines = this.#text.toString('latin1', this.#base, this.#ends[this.#stop - 1])
    return this.#stop
  }

  all(): void {
    let start = 0
    for (let row = 0; row < this.#ends.length; row++) {
      const end = this.#ends[row] as number
      if (end > start) this.#rows.push(this.#from + row)
      start = end + 1
    }
  }

  /** Names that hold the literal. */
  withLiteral(literal: Buffer): void {
    const [text, ends] = [this.#text, this.#ends]
    let row = 0
    for (let at = text.indexOf(literal); at >= 0; at = text.indexOf(literal, (ends[row++] as number) + 1)) {
      while ((ends[row] as number) < at) row++
      this.#rows.push(this.#from + row)
    }
  }

  /** Whether many names hold the literal, by those at the start. */
  isDense(literal: Buffer): boolean {
    const stop = this.#rowAt(0, SAMPLE)
    let count = 0
    for (let row = 0; row < stop; row++) {
      const at = this.#text.indexOf(literal, this.#startOf(row))
      if (at < 0) break
      row = this.#rowAt(row, at)
      if (row < stop) count++
    }
    return count * DENSE > stop
  }

  /** Names that hold the literal and pass the test. */
  *testedWithLiteral(
    literal: Buffer,
    matches: (path: string) => boolean,
  ): Generator<undefined, void, undefined> {
    const [text, ends] = [this.#text, this.#ends]
    let row = 0
    let tests = 0
    for (let at = text.indexOf(literal); at >= 0; at = text.indexOf(literal, (ends[row++] as number) + 1)) {
      while ((ends[row] as number) < at) row++
      if (matches(text.toString('latin1', this.#startOf(row), ends[row]))) this.#rows.push(this.#from + row)
      if (++tests % TESTS === 0) yield
    }
  }

  /** Names loaded that pass the test. */
  tested(matches: (path: string) => boolean): void {
    let start = 0
    for (let row = this.#first; row < this.#stop; row++) {
      const end = (this.#ends[row] as number) - this.#base
      if (end > start && matches(this.#lines.slice(start, end))) this.#rows.push(this.#from + row)
      start = end + 1
    }
  }

  /** Names loaded in which the expression matches: it goes from line to line by itself. */
  matchedAnywhere({ expression }: LineExpression): void {
    const [ends, base, lines] = [this.#ends, this.#base, this.#lines]
    let row = this.#first
    expression.lastIndex = 0
    while (expression.test(lines)) {
      const at = base + expression.lastIndex
      while ((ends[row] as number) < at) row++
      const end = ends[row] as number
      if (end > this.#startOf(row)) this.#rows.push(this.#from + row)
      if (++row === this.#stop) break
      expression.lastIndex = end + 1 - base
    }
  }

  /** Names loaded in which the expression matches at the start, or at that of the last component where that is asked. */
  matchedAtStarts({ at, expression, firsts }: LineExpression): void {
    const [ends, base, lines, text] = [this.#ends, this.#base, this.#lines, this.#text]
    const isMatch = (place: number): boolean => {
      if (firsts && firsts[text[place] as number] === 0) return false
      expression.lastIndex = place - base
      return expression.test(lines)
    }
    let start = base
    for (let row = this.#first; row < this.#stop; row++) {
      const end = ends[row] as number
      const isHit =
        end > start && (isMatch(start) || (at === 'name' && isMatch(lastComponent(text, start, end))))
      if (isHit) this.#rows.push(this.#from + row)
      start = end + 1
    }
  }

  #startOf(row: number): number {
    return row === 0 ? 0 : (this.#ends[row - 1] as number) + 1
  }

  /** The row, from `from` on, in whose line the place is; the one behind the last where it is in none. */
  #rowAt(from: number, place: number): number {
    const ends = this.#ends
    let low = from
    let high = ends.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((ends[middle] as number) < place) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Where the last component starts. */
function lastComponent(text: Buffer, start: number, end: number): number {
  let at = end
  while (at > start && text[at - 1] !== SLASH) at--
  return at
}
