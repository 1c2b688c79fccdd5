import type { Digest } from '../../shared/digest.ts'
import type { ImageInfo, Warning } from '../../shared/image.ts'
import type { FileHashes } from './cache.ts'
import type { Compression } from './compression.ts'
import type { EntryTable } from './entry-table.ts'

export type { TarEntry } from './tar-entry.ts'

/**
 * How much of a layer an output wants. `skip`: nothing. `list`: entries only; contents are hopped over where the source can seek, so
 * such entries are unverified. `once`: one pass. `again`: readable another time, in place or from the layer cache.
 */
export type Need = 'skip' | 'list' | 'once' | 'again'

/**
 * Asked once for each layer of the image, in order, repeats included, before that layer is yielded: right before it by inputs that read
 * files, of all layers at once by those that have to know what to fetch.
 */
export type FetchCallback = (diffID: Digest) => Need | Promise<Need>

/** One changeset: an indexed tar named by its diffID. */
export interface Layer {
  readonly diffID: Digest
  /** Bytes of the uncompressed tar; undefined while nobody has inflated it. */
  readonly size: number | undefined
  /**
   * What `size` will be by what the source suggests, as soon as it can be known without inflating; it may be wrong. Only of layers that
   * can be read again.
   */
  expectedSize?(): Promise<number | undefined>
  /** Whether the diffID (and the blob's digest) has been checked against the bytes in this process or by whoever filled the index. */
  readonly isVerified: boolean
  /** All entries in tar order. Hops where it can, else reads the layer through (and verifies it). */
  entries(signal?: AbortSignal): Promise<EntryTable>
  /**
   * The uncompressed tar. Fails with `digest-mismatch` at its end when the bytes are not the diffID's. With `once` a second call fails.
   * A chunk is valid until the next one is asked for: whoever keeps it copies it.
   */
  stream(signal?: AbortSignal): AsyncIterable<Uint8Array>
  /**
   * Reads the layer through on a thread of its own, verified as by `stream`, its entries kept in the index, and into `target` where one is
   * given; answers the bytes of the uncompressed tar. Absent where its bytes are in no file that a thread could read.
   */
  readThrough?(
    target: LayerTarget | undefined,
    signal?: AbortSignal,
    /** Given the hashes of all files, which are then computed. */
    onHashes?: (hashes: FileHashes) => Promise<void>,
  ): Promise<number>
  /**
   * As `entries`, where that means to read the layer through; on the way its files' content goes into a `LayerSpool` in a folder that is
   * not there yet. Undefined where it is known already, lies there to be read in place, or the disk has no room for it.
   */
  spool?(folder: string, signal?: AbortSignal): Promise<EntryTable | undefined>
  /**
   * Pieces of the uncompressed tar in one pass, hopping or skipping the rest; `ranges` ascend and do not overlap. Each body must be
   * consumed (or left) before the next is asked for. Unverified.
   */
  contents(
    ranges: readonly ByteRange[],
    signal?: AbortSignal,
  ): AsyncIterable<readonly [index: number, bytes: AsyncIterable<Uint8Array>]>
  /** The file that holds the layer, whole, for another thread to read; absent as `readThrough` is. Only of layers that can be read again. */
  lend?(signal?: AbortSignal): Promise<LentLayer>
  /** The blob as the source stores it, compressed or not, where it can be had; `undefined` where only the uncompressed form exists. */
  stored?(signal?: AbortSignal): {
    readonly mediaType: string
    readonly size: number
    readonly bytes: AsyncIterable<Uint8Array>
  }
}

/** Where a layer's bytes are, as stored; the file stays open until this is disposed. */
export interface LentLayer extends Disposable {
  readonly fd: number
  readonly offset: number
  readonly size: number
  readonly compression: Compression
  /** This process has read it through and found it right, in a file that nobody else writes to: it need not be hashed again. */
  readonly isProven: boolean
}

/** A place in a file that is open, for a layer. */
export interface LayerTarget {
  readonly fd: number
  readonly position: number
  /** The folder that people know, where there must be room. */
  readonly place: string
}

export interface ByteRange {
  readonly offset: number
  readonly length: number
}

export type ImageElement =
  /** The config's own bytes; `name` is their digest, the image ID. */
  | readonly [type: 'config', name: Digest, data: Uint8Array]
  /** `name` is the diffID; null where the output asked to skip it. */
  | readonly [type: 'layer', name: Digest, data: Layer | null]

/** What runs: the only way to cancel it, to hear of its progress and of what did not stop it. */
export interface Task {
  readonly signal: AbortSignal
  /** `step` is a layer's diffID or a piece of work in words; `done` and `total` are bytes, `total` undefined while unknown. */
  progress(step: string, done: number, total?: number): void
  warn(warning: Warning): void
  /** Awaited between pieces of work: settles at once, or when a paused job is resumed. Fails when the task is cancelled meanwhile. */
  pauseHere?(): Promise<void>
  /** What a filter finds on the way; absent where nobody listens. */
  found?(match: FoundName): void
}

/** A name that a searching filter found. */
export interface FoundName {
  readonly diffID: Digest
  /** PathBytes */
  readonly path: string
  readonly isForScripts: boolean
}

/** How the one who asks for an image goes through it. */
export interface FetchOptions {
  /** Layers may come in any order: an engine's export has one of its own, and what comes too early would have to be kept. */
  readonly isAnyOrder?: boolean
  /** Layers asked for with `again` are read when somebody wants to, if ever: nothing is fetched ahead. */
  readonly isLazy?: boolean
}

export interface ImageInput extends AsyncDisposable {
  /** Cheap: no layer bytes (but for archives so old that they hold no diffIDs). */
  inspect(task: Task): Promise<ImageInfo>
  /**
   * The config first (an engine's export brings it where it comes), then the layers, base first unless any order will do, each as often
   * as the config names it. A layer may be used until the next one is asked for; with `again` until the input is disposed.
   */
  fetch(fetchCallback: FetchCallback, task: Task, options?: FetchOptions): AsyncIterable<ImageElement>
  /** Its layers stay readable, several at a time, until it is disposed, whatever was asked for. */
  readonly keepsLayers?: boolean
  /** What came over a network so far; absent where nothing does. */
  readonly traffic?: Traffic
}

/** Bytes of blobs. */
export interface Traffic {
  readonly fetched: number
  /** What was there from an earlier pull, whole or in part. */
  readonly kept: number
}

/**
 * Layers arrive base first, unless `isAnyOrder` says that it does not matter, and may repeat; the config at any time before `finalize`
 * (inputs give it first, an engine's export in the midst, a rewriting filter last).
 * Disposal without `finalize` leaves the destination as it was; disposal twice is harmless.
 */
export interface ImageOutput extends AsyncDisposable {
  readonly isAnyOrder?: boolean
  /** How many layers it takes at once: `processImageElement` may then be called again before its last call has settled. One unless said. */
  readonly layersAtOnce?: number
  fetchCallback(diffID: Digest): Need | Promise<Need>
  processImageElement(...element: ImageElement): Promise<void>
  /** The only moment anything becomes visible. */
  finalize(): Promise<void>
}
