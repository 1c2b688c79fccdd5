import { closeSync, constants, ftruncateSync, openSync, writeSync } from 'node:fs'
import { visible, type PathBytes } from '../../../shared/path-bytes.ts'
import { requireSpace, roomError } from '../../image/free-space.ts'
import { metadataAt, type FileBatch } from './file-batch.ts'
import { entryError, type MetadataWriter } from './metadata.ts'
import type { ByteCursor } from '../../image/byte-cursor.ts'

/** The disk is asked for its free space each time this much has been written. */
const SPACE_STEP = 8 * 1024 * 1024
/** Files from this size on keep what is zero in them as holes. */
const SPARSE_FROM = 1024 * 1024
const BLOCK = 64 * 1024
const ZEROS = Buffer.alloc(BLOCK)

export interface FileWriterOptions {
  /** The folder that becomes the root, private and without links so far. */
  readonly root: string
  /** Where there must be room, as people know it. */
  readonly place: string
  readonly metadata: MetadataWriter
  /** Bytes of content written so far. */
  readonly onProgress: (bytes: number) => void
}

/** Writes files into directories that are there, each with all that belongs to it, by synchronous calls. */
export class FileWriter {
  readonly #options: FileWriterOptions
  readonly #prefix: Buffer
  /** Where the path of each file is put together: a buffer for each would be megabytes that wait for a collection. */
  #place: Buffer
  #written = 0
  #nextCheck = 0

  constructor(options: FileWriterOptions) {
    this.#options = options
    this.#prefix = Buffer.from(`${options.root}/`)
    this.#place = Buffer.from(this.#prefix)
  }

  async write(batch: FileBatch, cursor: ByteCursor): Promise<void> {
    const { paths } = batch
    let start = 0
    for (let i = 0; i < batch.length; i++) {
      const end = batch.pathEnds[i] as number
      const name = paths.subarray(start, end)
      start = end
      const place = this.#placeOf(name)
      const path = Buffer.from(name.buffer, name.byteOffset, name.byteLength).toString('latin1')
      try {
        await this.#writeFile(batch, i, place, path, cursor)
      } catch (error) {
        throw entryError(roomError(error, this.#options.place, this.#written), path, `"${visible(path)}"`)
      }
    }
    this.#options.onProgress(this.#written)
  }

  /** Valid until it is called again. */
  #placeOf(name: Uint8Array): Buffer {
    const length = this.#prefix.length + name.length
    if (length > this.#place.length) {
      this.#place = Buffer.alloc(2 * length)
      this.#place.set(this.#prefix)
    }
    this.#place.set(name, this.#prefix.length)
    return this.#place.subarray(0, length)
  }

  async #writeFile(
    batch: FileBatch,
    i: number,
    place: Buffer,
    path: PathBytes,
    cursor: ByteCursor,
  ): Promise<void> {
    const size = batch.storedSizes[i] as number
    if (this.#written >= this.#nextCheck) {
      await requireSpace(this.#options.place, Math.min(size, SPACE_STEP))
      this.#nextCheck = this.#written + SPACE_STEP
    }
    const fd = openSync(
      place,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    )
    try {
      if (size > 0) {
        const offset = batch.offsets[i] as number
        const whole = cursor.whole(offset, size)
        const isPlain = size < SPARSE_FROM && batch.rare.get(i)?.sparse === undefined
        if (whole && isPlain) this.#writeAt(fd, whole, 0)
        else await this.#writePieces(fd, batch, i, cursor)
      } else if ((batch.sizes[i] as number) > 0) ftruncateSync(fd, batch.sizes[i])
      this.#options.metadata.set(fd, path, metadataAt(batch, i))
    } finally {
      closeSync(fd)
    }
  }

  /** With holes, where the tar has them or zeros stand for them. */
  async #writePieces(fd: number, batch: FileBatch, i: number, cursor: ByteCursor): Promise<void> {
    const size = batch.sizes[i] as number
    const stored = batch.storedSizes[i] as number
    const regions = batch.rare.get(i)?.sparse ?? [[0, stored] as const]
    let offset = batch.offsets[i] as number
    for (const [start, length] of regions) {
      let position = start
      for await (const chunk of cursor.pieces(offset, length)) {
        this.#writeWithHoles(fd, chunk, position, size)
        position += chunk.length
      }
      offset += length
    }
    ftruncateSync(fd, size)
  }

  #writeWithHoles(fd: number, chunk: Uint8Array, position: number, size: number): void {
    if (size < SPARSE_FROM) {
      this.#writeAt(fd, chunk, position)
      return
    }
    // Pieces end where blocks of the file do, so that a block of zeros is seen however the chunks fall.
    let from = 0
    for (let at = 0; at < chunk.length;) {
      const end = Math.min(chunk.length, at + BLOCK - ((position + at) % BLOCK))
      if (isZero(chunk.subarray(at, end))) {
        if (at > from) this.#writeAt(fd, chunk.subarray(from, at), position + from)
        from = end
      }
      at = end
    }
    if (from < chunk.length) this.#writeAt(fd, chunk.subarray(from), position + from)
  }

  #writeAt(fd: number, bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.length;) {
      const count = writeSync(fd, bytes, done, bytes.length - done, position + done)
      done += count
      this.#written += count
    }
    if (bytes.length >= BLOCK) this.#options.onProgress(this.#written)
  }
}

function isZero(bytes: Uint8Array): boolean {
  return bytes[0] === 0 && bytes.at(-1) === 0 && ZEROS.subarray(0, bytes.length).equals(bytes)
}
