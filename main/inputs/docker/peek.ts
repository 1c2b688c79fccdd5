/** As many bytes as tell any form of data from the others. */
const ENOUGH = 6

/**
 * The first bytes of a source, and the whole of it still to be read. The source must go on where its last reader stopped, as a tar's
 * member does; and so does the whole.
 */
export async function peek(
  source: AsyncIterable<Uint8Array>,
): Promise<{ readonly head: Uint8Array; readonly bytes: AsyncIterable<Uint8Array> }> {
  const iterator = source[Symbol.asyncIterator]()
  let head = Buffer.alloc(0)
  while (head.length < ENOUGH) {
    const result = await iterator.next()
    if (result.done) break
    head = Buffer.concat([head, result.value])
  }
  let isHeadRead = head.length === 0
  async function* read(): AsyncGenerator<Uint8Array, void, undefined> {
    if (!isHeadRead) {
      isHeadRead = true
      yield head
    }
    yield* source
  }
  return { head, bytes: { [Symbol.asyncIterator]: read } }
}
