import { open, type FileHandle } from 'node:fs/promises'
import type { Layer } from '../image/element.ts'
import { requireSpace, roomError } from '../image/free-space.ts'

const BUFFER_SIZE = 1024 * 1024

/** The disk is asked for its free space each time this much has been written: a layer's size need not be known, or true. */
const SPACE_STEP = 8 * 1024 * 1024

/**
 * A new file, written from start to end. What is written is copied into one of two buffers, so that the next bytes are read and hashed
 * while the last ones go to the disk, and the caller may reuse its chunk.
 */
export class FileSink implements AsyncDisposable {
  readonly #place: string
  readonly #handle: FileHandle
  /** The one whose region this is, or this itself. */
  readonly #whole: FileSink
  /** Bytes that the disk has taken, regions' among them. */
  #taken = 0
  #filling = Buffer.allocUnsafe(BUFFER_SIZE)
  #spare = Buffer.allocUnsafe(BUFFER_SIZE)
  #filled = 0
  /** Up to where the bytes were handed to the disk. */
  #written: number
  #nextCheck = 0
  #pending: Promise<void> = Promise.resolve()
  #isOpen = true

  private constructor(place: string, handle: FileHandle, start: number, whole?: FileSink) {
    this.#place = place
    this.#handle = handle
    this.#written = start
    this.#whole = whole ?? this
  }

  /** `place` is the folder that people know, where there must be room for it. */
  static async create(path: string, place: string): Promise<FileSink> {
    try {
      return new FileSink(place, await open(path, 'wx', 0o666), 0)
    } catch (error) {
      throw roomError(error, place, 0)
    }
  }

  /** Where the next byte will stand. */
  get position(): number {
    return this.#written + this.#filled
  }

  async write(chunk: Uint8Array): Promise<void> {
    let taken = 0
    while (taken < chunk.length) {
      const room = chunk.subarray(taken, taken + BUFFER_SIZE - this.#filled)
      this.#filling.set(room, this.#filled)
      this.#filled += room.length
      taken += room.length
      if (this.#filled === BUFFER_SIZE) await this.#swap()
    }
  }

  async writeAll(source: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const chunk of source) await this.write(chunk)
  }

  /** The layer's uncompressed tar, by a thread where it can be; answers its size. */
  async writeLayer(layer: Layer, signal: AbortSignal): Promise<number> {
    const start = this.position
    if (layer.readThrough) {
      await this.flush()
      const { fd } = this.#handle
      const size = await layer.readThrough({ fd, position: start, place: this.#place }, signal)
      this.#written += size
      this.#whole.#taken += size
    } else await this.writeAll(layer.stream(signal))
    return this.position - start
  }

  /** Replaces bytes written before. */
  async patch(bytes: Uint8Array, position: number): Promise<void> {
    await this.flush()
    await this.#writeFully(bytes, position)
  }

  /** Another writer of the same file, from another place on: it is flushed, not closed, and its bytes are this one's to sync. */
  region(start: number): FileSink {
    return new FileSink(this.#place, this.#handle, start, this)
  }

  /** Goes on from another place, behind which there is nothing. */
  async moveTo(position: number): Promise<void> {
    await this.flush()
    await this.#handle.truncate(position)
    this.#written = position
  }

  /** What was written so far is with the system. */
  async flush(): Promise<void> {
    await this.#swap()
    await this.#pending
  }

  /** On the disk for good, and closed. */
  async close(): Promise<void> {
    await this.flush()
    try {
      await this.#handle.sync()
    } catch (error) {
      // Some file systems find room only now (NFS, delayed allocation).
      throw roomError(error, this.#place, this.#taken)
    }
    this.#isOpen = false
    await this.#handle.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    await this.#pending.catch(() => {})
    if (this.#whole === this) await this.#handle.close()
  }

  /** Hands the full buffer to the disk once the other one is free. */
  async #swap(): Promise<void> {
    await this.#pending
    if (this.#filled === 0) return
    if (this.#written >= this.#nextCheck) {
      await requireSpace(this.#place, this.#filled)
      this.#nextCheck = this.#written + SPACE_STEP
    }
    const full = this.#filling.subarray(0, this.#filled)
    this.#pending = this.#writeFully(full, this.#written)
    // Whoever writes next, flushes or closes hears of it.
    this.#pending.catch(() => {})
    this.#written += this.#filled
    this.#filled = 0
    ;[this.#filling, this.#spare] = [this.#spare, this.#filling]
  }

  async #writeFully(bytes: Uint8Array, position: number): Promise<void> {
    let done = 0
    try {
      while (done < bytes.length) {
        const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, position + done)
        done += bytesWritten
        this.#whole.#taken += bytesWritten
      }
    } catch (error) {
      throw roomError(error, this.#place, this.#whole.#taken)
    }
  }
}
