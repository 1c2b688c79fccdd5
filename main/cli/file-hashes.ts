import { createHash } from 'node:crypto'
import type { OpenedImage } from '../engine/opened-image.ts'
import { rangesOf } from '../image/byte-ranges.ts'
import type { ByteRange, Layer, Task } from '../image/element.ts'
import type { EntryTable } from '../image/entry-table.ts'
import { expandSparse } from '../image/sparse.ts'
import type { Listed } from './listing.ts'

const EMPTY = createHash('sha256').digest('hex')

/** SHA-256 of file contents, by where the content is. */
export class FileHashes {
  readonly #hashes = new Map<string, string>()

  of({ content }: Pick<Listed, 'content'>): string | undefined {
    return content && (this.#hashes.get(`${content.layer}:${content.row}`) ?? EMPTY)
  }

  set(layer: number, row: number, hash: string): void {
    this.#hashes.set(`${layer}:${row}`, hash)
  }
}

/** Hashes the content of every file listed: one pass through each layer that has any, whatever order they are listed in. */
export async function hashFiles(
  files: Iterable<Listed>,
  image: OpenedImage,
  task: Task,
): Promise<FileHashes> {
  const hashes = new FileHashes()
  const tables = await image.tables(task)
  const rows = tables.map(() => new Set<number>())
  for (const { content } of files) if (content) rows[content.layer]?.add(content.row)
  const layers = await image.layers()
  for (const [index, layer] of layers.entries()) {
    const table = tables[index] as EntryTable
    const entries = [...(rows[index] ?? [])]
      .map((row) => ({ row, entry: table.at(row) }))
      .filter(({ entry }) => entry.size > 0)
      .sort((a, b) => a.entry.offset - b.entry.offset)
    const ranges = entries.map(({ entry }) => ({ offset: entry.offset, length: entry.storedSize }))
    for await (const [at, bytes] of piecesOf(layer, ranges, task)) {
      const { row, entry } = entries[at] as (typeof entries)[number]
      const hash = createHash('sha256')
      for await (const chunk of expandSparse(entry, bytes)) hash.update(chunk)
      hashes.set(index, row, hash.digest('hex'))
    }
  }
  return hashes
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
