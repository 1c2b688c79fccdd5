import type { LineExpression } from './line-expression.ts'
import type { NameBlock } from './name-block.ts'
import type { RowList } from './row-list.ts'

/** Rows looked at between two looks at the clock. */
const STRIDE = 4096
/** Where more than one name in so many holds the literal, looking at all of them takes less time than at each of those. */
const DENSE = 5
/** Names in which that is counted. */
const SAMPLE = 200
const SLASH = 0x2f

type Steps = Generator<undefined, void, undefined>

/**
 * One block's names in search: the ways to look through them, in steps. Rows that match are pushed; an empty line is that of no name, and
 * no expression that is tried anywhere goes from one line into the next.
 */
export class BlockLines {
  readonly #from: number
  readonly #ends: Uint32Array
  readonly #text: string
  readonly #rows: RowList

  constructor(block: NameBlock, rows: RowList) {
    this.#from = block.from
    this.#ends = block.ends
    this.#text = block.text()
    this.#rows = rows
  }

  all(): void {
    for (let row = 0; row < this.#ends.length; row++) this.#pushNamed(row)
  }

  /** Names that hold the literal. */
  withLiteral(literal: string): void {
    for (const row of this.#rowsWith(literal)) this.#rows.push(this.#from + row)
  }

  /** Whether many names hold the literal, by the first that do. */
  isDense(literal: string): boolean {
    let count = 0
    for (const row of this.#rowsWith(literal)) if (++count === SAMPLE) return count * DENSE > row
    return count * DENSE > this.#ends.length
  }

  /** Names that hold the literal and pass the test. */
  *testedWithLiteral(literal: string, matches: (path: string) => boolean): Steps {
    let tests = 0
    for (const row of this.#rowsWith(literal)) {
      if (matches(this.#text.slice(this.#startOf(row), this.#ends[row]))) this.#rows.push(this.#from + row)
      if (++tests % STRIDE === 0) yield
    }
  }

  /** Names that pass the test. */
  *tested(matches: (path: string) => boolean): Steps {
    const ends = this.#ends
    let start = 0
    for (let row = 0; row < ends.length; row++) {
      const end = ends[row] as number
      if (end > start && matches(this.#text.slice(start, end))) this.#rows.push(this.#from + row)
      start = end + 1
      if (row % STRIDE === STRIDE - 1) yield
    }
  }

  /** Names in which the expression matches: it goes from line to line by itself. */
  *matchedAnywhere({ expression }: LineExpression): Steps {
    const [ends, text] = [this.#ends, this.#text]
    let row = 0
    let at = 0
    for (;;) {
      // Between two steps others may use it.
      expression.lastIndex = at
      if (!expression.test(text)) return
      at = expression.lastIndex
      while ((ends[row] as number) < at) row++
      this.#pushNamed(row)
      at = (ends[row] as number) + 1
      if (++row === ends.length) return
      if (row % STRIDE === 0) yield
    }
  }

  /** Names in which the expression matches at the start, or at that of the last component where that is asked. */
  *matchedAtStarts({ at, expression, firsts }: LineExpression): Steps {
    const [ends, text] = [this.#ends, this.#text]
    const isMatch = (place: number): boolean => {
      if (firsts && firsts[text.charCodeAt(place)] === 0) return false
      expression.lastIndex = place
      return expression.test(text)
    }
    let start = 0
    for (let row = 0; row < ends.length; row++) {
      const end = ends[row] as number
      const isHit =
        end > start && (isMatch(start) || (at === 'name' && isMatch(lastComponent(text, start, end))))
      if (isHit) this.#rows.push(this.#from + row)
      start = end + 1
      if (row % STRIDE === STRIDE - 1) yield
    }
  }

  *#rowsWith(literal: string): Generator<number, void, undefined> {
    const [text, ends] = [this.#text, this.#ends]
    let row = 0
    for (let at = text.indexOf(literal); at >= 0; at = text.indexOf(literal, (ends[row++] as number) + 1)) {
      while ((ends[row] as number) < at) row++
      yield row
    }
  }

  #pushNamed(row: number): void {
    if ((this.#ends[row] as number) > this.#startOf(row)) this.#rows.push(this.#from + row)
  }

  #startOf(row: number): number {
    return row === 0 ? 0 : (this.#ends[row - 1] as number) + 1
  }
}

/** Where the last component starts. */
function lastComponent(text: string, start: number, end: number): number {
  let at = end
  while (at > start && text.charCodeAt(at - 1) !== SLASH) at--
  return at
}
