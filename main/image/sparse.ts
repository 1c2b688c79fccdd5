import { ImageError } from '../../shared/errors.ts'
import { visible } from '../../shared/path-bytes.ts'
import type { TarEntry } from './element.ts'

const ZEROS = new Uint8Array(256 * 1024)

/**
 * The content of a file as programs see it: the stored pieces at their places, zeros between them, `entry.size` bytes in all. Of an entry
 * that is not sparse the stored bytes themselves. A chunk is valid until the next is asked for; zeros come from one shared buffer.
 */
export async function* expandSparse(
  entry: TarEntry,
  stored: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (entry.sparse === undefined) {
    yield* stored
    return
  }
  const regions = entry.sparse
  let row = 0
  let position = 0
  for await (const chunk of stored) {
    let at = 0
    while (at < chunk.length) {
      const region = regions[row]
      if (region === undefined) throw mismatch(entry)
      const [offset, length] = region
      if (position < offset) {
        yield* zeros(offset - position)
        position = offset
      }
      const piece = chunk.subarray(at, at + (offset + length - position))
      yield piece
      at += piece.length
      position += piece.length
      if (position === offset + length) row++
    }
  }
  if (row !== regions.length) throw mismatch(entry)
  yield* zeros(entry.size - position)
}

function* zeros(length: number): Generator<Uint8Array, void, undefined> {
  for (let left = length; left > 0; left -= ZEROS.length) yield ZEROS.subarray(0, left)
}

function mismatch(entry: TarEntry): ImageError {
  return new ImageError(
    'truncated',
    `The stored content of the sparse file "${visible(entry.path)}" does not fit its map.`,
  )
}
