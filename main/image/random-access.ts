import { closeSync, constants, fstatSync, openSync, read, readSync } from 'node:fs'
import type { Digest } from '../../shared/digest.ts'
import { ImageError } from '../../shared/errors.ts'
import { visible } from '../../shared/path-bytes.ts'
import { sha256Of } from './hashing.ts'

const CHUNK = 1024 * 1024
/** Milliseconds within which a file can change without a change of its times: two seconds on FAT. */
const TICK = 3000

/** A regular file read at any place. Devices, FIFOs and folders are refused: opening one must neither block nor take a terminal. */
export class RandomAccess implements Disposable {
  readonly path: string
  /** Bytes when it was opened. */
  readonly size: number
  readonly #fd: number
  #pending = 0
  #isDisposed = false

  private constructor(path: string, fd: number, size: number) {
    this.path = path
    this.#fd = fd
    this.size = size
  }

  static open(path: string): RandomAccess {
    // Windows has neither of the two; undefined counts as 0 here.
    const fd = openSync(path, constants.O_RDONLY | constants.O_NOCTTY | constants.O_NONBLOCK)
    try {
      const stat = fstatSync(fd)
      if (!stat.isFile())
        throw new ImageError('not-an-image', `${visible(path)} is not a file.`, {
          remedy: 'Choose a file.',
        })
      return new RandomAccess(path, fd, stat.size)
    } catch (error) {
      closeSync(fd)
      throw error
    }
  }

  /**
   * Names these bytes of the file as it is now: whoever gets the same name again would read the same. Undefined where the file changed so
   * lately that another change need not show.
   */
  placeOf(offset: number, length: number): Digest | undefined {
    this.#check()
    const { dev, ino, size, mtimeNs, ctimeNs } = fstatSync(this.#fd, { bigint: true })
    const changed = Number((mtimeNs > ctimeNs ? mtimeNs : ctimeNs) / 1_000_000n)
    if (Date.now() - changed < TICK) return undefined
    return sha256Of(Buffer.from([dev, ino, size, mtimeNs, ctimeNs, offset, length].join(' ')))
  }

  /** Reads into the whole buffer, synchronously; fewer bytes than it holds only at the file's end. */
  read(buffer: Uint8Array, position: number): number {
    this.#check()
    return readSync(this.#fd, buffer, 0, buffer.length, position)
  }

  /** The same on one of libuv's threads. The buffer must be left alone until then. */
  readAsync(buffer: Uint8Array, position: number): Promise<number> {
    this.#check()
    this.#pending++
    return new Promise((resolve, reject) => {
      read(this.#fd, buffer, 0, buffer.length, position, (error, length) => {
        this.#pending--
        if (this.#isDisposed) this.#close()
        if (error) reject(error)
        else resolve(length)
      })
    })
  }

  /** The descriptor, for another thread of this process; the file stays open until what is lent is disposed, too. */
  lend(): LentFile {
    this.#check()
    this.#pending++
    let isBack = false
    return {
      fd: this.#fd,
      watch: (onReadable) => onReadable(Number.MAX_SAFE_INTEGER),
      [Symbol.dispose]: () => {
        if (isBack) return
        isBack = true
        this.#pending--
        if (this.#isDisposed) this.#close()
      },
    }
  }

  [Symbol.dispose](): void {
    if (this.#isDisposed) return
    this.#isDisposed = true
    this.#close()
  }

  /** Not under a read in flight: the system may have given the descriptor's number to another file by then. */
  #close(): void {
    if (this.#pending === 0) closeSync(this.#fd)
  }

  #check(): void {
    if (this.#isDisposed) throw new Error(`${this.path} is closed`)
  }
}

/** An open file that another thread may read. */
export interface LentFile extends Disposable {
  readonly fd: number
  /** Hears up to where it may be read: at once, and whenever that changes. Fails, once, when it never will be read to its end. */
  watch(onReadable: (bytes: number) => void, onFailure: (error: unknown) => void): void
}

/**
 * `length` bytes from `offset`, in chunks of at most 1 MiB, the next one being read while the consumer works on this one. A chunk is
 * valid until the next is asked for. Fails with `truncated` where the file ends before.
 */
export async function* readRange(
  file: RandomAccess,
  offset: number,
  length: number,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (length === 0) return
  const size = Math.min(CHUNK, length)
  const spare = [Buffer.allocUnsafeSlow(size), Buffer.allocUnsafeSlow(size)]
  const end = offset + length
  let position = offset
  let current = spare[0] as Buffer
  let next = spare[1] as Buffer
  let reading: Promise<number> | undefined
  try {
    reading = file.readAsync(current.subarray(0, end - position), position)
    while (position < end) {
      signal?.throwIfAborted()
      const got = await (reading as Promise<number>)
      reading = undefined
      if (got === 0)
        throw new ImageError('truncated', `${visible(file.path)} ends before it should.`, {
          remedy: 'The file may be incomplete or have changed; fetch or save it again.',
        })
      position += got
      signal?.throwIfAborted()
      if (position < end) reading = file.readAsync(next.subarray(0, end - position), position)
      yield current.subarray(0, got)
      ;[current, next] = [next, current]
    }
  } finally {
    // The buffer belongs to the read until it is done; what it says does not matter any more.
    await reading?.catch(() => {})
  }
}
