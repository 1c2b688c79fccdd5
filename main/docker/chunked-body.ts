/** A chunk's size has eight digits at most; what may follow it, nobody uses. */
const LINE_LIMIT = 1024

/** Decodes HTTP's chunked transfer coding (RFC 9112, 7.1) as it comes, without a copy. */
export class ChunkedBody {
  readonly #onData: (bytes: Uint8Array) => void
  #state: 'size' | 'data' | 'end-of-data' | 'trailer' | 'done' = 'size'
  #line = ''
  /** Of the chunk. */
  #left = 0

  constructor(onData: (bytes: Uint8Array) => void) {
    this.#onData = onData
  }

  /** Whether the last chunk has come. */
  get isDone(): boolean {
    return this.#state === 'done'
  }

  push(bytes: Buffer): void {
    let at = 0
    while (at < bytes.length && this.#state !== 'done') {
      if (this.#state === 'data') {
        const piece = bytes.subarray(at, at + this.#left)
        this.#onData(piece)
        at += piece.length
        this.#left -= piece.length
        if (this.#left === 0) this.#state = 'end-of-data'
      } else at = this.#pushLine(bytes, at)
    }
  }

  #pushLine(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(0x0a, at)
    this.#line += bytes.toString('latin1', at, end < 0 ? bytes.length : end)
    if (this.#line.length > LINE_LIMIT) throw unreadable()
    if (end < 0) return bytes.length
    this.#takeLine(this.#line.replace(/\r$/, ''))
    this.#line = ''
    return end + 1
  }

  #takeLine(line: string): void {
    if (this.#state === 'size') {
      const [, digits] = /^([0-9a-fA-F]{1,8})\s*(?:;.*)?$/.exec(line) ?? []
      if (digits === undefined) throw unreadable()
      this.#left = Number.parseInt(digits, 16)
      this.#state = this.#left === 0 ? 'trailer' : 'data'
    } else if (this.#state === 'end-of-data') {
      if (line !== '') throw unreadable()
      this.#state = 'size'
    } else if (line === '') this.#state = 'done'
  }
}

/** As Node's own parser calls what is no HTTP. */
export function unreadable(): Error {
  return Object.assign(new Error('the answer is not HTTP'), { code: 'HPE_INVALID' })
}
