import { ftruncateSync, writeSync } from 'node:fs'

/** Files from this size on keep what is zero in them as holes. */
export const SPARSE_FROM = 1024 * 1024
const BLOCK = 64 * 1024
const ZEROS = Buffer.alloc(BLOCK)

/** An open file of a size that is known, written piece by piece from its start: blocks of zeros in a large one become holes. */
export class HoleyFile {
  readonly #fd: number
  readonly #size: number
  readonly #onWritten: (bytes: number) => void

  constructor(fd: number, size: number, onWritten: (bytes: number) => void) {
    this.#fd = fd
    this.#size = size
    this.#onWritten = onWritten
  }

  write(chunk: Uint8Array, position: number): void {
    if (this.#size < SPARSE_FROM) {
      this.#writeAt(chunk, position)
      return
    }
    // Pieces end where blocks of the file do, so that a block of zeros is seen however the chunks fall.
    let from = 0
    for (let at = 0; at < chunk.length;) {
      const end = Math.min(chunk.length, at + BLOCK - ((position + at) % BLOCK))
      if (isZero(chunk.subarray(at, end))) {
        if (at > from) this.#writeAt(chunk.subarray(from, at), position + from)
        from = end
      }
      at = end
    }
    if (from < chunk.length) this.#writeAt(chunk.subarray(from), position + from)
  }

  /** What was not written is a hole. */
  finish(): void {
    ftruncateSync(this.#fd, this.#size)
  }

  #writeAt(bytes: Uint8Array, position: number): void {
    writeAllAt(this.#fd, bytes, position)
    this.#onWritten(bytes.length)
  }
}

export function writeAllAt(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length;)
    done += writeSync(fd, bytes, done, bytes.length - done, position + done)
}

function isZero(bytes: Uint8Array): boolean {
  return bytes[0] === 0 && bytes.at(-1) === 0 && ZEROS.subarray(0, bytes.length).equals(bytes)
}
