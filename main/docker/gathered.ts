import type { Readable } from 'node:stream'

const SIZE = 1024 * 1024
/** More than comes at once. */
const RESERVE = 256 * 1024

/**
 * Small pieces become large ones. A socket gives a few kilobytes at a time; what reads, hashes and writes them spends more on the pieces
 * than on the bytes. So all that there is is gathered, in one of two buffers, before it is handed on.
 */
export class Gathering {
  readonly #onRoom: () => void
  #filling = Buffer.allocUnsafeSlow(SIZE)
  #spare = Buffer.allocUnsafeSlow(SIZE)
  #filled = 0
  #end: { readonly error?: unknown } | undefined
  #wake: (() => void) | undefined

  /** `onRoom` is called when more may be added after `add` said no. */
  constructor(onRoom: () => void) {
    this.#onRoom = onRoom
  }

  /** Copies the bytes; whether more may come at once. */
  add(bytes: Uint8Array): boolean {
    const length = this.#filled + bytes.length
    if (length > this.#filling.length)
      this.#filling = Buffer.concat([this.#filling.subarray(0, this.#filled)], length + SIZE)
    this.#filling.set(bytes, this.#filled)
    this.#filled = length
    this.#wakeLater()
    return this.#filled <= SIZE - RESERVE
  }

  end(): void {
    this.#end ??= {}
    this.#wakeLater()
  }

  fail(error: unknown): void {
    this.#end ??= { error }
    this.#wakeLater()
  }

  /** A piece is valid until the next one is asked for. */
  async *pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      if (this.#filled > 0) {
        const piece = this.#filling.subarray(0, this.#filled)
        ;[this.#filling, this.#spare] = [this.#spare, this.#filling]
        this.#filled = 0
        this.#onRoom()
        yield piece
      } else if (this.#end) {
        if (this.#end.error !== undefined) throw this.#end.error
        return
      } else
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
    }
  }

  /** After this turn of the event loop, in which everything is read that the system holds. */
  #wakeLater(): void {
    const wake = this.#wake
    this.#wake = undefined
    if (wake) setImmediate(wake)
  }
}

/** The bytes of a stream, gathered. The stream is closed when they are left. */
export async function* gathered(stream: Readable): AsyncGenerator<Uint8Array, void, undefined> {
  const gathering = new Gathering(() => stream.resume())
  stream.on('data', (chunk: Buffer) => {
    if (!gathering.add(chunk)) stream.pause()
  })
  stream.once('end', () => gathering.end())
  stream.once('error', (error) => gathering.fail(error))
  stream.once('close', () => gathering.fail(cutOff()))
  try {
    yield* gathering.pieces()
  } finally {
    stream.destroy()
  }
}

/** What Node says of a connection that the other side has cut. */
export function cutOff(): Error {
  return Object.assign(new Error('the connection was closed before the end'), { code: 'ECONNRESET' })
}
