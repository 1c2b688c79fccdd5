import { access, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOfHex, hexOf, type Digest } from '../../shared/digest.ts'
import type { IndexedLayer, LayerIndex } from '../image/cache.ts'
import type { EntryTable } from '../image/entry-table.ts'
import { decodeIndex, encodeIndex, INDEX_FORMAT } from './index-file.ts'
import { clearLeftovers, temporaryName } from './owner.ts'

/** Bytes of buffers that may come out of a pool, at most. */
const POOLED = 64 * 1024
/** A layer of 10,000 entries takes about 200 kB, so this is the index of thousands of layers. */
const DEFAULT_LIMIT = 1024 ** 3

/**
 * One immutable, checksummed file per diffID. Any number of processes may use the folder at once: a file appears by rename, whole or not
 * at all. What is damaged is as good as absent, and removed. Nothing is synced: what a power cut spoils, the checksum finds.
 */
export class FileLayerIndex implements LayerIndex {
  /** Has a folder for each format. */
  readonly #parent: string
  readonly #folder: string
  readonly #limit: number
  /** What was read or put and is still in use somewhere, so that images over one base share its table. */
  readonly #inUse = new Map<Digest, WeakRef<IndexedLayer>>()
  #isTidied = false

  constructor(folder: string, options: { readonly limit?: number } = {}) {
    this.#parent = folder
    this.#folder = join(folder, `v${INDEX_FORMAT}`)
    this.#limit = options.limit ?? DEFAULT_LIMIT
  }

  async get(diffID: Digest): Promise<IndexedLayer | undefined> {
    const inUse = this.#inUse.get(diffID)?.deref()
    if (inUse) return inUse
    const layer = await this.#read(diffID)
    if (layer) this.#inUse.set(diffID, new WeakRef(layer))
    return layer
  }

  /** A layer to be looked at once: the memory of its table is given back with it, unless somebody else uses it, too. */
  async borrow(diffID: Digest): Promise<(IndexedLayer & Disposable) | undefined> {
    const isShared = this.#inUse.get(diffID)?.deref() !== undefined
    const layer = isShared ? await this.get(diffID) : await this.#read(diffID)
    return layer && { ...layer, [Symbol.dispose]: () => void (isShared || release(layer.table)) }
  }

  async has(diffID: Digest): Promise<boolean> {
    return access(this.#pathOf(diffID)).then(
      () => true,
      () => false,
    )
  }

  /** Every layer that has a file, damaged or not. */
  async all(): Promise<ReadonlySet<Digest>> {
    const names = await readdir(this.#folder).catch(() => [])
    return new Set(names.flatMap((name) => digestOfHex(name) ?? []))
  }

  async put(diffID: Digest, layer: IndexedLayer): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    await this.#tidy()
    const path = this.#pathOf(diffID)
    const temporary = join(this.#folder, temporaryName(hexOf(diffID)))
    try {
      await writeFile(temporary, await encodeIndex(diffID, layer), { flag: 'wx', mode: 0o600 })
      await rename(temporary, path)
      this.#inUse.set(diffID, new WeakRef(layer))
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
  }

  /** Bytes the index takes. */
  async size(): Promise<number> {
    return (await this.#files()).reduce((sum, file) => sum + file.size, 0)
  }

  /** Removes everything; answers the bytes freed. */
  async clear(): Promise<number> {
    let freed = 0
    this.#inUse.clear()
    for (const file of await this.#files()) {
      await rm(file.path, { force: true })
      freed += file.size
    }
    return freed
  }

  #pathOf(diffID: Digest): string {
    return join(this.#folder, hexOf(diffID))
  }

  async #read(diffID: Digest): Promise<IndexedLayer | undefined> {
    const path = this.#pathOf(diffID)
    const file = await readFile(path).catch(() => undefined)
    if (!file) return undefined
    const layer = decoded(diffID, file)
    if (!layer) {
      await rm(path, { force: true })
      return undefined
    }
    // Marks it as used. A folder that cannot be written still answers.
    const now = new Date()
    await utimes(path, now, now).catch(() => undefined)
    return layer
  }

  /** Once per process: clears older formats, what died half-written, and the least recently used beyond the limit. */
  async #tidy(): Promise<void> {
    if (this.#isTidied) return
    this.#isTidied = true
    for (let format = 1; format < INDEX_FORMAT; format++)
      await rm(join(this.#parent, `v${format}`), { recursive: true, force: true })
    await clearLeftovers(this.#folder)
    const files = (await this.#files()).sort((a, b) => b.mtimeMs - a.mtimeMs)
    let kept = 0
    for (const file of files) {
      kept += file.size
      if (kept > this.#limit) await rm(file.path, { force: true })
    }
  }

  async #files(): Promise<{ path: string; size: number; mtimeMs: number }[]> {
    const names = await readdir(this.#folder).catch(() => [])
    const files = []
    for (const name of names) {
      if (!/^[0-9a-f]{64}$/.test(name)) continue
      const path = join(this.#folder, name)
      const found = await stat(path).catch(() => undefined)
      if (found) files.push({ path, size: found.size, mtimeMs: found.mtimeMs })
    }
    return files
  }
}

function decoded(diffID: Digest, file: Buffer): IndexedLayer | undefined {
  try {
    return decodeIndex(diffID, file)
  } catch {
    // Right checksum, wrong content: written by a broken version.
    return undefined
  }
}

/** Gives the table's memory back; it is empty from then on. Memory so small that others may lie in it is left to the garbage. */
function release({ columns }: EntryTable): void {
  for (const column of Object.values(columns)) {
    const buffer: unknown = ArrayBuffer.isView(column) ? column.buffer : undefined
    if (buffer instanceof ArrayBuffer && !buffer.detached && buffer.byteLength > POOLED) buffer.transfer(0)
  }
}
