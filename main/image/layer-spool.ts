import { closeSync, constants, mkdirSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { bytesFreeNow } from './free-space.ts'
import { HoleyFile, writeAllAt } from './holey-file.ts'
import type { TarEntry } from './tar-entry.ts'
import type { ContentSink } from './tar-scan.ts'

/** Content from this size on is in a file of its own: a link costs less than to copy it. */
const LARGE = 32 * 1024
/** The disk is asked for its free space each time this much has been written. */
const SPACE_STEP = 8 * 1024 * 1024
const NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/** Where in a spool everything is that has no file of its own: at the same place as in the tar. */
export function packIn(folder: string): string {
  return join(folder, 'pack')
}

/** Where in a spool the content is that stands at an offset in the tar; undefined for one that is in the pack. */
export function spooledAlone(
  folder: string,
  content: { readonly offset: number; readonly storedSize: number; readonly sparse?: unknown },
): string | undefined {
  return content.storedSize >= LARGE && content.sparse === undefined
    ? join(folder, String(content.offset))
    : undefined
}

/**
 * What a layer's files hold, taken from its tar as it goes by, so that whoever writes them later need not inflate it again: large content in
 * a file each, ready to be given its name; all else in one file with holes, as it stands in the tar. Where there is no room for it nothing
 * is kept, and that is no failure.
 */
export class LayerSpool implements ContentSink, Disposable {
  readonly #folder: string
  #pack: number | undefined
  #current: { readonly fd: number; readonly file: HoleyFile; position: number } | undefined
  #isGivenUp = false
  #written = 0
  #nextCheck = 0
  /** The chunk of the tar that is taken apart, where it starts, and how much of it is where it belongs. */
  #chunk: Uint8Array = new Uint8Array(0)
  #start = 0
  #done = 0

  /** The folder does not exist yet. */
  constructor(folder: string) {
    this.#folder = folder
    this.#try(() => {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      this.#pack = openSync(packIn(folder), NEW, 0o600)
    })
  }

  /** Whether everything is in it that went by. */
  get isWhole(): boolean {
    return !this.#isGivenUp
  }

  /** Takes a chunk apart while `scan` reads it, who tells this of the content that it meets. */
  push(chunk: Uint8Array, scan: { push(chunk: Uint8Array): void; readonly isEnded: boolean }): void {
    this.#chunk = chunk
    this.#done = 0
    const wasEnded = scan.isEnded
    scan.push(chunk)
    // Behind the end of an archive there may be anything.
    if (!wasEnded) this.#packUpTo(chunk.length)
    this.#start += chunk.length
  }

  begin(_row: number, { offset, storedSize, sparse }: TarEntry): boolean {
    const place = spooledAlone(this.#folder, { offset, storedSize, sparse })
    if (place === undefined || this.#isGivenUp) return false
    this.#try(() => {
      const fd = openSync(place, NEW, 0o600)
      const file = new HoleyFile(fd, storedSize, (bytes) => (this.#written += bytes))
      this.#current = { fd, file, position: 0 }
    })
    return !this.#isGivenUp
  }

  update(piece: Uint8Array): void {
    const at = piece.byteOffset - this.#chunk.byteOffset
    this.#packUpTo(at)
    this.#done = at + piece.length
    this.#try(() => {
      const current = this.#current
      if (!current) return
      this.#requireRoom(piece.length)
      current.file.write(piece, current.position)
      current.position += piece.length
    })
  }

  end(): void {
    this.#try(() => this.#current?.file.finish())
    this.#close()
  }

  [Symbol.dispose](): void {
    this.#close()
    if (this.#pack !== undefined) closeSync(this.#pack)
    this.#pack = undefined
  }

  #close(): void {
    if (this.#current) closeSync(this.#current.fd)
    this.#current = undefined
  }

  /** What of the chunk has no file of its own. */
  #packUpTo(end: number): void {
    const bytes = this.#chunk.subarray(this.#done, end)
    this.#done = Math.max(this.#done, end)
    const pack = this.#pack
    if (bytes.length === 0 || pack === undefined) return
    const position = this.#start + bytes.byteOffset - this.#chunk.byteOffset
    this.#try(() => {
      this.#requireRoom(bytes.length)
      writeAllAt(pack, bytes, position)
      this.#written += bytes.length
    })
  }

  #requireRoom(bytes: number): void {
    if (this.#written < this.#nextCheck) return
    if (bytesFreeNow(this.#folder) < SPACE_STEP + bytes)
      throw Object.assign(new Error('no room'), { code: 'ENOSPC' })
    this.#nextCheck = this.#written + SPACE_STEP
  }

  /** Without room it is given up, and the room given back. */
  #try(step: () => void): void {
    if (this.#isGivenUp) return
    try {
      step()
    } catch (error) {
      if (!FULL.has((error as NodeJS.ErrnoException).code ?? '')) throw error
      this.#isGivenUp = true
      this[Symbol.dispose]()
      rmSync(this.#folder, { recursive: true, force: true })
    }
  }
}
