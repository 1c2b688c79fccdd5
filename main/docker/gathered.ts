import type { Readable } from 'node:stream'

const SIZE = 1024 * 1024
/** More than a socket is ever read at once. */
const RESERVE = 128 * 1024

/**
 * The bytes of a stream in large pieces. A socket gives a few kilobytes at a time in buffers that are new each time; what reads, hashes
 * and writes them spends more on the pieces than on the bytes. So all that there is is gathered before it is handed on, in one of two
 * buffers: a piece is valid until the next one is asked for. Nothing is taken from the stream while a buffer waits full.
 */
export async function* gathered(stream: Readable): AsyncGenerator<Uint8Array, void, undefined> {
  let filling = Buffer.allocUnsafeSlow(SIZE)
  let spare = Buffer.allocUnsafeSlow(SIZE)
  let filled = 0
  const end: { isReached: boolean; error?: unknown } = { isReached: false }
  let wake: (() => void) | undefined
  /** After this turn of the event loop, in which everything is read that the system holds. */
  const wakeLater = (): void => {
    const waiting = wake
    wake = undefined
    if (waiting) setImmediate(waiting)
  }
  const onData = (chunk: Buffer): void => {
    if (filled + chunk.length > filling.length)
      filling = Buffer.concat([filling.subarray(0, filled)], filled + chunk.length + SIZE)
    filling.set(chunk, filled)
    filled += chunk.length
    if (filled > SIZE - RESERVE) stream.pause()
    wakeLater()
  }
  const onClose = (): void => {
    if (!end.isReached) end.error ??= Object.assign(new Error('closed too early'), { code: 'ECONNRESET' })
    wakeLater()
  }
  stream.on('data', onData)
  stream.once('end', () => {
    end.isReached = true
    wakeLater()
  })
  stream.once('error', (error) => {
    end.error = error
    wakeLater()
  })
  stream.once('close', onClose)
  try {
    for (;;) {
      if (filled > 0) {
        const piece = filling.subarray(0, filled)
        ;[filling, spare] = [spare, filling]
        filled = 0
        stream.resume()
        yield piece
      } else if (end.isReached) return
      else if (end.error !== undefined) throw end.error
      else
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
  } finally {
    stream.destroy()
  }
}
