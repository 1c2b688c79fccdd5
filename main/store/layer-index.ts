import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Digest } from '../../shared/digest.ts'
import type { IndexedLayer, LayerIndex } from '../image/cache.ts'
import type { EntryTable } from '../image/entry-table.ts'
import { decodeIndex, encodeIndex, INDEX_FORMAT } from './index-file.ts'
import { DigestFiles } from './digest-files.ts'

/** Bytes of buffers that may come out of a pool, at most. */
const POOLED = 64 * 1024
/** A layer of 10,000 entries takes about 200 kB, so this is the index of thousands of layers. */
const DEFAULT_LIMIT = 1024 ** 3

/**
 * One immutable, checksummed file per diffID. What is damaged is as good as absent, and removed.
 */
export class FileLayerIndex implements LayerIndex {
  /** Has a folder for each format. */
  readonly #parent: string
  readonly #files: DigestFiles
  /** What was read or put and is still in use somewhere, so that images over one base share its table. */
  readonly #inUse = new Map<Digest, WeakRef<IndexedLayer>>()
  #isCleared = false

  constructor(folder: string, options: { readonly limit?: number } = {}) {
    this.#parent = folder
    this.#files = new DigestFiles(join(folder, `v${INDEX_FORMAT}`), options.limit ?? DEFAULT_LIMIT)
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

  has(diffID: Digest): Promise<boolean> {
    return this.#files.has(diffID)
  }

  /** Every layer that has a file, damaged or not. */
  all(): Promise<ReadonlySet<Digest>> {
    return this.#files.all()
  }

  async put(diffID: Digest, layer: IndexedLayer): Promise<void> {
    await this.#clearOlder()
    await this.#files.put(diffID, await encodeIndex(diffID, layer))
    this.#inUse.set(diffID, new WeakRef(layer))
  }

  /** Bytes the index takes. */
  size(): Promise<number> {
    return this.#files.size()
  }

  /** Removes everything; answers the bytes freed. */
  clear(): Promise<number> {
    this.#inUse.clear()
    return this.#files.clear()
  }

  async #read(diffID: Digest): Promise<IndexedLayer | undefined> {
    return this.#files.read(diffID, (file) => decoded(diffID, file))
  }

  /** Once per process: what is in older formats nobody reads any more. */
  async #clearOlder(): Promise<void> {
    if (this.#isCleared) return
    this.#isCleared = true
    for (let format = 1; format < INDEX_FORMAT; format++)
      await rm(join(this.#parent, `v${format}`), { recursive: true, force: true })
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
