import { ImageError } from '../../shared/errors.ts'

/** Bytes that it takes less time to read than to begin anew behind them. */
const NEAR = 1024 * 1024

/** A place in a source of bytes that only moves forward. The source is left when this is. */
export class ByteCursor implements AsyncDisposable {
  readonly #from: ((position: number) => AsyncIterable<Uint8Array>) | undefined
  #chunks: AsyncIterator<Uint8Array>
  #chunk: Uint8Array = new Uint8Array(0)
  /** Where `#chunk` starts in the source. */
  #start = 0

  /** `from` is another way to the same bytes, for who hops over what nobody wants. */
  constructor(source: AsyncIterable<Uint8Array>, from?: (position: number) => AsyncIterable<Uint8Array>) {
    this.#chunks = source[Symbol.asyncIterator]()
    this.#from = from
  }

  /** The bytes in one piece where they stand in what has been read last; valid until something else is asked for. */
  whole(offset: number, length: number): Uint8Array | undefined {
    const from = offset - this.#start
    if (from < 0 || from + length > this.#chunk.length) return undefined
    return this.#chunk.subarray(from, from + length)
  }

  /** A piece is valid until the next one is asked for. */
  async *pieces(offset: number, length: number): AsyncGenerator<Uint8Array, void, undefined> {
    let position = offset
    const end = offset + length
    if (offset - this.#start - this.#chunk.length > NEAR) await this.#hop(offset)
    while (position < end) {
      while (this.#start + this.#chunk.length <= position)
        if (!(await this.#next())) throw new ImageError('truncated', 'The data ends before it should.')
      const from = position - this.#start
      const piece = this.#chunk.subarray(from, from + end - position)
      position += piece.length
      yield piece
    }
  }

  /** Draws what is left. */
  async finish(): Promise<void> {
    while (await this.#next());
  }

  async #hop(position: number): Promise<void> {
    if (!this.#from) return
    await this.#chunks.return?.()
    this.#chunks = this.#from(position)[Symbol.asyncIterator]()
    this.#chunk = new Uint8Array(0)
    this.#start = position
  }

  async #next(): Promise<boolean> {
    const result = await this.#chunks.next()
    this.#start += this.#chunk.length
    this.#chunk = result.done ? new Uint8Array(0) : result.value
    return !result.done
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#chunks.return?.()
  }
}
