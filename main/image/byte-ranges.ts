import { ImageError } from '../../shared/errors.ts'
import type { ByteRange } from './element.ts'

/**
 * Pieces of a source in one pass, the rest passed over. `ranges` ascend and do not overlap. A body must be consumed or left before the
 * next is asked for; a chunk is valid until the next is asked for. The source is left after the last piece.
 */
export async function* rangesOf(
  source: AsyncIterable<Uint8Array>,
  ranges: readonly ByteRange[],
): AsyncGenerator<readonly [index: number, bytes: AsyncIterable<Uint8Array>], void, undefined> {
  await using cursor = new Cursor(source)
  for (const [index, range] of ranges.entries()) yield [index, cursor.take(range)]
}

/** A place in a source that only moves forward. */
class Cursor implements AsyncDisposable {
  readonly #chunks: AsyncIterator<Uint8Array>
  #chunk: Uint8Array = new Uint8Array(0)
  /** Where `#chunk` starts in the source. */
  #start = 0

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#chunks = source[Symbol.asyncIterator]()
  }

  async *take({ offset, length }: ByteRange): AsyncGenerator<Uint8Array, void, undefined> {
    let position = offset
    const end = offset + length
    while (position < end) {
      while (this.#start + this.#chunk.length <= position) await this.#next()
      const from = position - this.#start
      const piece = this.#chunk.subarray(from, from + end - position)
      position += piece.length
      yield piece
    }
  }

  async #next(): Promise<void> {
    const result = await this.#chunks.next()
    if (result.done) throw new ImageError('truncated', 'The data ends before it should.')
    this.#start += this.#chunk.length
    this.#chunk = result.value
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#chunks.return?.()
  }
}
