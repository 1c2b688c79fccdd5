/**
 * Turns pushes into a stream that can be pulled: `write` settles when the reader has taken the chunk and come back for more, so a
 * chunk may be reused after it and nothing piles up.
 */
export class ByteChannel implements AsyncIterable<Uint8Array> {
  #offered: { readonly chunk: Uint8Array; readonly taken: () => void } | undefined
  #wake: (() => void) | undefined
  #state: 'open' | 'ended' | 'abandoned' = 'open'

  /** Never settles with an error: a reader that failed says so itself, to whoever reads on. */
  async write(chunk: Uint8Array): Promise<void> {
    if (this.#state !== 'open') return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#offered = { chunk, taken: resolve }
    this.#wake?.()
    await promise
  }

  end(): void {
    this.#state = 'ended'
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const offered = this.#offered
        if (offered) {
          yield offered.chunk
          this.#offered = undefined
          offered.taken()
        } else if (this.#state === 'ended') return
        else await this.#next()
      }
    } finally {
      this.abandon()
    }
  }

  /** Nobody reads any more: writers go on without effect. */
  abandon(): void {
    this.#state = 'abandoned'
    this.#offered?.taken()
  }

  async #next(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    await promise
    this.#wake = undefined
  }
}
