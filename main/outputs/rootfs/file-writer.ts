import {
  closeSync,
  constants,
  ftruncateSync,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  unlinkSync,
} from 'node:fs'
import { visible, type PathBytes } from '../../../shared/path-bytes.ts'
import { requireSpace, roomError } from '../../image/free-space.ts'
import { HoleyFile, SPARSE_FROM, writeAllAt } from '../../image/holey-file.ts'
import { spooledAlone } from '../../image/layer-spool.ts'
import { metadataAt, type FileBatch } from './file-batch.ts'
import { entryError, type MetadataWriter } from './metadata.ts'
import type { ByteCursor } from '../../image/byte-cursor.ts'

/** The disk is asked for its free space each time this much has been written. */
const SPACE_STEP = 8 * 1024 * 1024
/** Pieces from this size on are worth to be told of. */
const STRIDE = 64 * 1024

export interface FileWriterOptions {
  /** The folder that becomes the root, private and without links so far. */
  readonly root: string
  /** Where there must be room, as people know it. */
  readonly place: string
  readonly metadata: MetadataWriter
  /** Where the layer was spooled. */
  readonly spool?: string | undefined
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
    const spooled = this.#spooled(batch, i)
    if (spooled !== undefined) return this.#move(spooled, place, path, batch, i)
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
        if (whole && isPlain) {
          writeAllAt(fd, whole, 0)
          this.#count(whole.length)
        } else await this.#writePieces(fd, batch, i, cursor)
      } else if ((batch.sizes[i] as number) > 0) ftruncateSync(fd, batch.sizes[i])
      this.#options.metadata.set(fd, path, metadataAt(batch, i))
    } finally {
      closeSync(fd)
    }
  }

  #spooled(batch: FileBatch, i: number): string | undefined {
    const { spool } = this.#options
    if (spool === undefined) return undefined
    return spooledAlone(spool, {
      offset: batch.offsets[i] as number,
      storedSize: batch.storedSizes[i] as number,
      sparse: batch.rare.get(i)?.sparse,
    })
  }

  /** Content that lies in a file of its own gets its name here. A name that is taken is not replaced. */
  #move(spooled: string, place: Buffer, path: PathBytes, batch: FileBatch, i: number): void {
    const fd = openSync(spooled, constants.O_RDWR | constants.O_NOFOLLOW)
    try {
      this.#options.metadata.set(fd, path, metadataAt(batch, i))
    } finally {
      closeSync(fd)
    }
    nameAnew(spooled, place)
    this.#written += batch.storedSizes[i] as number
    this.#options.onProgress(this.#written)
  }

  /** With holes, where the tar has them or zeros stand for them. */
  async #writePieces(fd: number, batch: FileBatch, i: number, cursor: ByteCursor): Promise<void> {
    const stored = batch.storedSizes[i] as number
    const regions = batch.rare.get(i)?.sparse ?? [[0, stored] as const]
    const file = new HoleyFile(fd, batch.sizes[i] as number, (bytes) => this.#count(bytes))
    let offset = batch.offsets[i] as number
    for (const [start, length] of regions) {
      let position = start
      for await (const chunk of cursor.pieces(offset, length)) {
        file.write(chunk, position)
        position += chunk.length
      }
      offset += length
    }
    file.finish()
  }

  #count(bytes: number): void {
    this.#written += bytes
    if (bytes >= STRIDE) this.#options.onProgress(this.#written)
  }
}

/** A link fails where the name is taken, a rename does not: that is for file systems without links. */
function nameAnew(from: string, to: Buffer): void {
  try {
    linkSync(from, to)
  } catch (error) {
    if (lstatSync(to, { throwIfNoEntry: false })) throw error
    renameSync(from, to)
    return
  }
  unlinkSync(from)
}
