import { ByteCursor } from './byte-cursor.ts'
import type { ByteRange } from './element.ts'

/**
 * Pieces of a source in one pass, the rest passed over. `ranges` ascend and do not overlap. A body must be consumed or left before the
 * next is asked for; a chunk is valid until the next is asked for. The source is left after the last piece.
 */
export async function* rangesOf(
  source: AsyncIterable<Uint8Array>,
  ranges: readonly ByteRange[],
): AsyncGenerator<readonly [index: number, bytes: AsyncIterable<Uint8Array>], void, undefined> {
  await using cursor = new ByteCursor(source)
  for (const [index, range] of ranges.entries()) yield [index, cursor.pieces(range.offset, range.length)]
}
