/** A source of chunks with a place in the current one, for readers of a format: as many bytes in one piece as they ask for. */
export class ChunkInput implements AsyncDisposable {
  /** What stands from `at` on is to be read; both change with every call that awaits. */
  buffer: Buffer = Buffer.alloc(0)
  at = 0
  readonly #chunks: AsyncIterator<Uint8Array>

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#chunks = source[Symbol.asyncIterator]()
  }

  get available(): number {
    return this.buffer.length - this.at
  }

  has(length: number): boolean {
    return this.available >= length
  }

  /** Makes at least `length` bytes stand at `at`; false where the source ends before. */
  async fill(length: number): Promise<boolean> {
    const parts: Buffer[] = []
    let gathered = 0
    while (gathered + this.available < length) {
      // A copy: the chunk is the source's again once the next one is asked for.
      parts.push(Buffer.from(this.buffer.subarray(this.at)))
      gathered += this.available
      if (!(await this.next())) break
    }
    if (parts.length > 0) {
      parts.push(this.buffer.subarray(this.at))
      this.buffer = Buffer.concat(parts)
      this.at = 0
    }
    return this.has(length)
  }

  /** The next chunk in place of this one; false (and an empty one) at the end. */
  async next(): Promise<boolean> {
    const result = await this.#chunks.next()
    this.at = 0
    if (result.done) {
      this.buffer = Buffer.alloc(0)
      return false
    }
    const { buffer, byteOffset, byteLength } = result.value
    this.buffer = Buffer.from(buffer, byteOffset, byteLength)
    return true
  }

  /** Passes over bytes, as many as there are. */
  async skip(length: number): Promise<void> {
    let left = length
    while (left > this.available) {
      left -= this.available
      if (!(await this.next())) return
    }
    this.at += left
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#chunks.return?.()
  }
}
