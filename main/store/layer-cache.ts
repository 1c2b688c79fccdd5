import { createHash } from 'node:crypto'
import { link, mkdir, open, readdir, rename, rm, stat, utimes, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { hexOf, type Digest } from '../../shared/digest.ts'
import type { CacheKey, CacheLease, CacheWriter, LayerCache, PartialBlob } from '../image/cache.ts'
import { clearLeftovers, isTemporaryName, temporaryName } from './owner.ts'
import { PartialFile, partialState } from './partial-files.ts'
import { RoomGuard } from './room-guard.ts'

/**
 * Content as files in one folder, safe between any number of processes without a lock: a file appears by rename, and a lease is a hard
 * link of its own under its owner's mark, so that evicting a name never takes bytes from under a reader. Least recently used first out.
 */
export class FileLayerCache implements LayerCache {
  readonly #folder: string
  readonly #limit: () => number | Promise<number>
  #tidied: Promise<void> | undefined

  /** `limit` is in bytes; asked again whenever something was put in, as the user may change it meanwhile. */
  constructor(folder: string, options: { readonly limit: () => number | Promise<number> }) {
    this.#folder = folder
    this.#limit = options.limit
  }

  async find(key: CacheKey): Promise<CacheLease | undefined> {
    await this.#tidy()
    return this.#lease(join(this.#folder, nameOf(key)))
  }

  async create(key: CacheKey): Promise<CacheWriter> {
    const name = nameOf(key)
    const temporary = join(this.#folder, temporaryName(name))
    const guard = await this.#guard(temporary)
    const handle = await open(temporary, 'wx', 0o600)
    return new FileWriter(temporary, handle, guard, () => this.#publish(temporary, name))
  }

  async resume(blob: Digest): Promise<PartialBlob> {
    const name = nameOf({ blob })
    const guard = await this.#guard(join(this.#folder, name))
    return PartialFile.open(this.#folder, name, guard, (path) => this.#publish(path, name))
  }

  async remove(key: CacheKey): Promise<void> {
    await removed(join(this.#folder, nameOf(key)))
  }

  /** Bytes the cache takes. */
  async size(): Promise<number> {
    return (await this.#files()).reduce((sum, file) => sum + file.size, 0)
  }

  /** Removes all that nobody is reading; answers the bytes freed. */
  async clear(): Promise<number> {
    await clearLeftovers(this.#folder)
    return this.#evict(0)
  }

  /** Once per process: clears what dead owners left, of which a lease alone may hold gigabytes that nobody can evict. */
  #tidy(): Promise<void> {
    this.#tidied ??= clearLeftovers(this.#folder)
    return this.#tidied
  }

  /** Makes the folder, and looks whether there is room. */
  async #guard(path: string): Promise<RoomGuard> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    await this.#tidy()
    return RoomGuard.at(path)
  }

  /** Gives a whole file its name. */
  async #publish(written: string, name: string): Promise<CacheLease> {
    // Leased before it has its name: nobody can evict it in between.
    const lease = await this.#lease(written)
    const path = join(this.#folder, name)
    await rename(written, path)
    await this.#evict()
    if (!lease || lease.path === written) return unheld(path)
    return {
      path: lease.path,
      [Symbol.asyncDispose]: async () => {
        await lease[Symbol.asyncDispose]()
        await this.#evict()
      },
    }
  }

  async #lease(path: string): Promise<CacheLease | undefined> {
    const leased = join(this.#folder, temporaryName('lease'))
    try {
      await link(path, leased)
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined
      // A file system without hard links (exFAT): read in place, at the mercy of an eviction in between.
      const found = await stat(path).catch(() => undefined)
      return found && unheld(path)
    }
    const now = new Date()
    await utimes(leased, now, now).catch(() => undefined)
    return { path: leased, [Symbol.asyncDispose]: async () => void (await removed(leased)) }
  }

  /** Removes least recently used files until the rest fits; answers the bytes freed. Leased ones would free nothing and stay. */
  async #evict(limit?: number): Promise<number> {
    const room = limit ?? (await this.#limit())
    const files = (await this.#files()).sort((a, b) => b.mtimeMs - a.mtimeMs)
    let kept = 0
    let freed = 0
    for (const file of files) {
      kept += file.size
      if (kept <= room || file.isLeased) continue
      if (!(await removed(file.path))) continue
      kept -= file.size
      freed += file.size
    }
    return freed
  }

  async #files(): Promise<{ path: string; size: number; mtimeMs: number; isLeased: boolean }[]> {
    const files = []
    for (const name of await readdir(this.#folder).catch(() => [])) {
      // What is being written is nobody's to evict; the beginning of a blob that nobody fetches on is.
      if (isTemporaryName(name) || partialState(name) === 'in-use') continue
      const path = join(this.#folder, name)
      const found = await stat(path).catch(() => undefined)
      if (!found?.isFile()) continue
      files.push({ path, size: found.size, mtimeMs: found.mtimeMs, isLeased: found.nlink > 1 })
    }
    return files
  }
}

/** Writes under a temporary name; what is not committed is removed. */
class FileWriter implements CacheWriter {
  readonly #path: string
  readonly #publish: () => Promise<CacheLease>
  #handle: FileHandle | undefined
  #committing: Promise<CacheLease> | undefined
  readonly #guard: RoomGuard

  constructor(path: string, handle: FileHandle, guard: RoomGuard, publish: () => Promise<CacheLease>) {
    this.#path = path
    this.#handle = handle
    this.#guard = guard
    this.#publish = publish
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (!this.#handle) throw new Error('written to after commit or disposal')
    await this.#guard.spend(chunk.length)
    for (let done = 0; done < chunk.length;) {
      const { bytesWritten } = await this.#handle.write(chunk, done, chunk.length - done)
      done += bytesWritten
    }
  }

  commit(): Promise<CacheLease> {
    if (!this.#handle || this.#committing) throw new Error('committed twice, or after disposal')
    this.#committing = this.#commit(this.#handle)
    return this.#committing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Whoever returned `commit()` without waiting for it disposes in the middle of it.
    await this.#committing?.catch(() => undefined)
    await this.#close()
    await removed(this.#path)
  }

  async #commit(handle: FileHandle): Promise<CacheLease> {
    await handle.sync()
    await this.#close()
    return this.#publish()
  }

  async #close(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close()
  }
}

/** Whether it is gone: what the system does not let go is cleared another time, and no reason for anybody's work to fail. */
async function removed(path: string): Promise<boolean> {
  return rm(path, { force: true }).then(
    () => true,
    () => false,
  )
}

function unheld(path: string): CacheLease {
  return { path, [Symbol.asyncDispose]: async () => {} }
}

/** A key as a file name: never anything the image chose, but a digest of it. */
function nameOf(key: CacheKey): string {
  if ('layer' in key) return `layer-${hexOf(key.layer)}`
  if ('blob' in key) return `blob-${hexOf(key.blob)}`
  return `archive-${createHash('sha256').update(key.archive).digest('hex')}`
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
