import type { Digest } from '../../shared/digest.ts'
import type { EntryTable } from './entry-table.ts'

/** What is kept of layers read before; implemented in `main/store`, handed to inputs so that they need not know where it lies. */
export interface LayerIndex {
  /** The entries of a layer, verified when they were put in; undefined where it is not known or its file is damaged. */
  get(diffID: Digest): Promise<IndexedLayer | undefined>
  has(diffID: Digest): Promise<boolean>
  /** Only for layers whose diffID was checked against their bytes. */
  put(diffID: Digest, layer: IndexedLayer): Promise<void>
}

export interface IndexedLayer {
  readonly table: EntryTable
  /** Bytes of the uncompressed tar. */
  readonly size: number
}

/** What may be known of a layer's entries before it is read. */
export interface KnownLayers {
  readonly index: LayerIndex
  /**
   * Layers that were hopped over and not verified, each under the digest of its place: which bytes of which state of which file
   * (`RandomAccess.placeOf`). As good as hopping over them again, and no better.
   */
  readonly listings: LayerIndex
}

/**
 * Content kept so that it can be read again: blobs as they came, by diffID, and outer-compressed archives inflated once, by what
 * identifies the file. Size-limited, least recently used first out.
 */
export interface LayerCache {
  /** The file that holds it, marked as used now and kept while `lease` is not disposed; undefined where it is not there. */
  find(key: CacheKey): Promise<CacheLease | undefined>
  /** A new file for the key; nothing is there until `commit`. Fails with `no-space` when the disk's reserve would be touched. */
  create(key: CacheKey): Promise<CacheWriter>
  /** What turned out to be damaged: nobody finds it any more. */
  remove(key: CacheKey): Promise<void>
}

export type CacheKey = { readonly layer: Digest } | { readonly archive: string }

export interface CacheLease extends AsyncDisposable {
  readonly path: string
}

export interface CacheWriter extends AsyncDisposable {
  write(chunk: Uint8Array): Promise<void>
  commit(): Promise<CacheLease>
}
