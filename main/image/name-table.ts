import type { Digest } from '../../shared/digest.ts'
import type { EntryType } from '../../shared/files.ts'
import type { PathBytes } from '../../shared/path-bytes.ts'
import type { EntryTable } from './entry-table.ts'
import { entriesDigest } from './fates-key.ts'
import { grownBuffer } from './grown-buffer.ts'
import { NameBlock } from './name-block.ts'
import type { FilterRows } from './row-filter.ts'
import { RowKinds } from './row-kinds.ts'

/** Bytes of names in one block: what is unpacked for one hit, and passed over at once where a literal is not in it. */
const BLOCK = 512 * 1024
const LINE_BREAK = 0x0a
const RETURN = 0x0d
const SLASH = 0x2f
const DOT = 0x2e

/**
 * What a search needs of a layer's entries, in little memory and in the form in which many names are searched at once: ASCII names, one a
 * line. Other names are kept beside them, to be tested one by one; whiteouts are left out, as no search finds them. Both have an
 * empty line.
 */
export class NameTable implements FilterRows {
  readonly length: number
  /** As `entriesDigest` says it. */
  readonly digest: Digest
  readonly blocks: readonly NameBlock[]
  readonly odd: OddNames
  readonly #kinds: RowKinds
  readonly #sizes: Uint32Array | Float64Array | undefined
  /** The block of the last path asked for. */
  #at = 0

  constructor(table: EntryTable) {
    const { sizes } = table.columns
    const { blocks, odd } = namesOf(table)
    this.length = table.length
    this.digest = entriesDigest(table)
    this.blocks = blocks
    this.odd = odd
    this.#kinds = new RowKinds(table.columns)
    this.#sizes = isZero(sizes) ? undefined : narrow(sizes)
  }

  /** Bytes of names that are held as they are. */
  get textBytes(): number {
    return this.blocks.reduce((sum, block) => sum + block.textBytes, 0)
  }

  /** Holds the names compressed from now on: a tenth of the memory, for some more time of each search. */
  pack(): void {
    for (const block of this.blocks) block.pack()
  }

  path(row: number): PathBytes {
    const odd = this.odd.find(row)
    return odd ?? this.#blockOf(row).path(row)
  }

  type(row: number): EntryType {
    return this.#kinds.type(row)
  }

  size(row: number): number {
    return this.#sizes?.[row] ?? 0
  }

  mode(row: number): number {
    return this.#kinds.mode(row)
  }

  uid(row: number): number {
    return this.#kinds.uid(row)
  }

  gid(row: number): number {
    return this.#kinds.gid(row)
  }

  #blockOf(row: number): NameBlock {
    const { blocks } = this
    const last = blocks[this.#at] as NameBlock
    if (row < last.from || row >= last.to) this.#at = blocks.findLastIndex((block) => block.from <= row)
    return blocks[this.#at] as NameBlock
  }
}

/** Names that are not ASCII, hold a line break or are empty, by ascending row. */
export class OddNames {
  readonly rows: Uint32Array
  readonly #ends: Uint32Array
  readonly #names: Buffer

  constructor(rows: readonly number[], ends: readonly number[], names: Buffer) {
    this.rows = Uint32Array.from(rows)
    this.#ends = Uint32Array.from(ends)
    this.#names = names
  }

  /** By its place among the odd ones. */
  path(index: number): PathBytes {
    return this.#names.toString('latin1', index === 0 ? 0 : this.#ends[index - 1], this.#ends[index])
  }

  find(row: number): PathBytes | undefined {
    let low = 0
    let high = this.rows.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.rows[middle] as number) < row) low = middle + 1
      else high = middle
    }
    return this.rows[low] === row ? this.path(low) : undefined
  }
}

function namesOf({ columns, length }: EntryTable): { blocks: NameBlock[]; odd: OddNames } {
  const { names, pathEnds, linkEnds } = columns
  const blocks: NameBlock[] = []
  const odd = {
    rows: [] as number[],
    ends: [] as number[],
    names: Buffer.from(new ArrayBuffer(1024)),
    length: 0,
  }
  let text = new Uint8Array(BLOCK)
  let ends: number[] = []
  let from = 0
  let at = 0
  const finish = (to: number): void => {
    // Without the last line break, behind which there would be another line.
    const lines = Buffer.from(text.buffer, 0, at - 1).toString('latin1')
    blocks.push(new NameBlock(from, Uint32Array.from(ends), lines))
    from = to
    at = 0
    ends = []
  }
  for (let row = 0; row < length; row++) {
    const start = row === 0 ? 0 : (linkEnds[row - 1] as number)
    const end = pathEnds[row] as number
    if (ends.length > 0 && at + end - start >= text.length) finish(row)
    if (at + end - start >= text.length) text = new Uint8Array(end - start + 1)
    const kind = copied(names, start, end, text, at)
    if (kind === 'plain') at += end - start
    else if (kind === 'odd') {
      if (odd.length + end - start > odd.names.length)
        odd.names = Buffer.from(grownBuffer(odd.names.buffer, 2 * (odd.length + end - start)))
      odd.names.set(names.subarray(start, end), odd.length)
      odd.length += end - start
      odd.rows.push(row)
      odd.ends.push(odd.length)
    }
    ends.push(at)
    text[at++] = LINE_BREAK
  }
  if (ends.length > 0) finish(length)
  return { blocks, odd: new OddNames(odd.rows, odd.ends, Buffer.from(odd.names.subarray(0, odd.length))) }
}

/** Copies the name as far as it is plain. */
function copied(
  names: Uint8Array,
  start: number,
  end: number,
  text: Uint8Array,
  at: number,
): 'plain' | 'odd' | 'whiteout' {
  let isOdd = start === end
  let nameStart = start
  for (let i = start; i < end; i++) {
    const byte = names[i] as number
    text[at++] = byte
    if (byte >= 0x80 || byte === LINE_BREAK || byte === RETURN) isOdd = true
    else if (byte === SLASH) nameStart = i + 1
  }
  if (isWhiteout(names, nameStart, end)) return 'whiteout'
  return isOdd ? 'odd' : 'plain'
}

/** As `whiteoutOf` sees it: a last component that starts with `.wh.`. */
function isWhiteout(names: Uint8Array, start: number, end: number): boolean {
  return (
    end - start >= 4 &&
    names[start] === DOT &&
    names[start + 1] === 0x77 &&
    names[start + 2] === 0x68 &&
    names[start + 3] === DOT
  )
}

/** Sizes that are below 4 GiB, as nearly all are, in half the memory. */
function narrow(sizes: Float64Array): Uint32Array | Float64Array {
  const narrowed = Uint32Array.from(sizes)
  for (let row = 0; row < sizes.length; row++) if (narrowed[row] !== sizes[row]) return sizes.slice()
  return narrowed
}

function isZero(column: Float64Array): boolean {
  for (let row = 0; row < column.length; row++) if (column[row] !== 0) return false
  return true
}
