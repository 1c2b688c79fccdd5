import type { EntryTable } from './entry-table.ts'

/** Files to be searched, in the order of the tar, as columns. */
export interface ScanFiles {
  /** In the layer's table. */
  readonly rows: Int32Array
  /** Where each one's content starts in the uncompressed tar. */
  readonly offsets: Float64Array
  /** Bytes stored there. */
  readonly sizes: Float64Array
  /** By index: where in the stored bytes of a sparse file something is left out, ascending. */
  readonly holes: ReadonlyMap<number, readonly number[]>
}

/** The places of files whose rows ascend. */
export function scanFilesOf(table: EntryTable, rows: Int32Array): ScanFiles {
  const offsets = new Float64Array(rows.length)
  const sizes = new Float64Array(rows.length)
  const holes = new Map<number, number[]>()
  for (const [index, row] of rows.entries()) {
    const { sparse, storedSize } = table.rare(row) ?? {}
    offsets[index] = table.offset(row)
    sizes[index] = storedSize ?? table.size(row)
    if (sparse) holes.set(index, holesIn(sparse))
  }
  return { rows, offsets, sizes, holes }
}

/** The same files in some parts of about the same size, each at least of so many bytes. */
export function inParts(files: ScanFiles, most: number, leastSize: number): ScanFiles[] {
  const share = Math.max(sizeOf(files) / most, leastSize)
  const parts: ScanFiles[] = []
  let start = 0
  let size = 0
  for (let index = 0; index < files.rows.length; index++) {
    size += files.sizes[index] as number
    if (size < share && index + 1 < files.rows.length) continue
    parts.push(partOf(files, start, index + 1))
    start = index + 1
    size = 0
  }
  return parts
}

/** Bytes of stored content. */
export function sizeOf({ sizes }: ScanFiles): number {
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** Copies, as a part of an array goes to another thread with all of its memory. */
function partOf({ rows, offsets, sizes, holes }: ScanFiles, from: number, to: number): ScanFiles {
  return {
    rows: rows.slice(from, to),
    offsets: offsets.slice(from, to),
    sizes: sizes.slice(from, to),
    holes: new Map(
      [...holes].filter(([index]) => index >= from && index < to).map(([index, at]) => [index - from, at]),
    ),
  }
}

/** What is left out at the end of a file does not count. */
function holesIn(regions: readonly (readonly [offset: number, length: number])[]): number[] {
  const holes: number[] = []
  let end = 0
  let stored = 0
  for (const [offset, length] of regions) {
    if (offset > end) holes.push(stored)
    end = offset + length
    stored += length
  }
  return holes
}
