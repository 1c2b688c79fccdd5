import type { Digest } from '../../shared/digest.ts'
import type { Traffic } from '../image/element.ts'
import type { LayerCache } from '../image/cache.ts'
import { verified } from '../image/hashing.ts'
import { RandomAccess, readRange, type LentFile } from '../image/random-access.ts'
import { BlobDownload } from './blob-download.ts'
import type { BlobSource } from './blob-request.ts'
import { Slots } from './slots.ts'

/** A blob that can be read: it is here, or on its way. */
export interface RemoteBlob {
  /** Bytes; known at once, or when it has come. */
  readonly size: number | undefined
  /** The bytes from `from` on, waiting for those still on their way. */
  read(from: number, signal?: AbortSignal): AsyncIterable<Uint8Array>
  /** The file for another thread, which may read what has come. */
  lend(): Promise<LentFile>
  /** The file that holds it, once it is all there. */
  whole(): Promise<RandomAccess>
}

export interface BlobWanted {
  readonly digest: Digest
  readonly size: number | undefined
  /** For messages: “Layer 3 of 5”. */
  readonly what: string
  readonly source: BlobSource
}

export interface BlobStoreOptions {
  readonly cache: LayerCache
  /** Blobs fetched at once. */
  readonly workers: number
  /** Ends all that is on its way. */
  readonly signal: AbortSignal
  /** Bytes that are here of those that were asked for so far. */
  readonly onProgress: (done: number, total: number) => void
  readonly onDamage: (what: string) => void
}

/** The blobs of one image: each is fetched once, some at a time, or read from the cache where it is whole already. */
export class BlobStore implements AsyncDisposable {
  readonly #options: BlobStoreOptions
  readonly #slots: Slots
  readonly #blobs = new Map<Digest, Promise<RemoteBlob>>()
  readonly #stack = new AsyncDisposableStack()
  readonly #life = new AbortController()
  readonly #signal: AbortSignal
  #fetched = 0
  #kept = 0
  #expected = 0

  constructor(options: BlobStoreOptions) {
    this.#options = options
    this.#slots = new Slots(options.workers)
    this.#signal = AbortSignal.any([this.#life.signal, options.signal])
  }

  get traffic(): Traffic {
    return { fetched: this.#fetched, kept: this.#kept }
  }

  /** Starts to fetch it where nobody has. A blob that failed is tried again by the next call. */
  get(wanted: BlobWanted): Promise<RemoteBlob> {
    const known = this.#blobs.get(wanted.digest)
    if (known) return known
    this.#expected += wanted.size ?? 0
    const blob = this.#open(wanted)
    this.#blobs.set(wanted.digest, blob)
    blob.catch(() => this.#blobs.delete(wanted.digest))
    return blob
  }

  /** Stops all that is on its way; what has come is kept for the next time. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#life.abort()
    await Promise.allSettled(this.#blobs.values())
    await this.#stack.disposeAsync()
  }

  async #open(wanted: BlobWanted): Promise<RemoteBlob> {
    const found = await this.#find(wanted)
    if (found) return found
    return new Promise((resolve, reject) => {
      // Its slot is taken for as long as it is on its way; whoever wants it has it from the first byte on.
      this.#slots
        .with(this.#signal, async () => {
          const download = this.#stack.use(this.#download(wanted))
          download.done.catch(() => this.#blobs.delete(wanted.digest))
          resolve(download)
          await download.done
        })
        .catch(reject)
    })
  }

  /** From the cache, once it has been read through: a disk may have changed it since. */
  async #find({ digest, what }: BlobWanted): Promise<RemoteBlob | undefined> {
    const { cache, onDamage } = this.#options
    const lease = await cache.find({ blob: digest })
    if (!lease) return undefined
    this.#stack.use(lease)
    const file = this.#stack.use(RandomAccess.open(lease.path))
    try {
      for await (const _ of verified(readRange(file, 0, file.size, this.#signal), digest, what));
    } catch (error) {
      this.#signal.throwIfAborted()
      if ((error as { code?: string }).code !== 'digest-mismatch') throw error
      await cache.remove({ blob: digest })
      onDamage(what)
      return undefined
    }
    this.#kept += file.size
    return {
      size: file.size,
      read: (from, signal) => readRange(file, from, file.size - from, signal),
      lend: async () => file.lend(),
      whole: async () => file,
    }
  }

  #download(wanted: BlobWanted): BlobDownload {
    const { cache, onProgress } = this.#options
    const progress = (): void => {
      const done = this.#fetched + this.#kept
      onProgress(done, Math.max(done, this.#expected))
    }
    return new BlobDownload({
      ...wanted,
      cache,
      signal: this.#signal,
      onFetched: (bytes) => {
        this.#fetched += bytes
        progress()
      },
      onKept: (bytes) => {
        this.#kept += bytes
        progress()
      },
    })
  }
}
