import { createHash } from 'node:crypto'
import type { OpenedImage } from '../engine/opened-image.ts'
import { rangesOf } from '../image/byte-ranges.ts'
import type { ByteRange, Layer, Task } from '../image/element.ts'
import type { EntryTable } from '../image/entry-table.ts'
import { expandSparse } from '../image/sparse.ts'
import type { Listed } from './listing.ts'

const EMPTY = createHash('sha256').digest('hex')
const HASH_SIZE = 32

/** SHA-256 of file contents, by where the content is: as bytes, since a layer may have half a million of them. */
export class FileHashes {
  readonly #layers: readonly LayerHashes[]

  constructor(layers: readonly LayerHashes[]) {
    this.#layers = layers
  }

  /** Undefined for what is no file. */
  of({ content }: Pick<Listed, 'content'>): string | undefined {
    return content && (this.#layers[content.layer]?.of(content.row) ?? EMPTY)
  }
}

/** The hashes of some rows of one layer, in ascending order. */
class LayerHashes {
  readonly rows: Int32Array
  readonly #hashes: Buffer

  constructor(rows: Int32Array) {
    this.rows = rows
    this.#hashes = Buffer.alloc(rows.length * HASH_SIZE)
  }

  set(index: number, hash: Buffer): void {
    hash.copy(this.#hashes, index * HASH_SIZE)
  }

  of(row: number): string | undefined {
    let low = 0
    let high = this.rows.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.rows[middle] as number) < row) low = middle + 1
      else high = middle
    }
    if (this.rows[low] !== row) return undefined
    return this.#hashes.toString('hex', low * HASH_SIZE, (low + 1) * HASH_SIZE)
  }
}

/** Hashes the content of every file listed: one pass through each layer that has any, whatever order they are listed in. */
export async function hashFiles(
  files: Iterable<Listed>,
  image: OpenedImage,
  task: Task,
): Promise<FileHashes> {
  const tables = await image.tables(task)
  const isWanted = tables.map((table) => new Uint8Array(table.length))
  for (const { content, size } of files) {
    const marks = content && size > 0 ? isWanted[content.layer] : undefined
    if (marks && content) marks[content.row] = 1
  }
  const hashes = isWanted.map((marks) => new LayerHashes(rowsOf(marks)))
  for (const [index, layer] of (await image.layers()).entries())
    await hashLayer(layer, tables[index] as EntryTable, hashes[index] as LayerHashes, task)
  return new FileHashes(hashes)
}

function rowsOf(marks: Uint8Array): Int32Array {
  const rows = new Int32Array(marks.reduce((sum, mark) => sum + mark, 0))
  let count = 0
  for (let row = 0; row < marks.length; row++) if (marks[row] === 1) rows[count++] = row
  return rows
}

/** Rows ascend, and so does what they stand for: a tar's content is in the order of its headers. */
async function hashLayer(layer: Layer, table: EntryTable, hashes: LayerHashes, task: Task): Promise<void> {
  const ranges = Array.from(hashes.rows, (row) => ({
    offset: table.offset(row),
    length: table.rare(row)?.storedSize ?? table.size(row),
  }))
  if (ranges.length === 0) return
  for await (const [index, bytes] of piecesOf(layer, ranges, task)) {
    const hash = createHash('sha256')
    const entry = table.at(hashes.rows[index] as number)
    for await (const chunk of expandSparse(entry, bytes)) hash.update(chunk)
    hashes.set(index, hash.digest())
  }
}

/** A layer of which much is wanted is read from start to end: by large pieces, not file by file. */
function piecesOf(
  layer: Layer,
  ranges: readonly ByteRange[],
  task: Task,
): AsyncIterable<readonly [index: number, bytes: AsyncIterable<Uint8Array>]> {
  const wanted = ranges.reduce((sum, range) => sum + range.length, 0)
  const isMuch = wanted > (layer.size ?? 0) / 4
  return isMuch ? rangesOf(layer.stream(task.signal), ranges) : layer.contents(ranges, task.signal)
}
