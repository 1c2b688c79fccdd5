import { shortDigest, type Digest } from '../../shared/digest.ts'
import { errorOfReport, ImageError } from '../../shared/errors.ts'
import { rangesOf } from './byte-ranges.ts'
import type { FileHashes, KnownLayers } from './cache.ts'
import type { Compression } from './compression.ts'
import { gzipSize } from './gzip-size.ts'
import type { ByteRange, Layer, LayerTarget, LentLayer, Task } from './element.ts'
import { EntryTable, EntryTableBuilder } from './entry-table.ts'
import { verified } from './hashing.ts'
import { plainTar, verifiedTar, type StoredLayer } from './layer-bytes.ts'
import { readOnThread, type LayerReading } from './layer-reading.ts'
import { namedError } from './named-error.ts'
import { readRange, type LentFile, type RandomAccess } from './random-access.ts'
import { SharedProgress } from './shared-progress.ts'
import { TarScan, type ScannedEntries } from './tar-scan.ts'
import { hopTar } from './tar-reader.ts'

/** A listing of fewer entries is read no faster than its layer is hopped over. */
const WORTH_KEEPING = 200

/** A layer's blob: a range of bytes of some file. */
export interface LayerBlob {
  readonly offset: number
  /** Bytes as stored. */
  readonly size: number
  readonly compression: Compression
  readonly mediaType: string
  /** Digest of the bytes as stored, where the source says it; checked whenever they are read through. */
  readonly digest?: Digest
  /** The file stays open until its owner, the input, is disposed. */
  open(): RandomAccess
  /** The stored bytes from some place on, where they are not all in the file yet; the file is opened only once they are. */
  readonly follow?: (from: number, signal?: AbortSignal) => AsyncIterable<Uint8Array>
  /** The file once all of them are in it; `open` answers it at once where there is nothing to wait for. */
  readonly whole?: () => Promise<RandomAccess>
  /** Where another thread finds them, complete or still coming; `open` says it where this is absent. */
  readonly lend?: () => Promise<LentFile>
  /** What to throw in place of an error met in these bytes, by whoever knows more of where they come from. */
  readonly explain?: (error: unknown) => Promise<unknown>
}

/** A layer in a file of the user's or of the cache, read in place, as often as wanted. */
export class FileLayer implements Layer {
  readonly diffID: Digest
  readonly #blob: LayerBlob
  readonly #known: KnownLayers
  readonly #task: Task
  readonly #name: string
  #isVerified = false
  #size: number | undefined

  constructor(diffID: Digest, blob: LayerBlob, known: KnownLayers, task: Task) {
    this.diffID = diffID
    this.#blob = blob
    this.#known = known
    this.#task = task
    this.#name = `Layer ${shortDigest(diffID)}`
    this.#size = blob.compression === 'none' ? blob.size : undefined
  }

  get size(): number | undefined {
    return this.#size
  }

  get isVerified(): boolean {
    return this.#isVerified
  }

  async expectedSize(): Promise<number | undefined> {
    const blob = this.#blob
    if (this.#size !== undefined) return this.#size
    if (blob.compression !== 'gzip') return undefined
    return gzipSize(blob.whole ? await blob.whole() : blob.open(), blob.offset, blob.size)
  }

  async entries(signal?: AbortSignal): Promise<EntryTable> {
    const known = await this.#known.index.get(this.diffID)
    if (known) {
      this.#isVerified = true
      this.#size ??= known.size
      return known.table
    }
    if (this.#blob.compression === 'none') return this.#listing()
    return (await this.#readEntries(undefined, signal)).table
  }

  async spool(folder: string, signal?: AbortSignal): Promise<EntryTable | undefined> {
    if (this.#blob.compression === 'none' || (await this.#known.index.has(this.diffID))) return undefined
    const { table, isSpooled } = await this.#readEntries(folder, signal)
    return isSpooled ? table : undefined
  }

  async readThrough(
    target: LayerTarget | undefined,
    signal?: AbortSignal,
    onHashes?: (hashes: FileHashes) => Promise<void>,
  ): Promise<number> {
    const wantsEntries = !(await this.#known.index.has(this.diffID))
    const wants = { wantsEntries, wantsHashes: onHashes !== undefined }
    const { size, entries, hashes } = await this.#read(target, wants, signal)
    if (entries && 'table' in entries) await this.#keep(entries.table)
    if (hashes) await onHashes?.(hashes)
    return size
  }

  async *stream(signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    const scan = (await this.#known.index.has(this.diffID)) ? undefined : new TarScan()
    for await (const chunk of this.#verified(signal)) {
      scan?.push(chunk)
      yield chunk
    }
    const result = scan?.end()
    if (result && 'table' in result) await this.#keep(result.table)
  }

  async lend(): Promise<LentLayer> {
    const { offset, size, compression, whole } = this.#blob
    const file = whole ? await whole() : this.#blob.open()
    return { ...file.lend(), offset, size, compression, isProven: false }
  }

  async *contents(
    ranges: readonly ByteRange[],
    signal?: AbortSignal,
  ): AsyncGenerator<readonly [index: number, bytes: AsyncIterable<Uint8Array>], void, undefined> {
    if (this.#blob.compression !== 'none') {
      yield* rangesOf(plainTar(this.#storedLayer(signal), { name: this.#name, signal }), ranges)
      return
    }
    const { offset, size } = this.#blob
    for (const [index, range] of ranges.entries()) {
      if (range.offset + range.length > size)
        throw new ImageError('truncated', `${this.#name} ends before it should.`)
      yield [index, readRange(this.#blob.open(), offset + range.offset, range.length, signal)]
    }
  }

  stored(signal?: AbortSignal): { mediaType: string; size: number; bytes: AsyncIterable<Uint8Array> } {
    const { mediaType, size } = this.#blob
    return { mediaType, size, bytes: this.#storedVerified(signal) }
  }

  /** The stored bytes, which fail at their end where they are not the layer: by their own digest, or else by what they inflate to. */
  async *#storedVerified(signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    const { compression } = this.#blob
    const digest = compression === 'none' ? this.diffID : this.#blob.digest
    if (digest !== undefined) {
      yield* verified(this.#stored(signal), digest, this.#name)
      return
    }
    yield* this.#stored(signal)
    if (!this.#isVerified) await drain(this.#verified(signal))
  }

  /** Hopped over; or what hopping over the same bytes gave before. */
  async #listing(): Promise<EntryTable> {
    const file = this.#blob.open()
    const placeOf = (): Digest | undefined => file.placeOf(this.#blob.offset, this.#blob.size)
    const place = placeOf()
    const known = place && (await this.#known.listings.get(place))
    if (known) return known.table
    const table = await this.#hop(file)
    // A file that changed meanwhile has another place. Where nothing can be kept, the next time takes as long as this one.
    if (place !== undefined && table.length >= WORTH_KEEPING && placeOf() === place)
      await this.#known.listings.put(place, { table, size: this.#blob.size }).catch(() => {})
    return table
  }

  async #explained(error: unknown): Promise<unknown> {
    return this.#blob.explain ? await this.#blob.explain(error) : error
  }

  async #hop(file: RandomAccess): Promise<EntryTable> {
    const builder = new EntryTableBuilder()
    try {
      hopTar(file, this.#blob.offset, this.#blob.size, (entry) => builder.add(entry))
    } catch (error) {
      throw await this.#explained(namedError(error, this.#name))
    }
    return builder.build()
  }

  /** The uncompressed tar; both digests are checked when it has ended. */
  async *#verified(signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void, undefined> {
    let size = 0
    try {
      for await (const chunk of verifiedTar(this.#storedLayer(signal), { name: this.#name, signal })) {
        size += chunk.length
        yield chunk
      }
    } catch (error) {
      throw await this.#explained(error)
    }
    this.#size = size
    this.#isVerified = true
  }

  #storedLayer(signal: AbortSignal | undefined): StoredLayer {
    const { compression, digest } = this.#blob
    return {
      diffID: this.diffID,
      compression,
      digest,
      from: (position) => (position === 0 ? this.#stored(signal) : this.#bytesFrom(position, signal)),
    }
  }

  /** Reads it through for its entries, which are kept in the index, and its content, where a folder for a spool is given. */
  async #readEntries(
    spoolFolder: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly table: EntryTable; readonly isSpooled: boolean | undefined }> {
    const wants = { wantsEntries: true, wantsHashes: false, spoolFolder }
    const { entries, isSpooled } = await this.#read(undefined, wants, signal)
    if (!entries || 'error' in entries) throw namedError(entries?.error, this.#name)
    await this.#keep(entries.table)
    return { table: entries.table, isSpooled }
  }

  /** Through from start to end, on a thread: its size, and its entries where they are wanted. */
  async #read(
    target: LayerTarget | undefined,
    wants: Pick<LayerReading, 'wantsEntries' | 'wantsHashes' | 'spoolFolder'>,
    signal: AbortSignal | undefined,
  ): Promise<{
    readonly size: number
    readonly entries?: ScannedEntries
    readonly hashes?: FileHashes | undefined
    readonly isSpooled?: boolean | undefined
  }> {
    const { offset, size: storedSize, compression, digest } = this.#blob
    using file = await (this.#blob.lend?.() ?? this.#blob.open().lend())
    const progress = new SharedProgress()
    const reading: LayerReading = {
      diffID: this.diffID,
      name: this.#name,
      fd: file.fd,
      offset,
      size: storedSize,
      compression,
      digest,
      ...wants,
      target,
      progress: progress.memory,
    }
    const lost: { error?: unknown } = {}
    file.watch(
      (readable) => (progress.readable = readable),
      (error) => {
        lost.error = error
        progress.stop()
      },
    )
    try {
      const { size, entries, hashes, isSpooled, failure } = await readOnThread(reading, progress, {
        signal,
        onProgress: (done) => this.#task.progress(this.diffID, done, storedSize),
      })
      this.#size = size
      this.#isVerified = true
      if (entries) return { size, entries: { table: new EntryTable(entries) }, hashes, isSpooled }
      return { size, ...(failure ? { entries: { error: errorOfReport(failure) } } : {}) }
    } catch (error) {
      if ('error' in lost) throw lost.error
      throw await this.#explained(error)
    }
  }

  async *#stored(signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void, undefined> {
    const { size } = this.#blob
    let done = 0
    for await (const chunk of this.#bytesFrom(0, signal)) {
      yield chunk
      done += chunk.length
      this.#task.progress(this.diffID, done, size)
    }
  }

  #bytesFrom(from: number, signal: AbortSignal | undefined): AsyncIterable<Uint8Array> {
    const { follow, offset, size } = this.#blob
    return follow ? follow(from, signal) : readRange(this.#blob.open(), offset + from, size - from, signal)
  }

  /** The index is a convenience: a full disk there must not end the work that filled it. */
  async #keep(table: EntryTable): Promise<void> {
    try {
      await this.#known.index.put(this.diffID, { table, size: this.#size ?? 0 })
    } catch (error) {
      this.#task.warn({
        code: 'index-not-kept',
        message: `The list of files of ${this.#name} could not be kept for the next time.`,
        detail: String(error),
      })
    }
  }
}

async function drain(source: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of source) void chunk
}
