import { ImageError } from '../../shared/errors.ts'
import type { TarEntry } from './element.ts'
import { TarAssembler } from './tar-assembler.ts'

export interface TarHandler {
  /** Called in tar order; true asks for the entry's content. */
  onEntry(entry: TarEntry): boolean
  /** Stored content of the entry asked for, in pieces; a piece is valid during the call only. */
  onData?(chunk: Uint8Array): void
  /** The end of the content asked for; also where it is empty. */
  onEnd?(): void
}

/**
 * Reads a tar pushed into it, synchronously; what it calls does not depend on how the bytes were cut into chunks. Bytes after the end
 * of the archive are ignored. Fails with `malformed`, `limit`, `unsafe-path`, and from `end` with `truncated`.
 */
export class TarParser {
  readonly #handler: TarHandler
  readonly #assembler = new TarAssembler()
  /** Wanted bytes that came in more than one chunk. */
  #partial = Buffer.allocUnsafe(1024)
  #partialLength = 0
  #isWanted = false
  /** Content left of this entry, and then its padding. */
  #content = 0
  #padding = 0

  constructor(handler: TarHandler) {
    this.#handler = handler
  }

  push(chunk: Uint8Array): void {
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    let at = 0
    while (at < buffer.length && !this.#assembler.isEnded) {
      if (this.#content > 0) at += this.#pushContent(buffer, at)
      else if (this.#padding > 0) {
        const length = Math.min(this.#padding, buffer.length - at)
        this.#padding -= length
        at += length
      } else at += this.#pushHeader(buffer, at)
    }
  }

  get isEnded(): boolean {
    return this.#assembler.isEnded
  }

  /** The source has ended. Missing zero blocks at the end are no error, as for every other reader; anything else missing is. */
  end(): void {
    const isWhole = this.#content === 0 && this.#partialLength === 0 && this.#assembler.isAtBoundary
    if (!isWhole) throw truncatedTar()
  }

  #pushContent(buffer: Buffer, at: number): number {
    const length = Math.min(this.#content, buffer.length - at)
    this.#content -= length
    if (this.#isWanted) {
      this.#handler.onData?.(buffer.subarray(at, at + length))
      if (this.#content === 0) this.#handler.onEnd?.()
    }
    return length
  }

  #pushHeader(buffer: Buffer, at: number): number {
    const { wanted } = this.#assembler
    if (this.#partialLength === 0 && buffer.length - at >= wanted) {
      this.#take(buffer, at)
      return wanted
    }
    const length = Math.min(wanted - this.#partialLength, buffer.length - at)
    this.#append(buffer.subarray(at, at + length))
    if (this.#partialLength === wanted) {
      this.#partialLength = 0
      this.#take(this.#partial, 0)
    }
    return length
  }

  /** Grows with what has come, not with what a header promises. */
  #append(bytes: Buffer): void {
    const length = this.#partialLength + bytes.length
    if (length > this.#partial.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, 2 * this.#partial.length))
      this.#partial.copy(larger, 0, 0, this.#partialLength)
      this.#partial = larger
    }
    bytes.copy(this.#partial, this.#partialLength)
    this.#partialLength = length
  }

  #take(buffer: Buffer, at: number): void {
    const entry = this.#assembler.take(buffer, at)
    this.#content = this.#assembler.content
    this.#padding = this.#assembler.padding
    this.#isWanted = entry !== undefined && this.#handler.onEntry(entry)
    if (this.#isWanted && this.#content === 0) this.#handler.onEnd?.()
  }
}

export function truncatedTar(): ImageError {
  return new ImageError('truncated', 'The tar ends before it should.', {
    remedy: 'The file may be incomplete; fetch or save it again.',
  })
}
