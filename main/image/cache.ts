import type { Digest } from '../../shared/digest.ts'
import type { EntryTable } from './entry-table.ts'
import type { ImageFates } from './row-fates.ts'

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

/** The SHA-256 of a layer's files: rows ascending, and 32 bytes for each. */
export interface FileHashes {
  readonly rows: Int32Array
  readonly hashes: Uint8Array
}

/** What is kept of the hashes of files, by layer. */
export interface HashStore {
  has(diffID: Digest): Promise<boolean>
  /** Only for layers whose diffID was checked against their bytes. */
  put(diffID: Digest, hashes: FileHashes): Promise<void>
  /** The rows of the files that have this hash (64 hexadecimal digits), ascending; undefined where the layer's hashes are not known. */
  rowsOf(diffID: Digest, sha256: string): Promise<Int32Array | undefined>
}

/** What is kept of folded images, each under the digest of the lists it was folded from (`fates-key.ts`). */
export interface FateStore {
  /** Undefined where it is not known or its file is damaged. */
  get(key: Digest): Promise<ImageFates | undefined>
  /** Only with all layers. */
  put(key: Digest, fates: ImageFates): Promise<void>
}

/** What is kept of image configs that came over a network, each under its digest. */
export interface DocumentStore {
  /** Undefined where it is not there, or is not what its digest says. */
  get(digest: Digest): Promise<Uint8Array | undefined>
  /** Only what was checked against its digest. */
  put(digest: Digest, bytes: Uint8Array): Promise<void>
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
 * Content kept so that it can be read again: blobs by their own digest, layers by diffID, and outer-compressed archives inflated once,
 * by what identifies the file. Size-limited, least recently used first out.
 */
export interface LayerCache {
  /** The file that holds it, marked as used now and kept while `lease` is not disposed; undefined where it is not there. */
  find(key: CacheKey): Promise<CacheLease | undefined>
  /** A new file for the key; nothing is there until `commit`. Fails with `no-space` when the disk's reserve would be touched. */
  create(key: CacheKey): Promise<CacheWriter>
  /**
   * A blob that arrives piece by piece and may be cut off. What is there already, from an earlier try of whichever process, is taken
   * over; two that fetch the same blob at once each have a file of their own. Fails with `no-space` as `create` does.
   */
  resume(blob: Digest): Promise<PartialBlob>
  /** What turned out to be damaged: nobody finds it any more. */
  remove(key: CacheKey): Promise<void>
}

export type CacheKey =
  | { readonly layer: Digest }
  /** Verified against this digest by whoever puts it in. */
  | { readonly blob: Digest }
  | { readonly archive: string }

export interface CacheLease extends AsyncDisposable {
  readonly path: string
}

export interface CacheWriter extends AsyncDisposable {
  write(chunk: Uint8Array): Promise<void>
  commit(): Promise<CacheLease>
}

/** Disposal without `commit` keeps what was written, for the next `resume`. */
export interface PartialBlob extends AsyncDisposable {
  /** The file, which readers may hold open while it grows; not to be written to. */
  readonly path: string
  /** Bytes that are in the file. */
  readonly size: number
  /** Appends. The chunks may be reused when this settles. */
  append(chunks: readonly Uint8Array[]): Promise<void>
  /** Forgets what is there. */
  clear(): Promise<void>
  /** Only for content that was verified. */
  commit(): Promise<CacheLease>
}
