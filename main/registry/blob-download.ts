import { createHash, type Hash } from 'node:crypto'
import type { Digest } from '../../shared/digest.ts'
import { ImageError } from '../../shared/errors.ts'
import type { CacheLease, LayerCache, PartialBlob } from '../image/cache.ts'
import { noteGarbage } from '../image/young-garbage.ts'
import { RandomAccess, readRange, type LentFile } from '../image/random-access.ts'
import { requestPart, tooLong, type BlobSource, type SourceHabits } from './blob-request.ts'
import { networkError } from './network-words.ts'
import { PassingFailure } from './registry-answer.ts'
import { MOST_TRIES, pause, pauseBefore } from './retry.ts'

/** What may wait to be written while the next bytes come in. */
const MOST_PENDING = 4 * 1024 * 1024
/** A try that brought less than this has failed; one that brought more was merely cut. */
const PROGRESS = 64 * 1024
const CHUNK = 1024 * 1024

export interface BlobDownloadOptions {
  readonly digest: Digest
  /** As its descriptor has it; undefined where a manifest says none (schema 1). */
  readonly size: number | undefined
  /** For messages: “Layer 3 of 5”. */
  readonly what: string
  readonly source: BlobSource
  readonly cache: LayerCache
  readonly signal: AbortSignal
  readonly onFetched: (bytes: number) => void
  readonly onKept: (bytes: number) => void
}

/**
 * A blob on its way into the cache. It goes on where an earlier try, be it of another process, was cut; nothing is committed but what its
 * digest names. Readers follow it while it grows, unless it goes on from an earlier try, whose bytes are right only once all of them are.
 */
export class BlobDownload implements AsyncDisposable {
  /** Settles when the blob is whole and verified; fails with what ended it. */
  readonly done: Promise<void>
  readonly #options: BlobDownloadOptions
  readonly #habits: SourceHabits = { hasRanges: true, etag: undefined }
  readonly #opened = Promise.withResolvers<RandomAccess>()
  #waiting: (() => void)[] = []
  readonly #watchers = new Set<() => void>()
  #hash: Hash = createHash('sha256')
  #size: number | undefined
  #readable = 0
  /** Bytes of an earlier try. */
  #kept = 0
  /** What readers may have been given before all began anew. */
  readonly #given: { readonly length: number; readonly digest: string }[] = []
  #isFollowed = true
  #lease: CacheLease | undefined
  #file: RandomAccess | undefined
  #whole: RandomAccess | undefined

  constructor(options: BlobDownloadOptions) {
    this.#options = options
    this.#size = options.size
    this.done = this.#run()
    // Whoever reads hears of a failure; until somebody does, it is nobody's.
    this.done.catch(() => {})
    this.#opened.promise.catch(() => {})
  }

  /** The file, to be read at random once it is `done`. */
  async whole(): Promise<RandomAccess> {
    await this.done
    if (!this.#lease) throw new Error('done without a lease')
    this.#whole ??= RandomAccess.open(this.#lease.path)
    return this.#whole
  }

  /** Bytes of the blob; known when it is done, if not before. */
  get size(): number | undefined {
    return this.#size
  }

  /** The bytes from `from` to the end, as they come; fails at their end where they were not the blob. */
  async *read(from: number, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    const file = await this.#begun()
    const buffer = Buffer.allocUnsafeSlow(CHUNK)
    let position = from
    let since: number | undefined
    const wake = (): void => this.#wake()
    signal?.addEventListener('abort', wake)
    using _ = { [Symbol.dispose]: () => signal?.removeEventListener('abort', wake) }
    while (position !== this.#size) {
      signal?.throwIfAborted()
      if (position >= this.#readable) {
        await Promise.race([this.#growth(), this.done])
        continue
      }
      since ??= this.#given.length
      const got = await file.readAsync(buffer.subarray(0, this.#readable - position), position)
      position += got
      yield buffer.subarray(0, got)
    }
    await this.done
    for (const { length, digest } of this.#given.slice(since ?? Infinity))
      if ((await this.#digestOf(file, length)) !== digest) throw this.#wrong(`sha256:${digest}`)
  }

  /** What was read of an earlier beginning, should all begin anew, is for the reader's own digest to find. */
  async lend(): Promise<LentFile> {
    const file = await this.#begun()
    const lent = file.lend()
    let tell: (() => void) | undefined
    return {
      fd: lent.fd,
      watch: (onReadable, onFailure) => {
        tell = () => onReadable(this.#readable)
        this.#watchers.add(tell)
        tell()
        this.done.catch(onFailure)
      },
      [Symbol.dispose]: () => {
        if (tell) this.#watchers.delete(tell)
        lent[Symbol.dispose]()
      },
    }
  }

  /** The file, which may be growing. */
  async #begun(): Promise<RandomAccess> {
    return Promise.race([this.#opened.promise, this.done.then(() => this.#opened.promise)])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.done.catch(() => {})
    this.#file?.[Symbol.dispose]()
    this.#whole?.[Symbol.dispose]()
    await this.#lease?.[Symbol.asyncDispose]()
  }

  async #run(): Promise<void> {
    const { cache, digest } = this.#options
    try {
      await using partial = await cache.resume(digest)
      this.#file = RandomAccess.open(partial.path)
      await this.#takeOver(partial, this.#file)
      this.#opened.resolve(this.#file)
      await this.#fetchAll(partial)
      this.#lease = await partial.commit()
      this.#grow(partial.size)
    } catch (error) {
      this.#opened.reject(error)
      throw error
    }
  }

  /** What an earlier try left counts once it has been read: the digest is of all bytes. */
  async #takeOver(partial: PartialBlob, file: RandomAccess): Promise<void> {
    const { size, signal, onKept } = this.#options
    if (size !== undefined && partial.size > size) await partial.clear()
    for await (const chunk of readRange(file, 0, partial.size, signal)) this.#hash.update(chunk)
    this.#kept = partial.size
    this.#isFollowed = partial.size === 0
    onKept(partial.size)
  }

  async #fetchAll(partial: PartialBlob): Promise<void> {
    const { digest, signal } = this.#options
    const kept = partial.size
    for (let isSecond = false; ; isSecond = true) {
      await this.#fetchRest(partial)
      const found = `sha256:${this.#hash.copy().digest('hex')}`
      if (found === digest) return
      await this.#startOver(partial)
      signal.throwIfAborted()
      // What was taken over may be at fault; what came in one piece is what the server has.
      if (kept === 0 || isSecond) throw this.#wrong(found)
    }
  }

  async #fetchRest(partial: PartialBlob): Promise<void> {
    let failures = 0
    while (this.#size === undefined || partial.size < this.#size) {
      const before = partial.size
      try {
        await this.#fetchOnce(partial)
      } catch (error) {
        // It was reached before, so that even a refused connection may pass.
        const isNetwork = error instanceof ImageError && error.code === 'network'
        if (!(error instanceof PassingFailure || isNetwork)) throw error
        failures = partial.size >= before + PROGRESS ? 1 : failures + 1
        if (failures >= MOST_TRIES) throw error
        await pause(
          pauseBefore(failures, error instanceof PassingFailure ? error.wish : undefined),
          this.#options.signal,
        )
      }
    }
  }

  async #fetchOnce(partial: PartialBlob): Promise<void> {
    const { source, what, signal } = this.#options
    const known = { size: this.#size, habits: this.#habits, what }
    const { answer, start, size } = await requestPart(source, partial.size, known, signal)
    if (start !== partial.size) await this.#startOver(partial)
    const { host } = answer.url
    try {
      await this.#append(partial, answer.body as AsyncIterable<Uint8Array>, host)
    } catch (error) {
      answer.body.on('error', () => {}).destroy()
      signal.throwIfAborted()
      throw networkError(error, host)
    }
    this.#size ??= size ?? partial.size
    if (partial.size < this.#size)
      throw new ImageError('network', `${host} cut the connection.`, {
        remedy: 'Check the network and try again.',
      })
  }

  /** Bytes are written while the next ones come in, and in larger pieces than they come. */
  async #append(partial: PartialBlob, body: AsyncIterable<Uint8Array>, host: string): Promise<void> {
    const { what, onFetched } = this.#options
    let pending: Uint8Array[] = []
    let bytes = 0
    let writing: Promise<void> | undefined
    const write = async (): Promise<void> => {
      while (pending.length > 0) {
        const taken = pending
        const length = bytes
        pending = []
        bytes = 0
        await partial.append(taken)
        noteGarbage(length)
        this.#grow(partial.size)
      }
      writing = undefined
    }
    let total = partial.size
    try {
      for await (const chunk of body) {
        total += chunk.length
        onFetched(chunk.length)
        if (this.#size !== undefined && total > this.#size) throw tooLong(what, host)
        this.#hash.update(chunk)
        pending.push(chunk)
        bytes += chunk.length
        if (!writing) {
          writing = write()
          // Waited for below; until then it is nobody's failure.
          writing.catch(() => {})
        }
        if (bytes >= MOST_PENDING) await writing
      }
    } finally {
      await writing
    }
  }

  async #startOver(partial: PartialBlob): Promise<void> {
    this.#options.onKept(-this.#kept)
    this.#kept = 0
    if (this.#readable > 0)
      this.#given.push({ length: partial.size, digest: this.#hash.copy().digest('hex') })
    this.#readable = 0
    this.#hash = createHash('sha256')
    await partial.clear()
  }

  async #digestOf(file: RandomAccess, length: number): Promise<string> {
    const hash = createHash('sha256')
    for await (const chunk of readRange(file, 0, length)) hash.update(chunk)
    return hash.digest('hex')
  }

  #wrong(found: string): ImageError {
    const { what, digest } = this.#options
    return new ImageError('digest-mismatch', `${what} is not what its digest says.`, {
      remedy: 'The registry, or something on the way, damaged or altered it; try again.',
      detail: `expected ${digest}\nfound ${found}`,
    })
  }

  /** Readers may go on up to here. */
  #grow(size: number): void {
    if (!this.#isFollowed && this.#lease === undefined) return
    this.#readable = size
    this.#wake()
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
    for (const tell of this.#watchers) tell()
  }

  #growth(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
}
