import { isAscii } from 'node:buffer'
import { setImmediate } from 'node:timers/promises'
import { createContext, Script } from 'node:vm'
import { ImageError } from '../../shared/errors.ts'
import { displayPath } from '../../shared/path-bytes.ts'
import type { EntryTable } from './entry-table.ts'
import type { RowTest } from './row-filter.ts'
import { whiteoutOf } from './whiteout.ts'

/** One search may not take longer, whatever its expression; names of a million files take about half a second. */
const PATIENCE = 10_000
/** Between two looks at the signal and at whoever else waits for this process. */
const SLICE = 50
/** Rows between two looks at the clock, and the bytes of their names. */
const STRIDE = 512
const STRIDE_BYTES = 256 * 1024
/** Names that hold a literal, by which it is seen whether one in so many or more of all do. */
const SAMPLE = 200
const DENSE = 5
/** A stride that takes this long has met an expression that explodes; nobody else is answered meanwhile. */
const STUCK = 2000

const timeBox = new Script('work()')

/**
 * The rows of a table whose path passes the test and that are accepted, whiteouts left out. The test may be a hostile expression: it runs in slices under
 * node:vm's timeout, which interrupts a regular expression in mid-match, too. Fails with `limit` when the time is over. `literal`: printable ASCII
 * that stands in every path that passes, where that is known (`queryLiteral`): others are not looked at.
 */
export async function matchingRows(
  table: EntryTable,
  matches: (path: string) => boolean,
  budget: SearchBudget,
  {
    accepts,
    literal,
  }: { readonly accepts?: RowTest | undefined; readonly literal?: string | undefined } = {},
): Promise<Int32Array> {
  const rows: number[] = []
  const test = { matches, accepts }
  // Bytes that are no UTF-8 may be shown as anything.
  let held = literal !== undefined && isAscii(table.columns.names) ? Buffer.from(literal) : undefined
  let row = held ? rowWith(table, held, 0) : 0
  let looks = 0
  const work = (): void => {
    const end = performance.now() + SLICE
    do {
      const stop = held ? row + 1 : strideEnd(table, row)
      matchStride(table, row, stop, test, rows)
      // Where many names hold it, to look at all of them takes less time than at each of those.
      if (++looks === SAMPLE && row < SAMPLE * DENSE) held = undefined
      row = held ? rowWith(table, held, stop) : stop
    } while (row < table.length && performance.now() < end)
  }
  while (row < table.length) {
    budget.run(work)
    if (row < table.length) await setImmediate()
    budget.signal?.throwIfAborted()
  }
  return Int32Array.from(rows)
}

/** The first row from `from` on whose path holds the bytes; the table's length where none does. */
function rowWith(table: EntryTable, bytes: Uint8Array, from: number): number {
  const { names, pathEnds, linkEnds } = table.columns
  const all = Buffer.from(names.buffer, names.byteOffset, names.byteLength)
  let row = from
  while (row < table.length) {
    const start = row === 0 ? 0 : (linkEnds[row - 1] as number)
    const at = all.indexOf(bytes, start)
    if (at < 0) return table.length
    row = rowAt(linkEnds, at, row)
    // It may stand in what a link points to, or begin in one and end in the other.
    if (at + bytes.length <= (pathEnds[row] as number)) return row
    row++
  }
  return row
}

/** The row, from `from` on, in whose names a place is. */
function rowAt(linkEnds: Uint32Array, place: number, from: number): number {
  let low = from
  let high = linkEnds.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((linkEnds[middle] as number) <= place) low = middle + 1
    else high = middle
  }
  return low
}

/** At least one row on. */
function strideEnd({ columns, length }: EntryTable, row: number): number {
  const start = row === 0 ? 0 : (columns.linkEnds[row - 1] as number)
  let stop = Math.min(row + STRIDE, length)
  while (stop > row + 1 && (columns.linkEnds[stop - 1] as number) - start > STRIDE_BYTES)
    stop = row + ((stop - row) >> 1)
  return stop
}

/** The names are made a string all together, of which each path is a part: a call for each would take most of the time. */
function matchStride(
  table: EntryTable,
  from: number,
  to: number,
  { matches, accepts }: { matches: (path: string) => boolean; accepts: RowTest | undefined },
  rows: number[],
): void {
  const { pathEnds, linkEnds } = table.columns
  const bytes = table.names(from, to)
  const isPlain = isAscii(bytes)
  const names = bytes.toString('latin1')
  const base = from === 0 ? 0 : (linkEnds[from - 1] as number)
  let start = 0
  for (let row = from; row < to; row++) {
    const path = names.slice(start, (pathEnds[row] as number) - base)
    const isHit =
      matches(isPlain ? path : displayPath(path)) &&
      whiteoutOf(path).kind === 'none' &&
      (accepts?.(table, row) ?? true)
    if (isHit) rows.push(row)
    start = (linkEnds[row] as number) - base
  }
}

/** The time one search may spend on matching, over all its layers. */
export class SearchBudget {
  readonly signal: AbortSignal | undefined
  /** What the script sees; a context costs a millisecond, so one search has one. */
  readonly #globals: { work: () => void } = { work: () => {} }
  readonly #context = createContext(this.#globals)
  /** Milliseconds. */
  #left: number

  constructor(signal?: AbortSignal, patience = PATIENCE) {
    this.signal = signal
    this.#left = patience
  }

  /** Does a slice of work; interrupts it where it takes what is left, or far too long for a slice. */
  run(work: () => void): void {
    if (this.#left <= 0) throw tooSlow()
    const started = performance.now()
    this.#globals.work = work
    try {
      timeBox.runInContext(this.#context, { timeout: Math.ceil(Math.min(this.#left, STUCK)) })
    } catch (error) {
      if (isTimeout(error)) throw tooSlow()
      throw error
    } finally {
      this.#left -= performance.now() - started
    }
  }
}

/** The error is of the script's own realm, where `Error` is another. */
function isTimeout(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  )
}

/** What a search fails with whose expression takes longer than anybody would wait. */
export function tooSlow(): ImageError {
  return new ImageError('limit', 'The search takes too long with this expression and was stopped.', {
    remedy: 'Use a simpler expression: without one repetition inside another.',
  })
}
