import { createHash } from 'node:crypto'
import { shortDigest, type Digest } from '../../shared/digest.ts'
import { ImageError } from '../../shared/errors.ts'
import { rangesOf } from './byte-ranges.ts'
import type { KnownLayers } from './cache.ts'
import { decompress, type Compression } from './compression.ts'
import { gzipSize } from './gzip-size.ts'
import type { ByteRange, Layer, Task } from './element.ts'
import { EntryTableBuilder, type EntryTable } from './entry-table.ts'
import { verified } from './hashing.ts'
import { namedError } from './named-error.ts'
import { readRange, type RandomAccess } from './random-access.ts'
import { TarScan } from './tar-scan.ts'
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
    const scan = new TarScan()
    for await (const chunk of this.#verified(signal)) scan.push(chunk)
    const result = scan.end()
    if ('error' in result) throw namedError(result.error, this.#name)
    await this.#keep(result.table)
    return result.table
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

  async *contents(
    ranges: readonly ByteRange[],
    signal?: AbortSignal,
  ): AsyncGenerator<readonly [index: number, bytes: AsyncIterable<Uint8Array>], void, undefined> {
    if (this.#blob.compression !== 'none') {
      yield* rangesOf(this.#uncompressed(signal), ranges)
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
      for await (const chunk of verified(this.#uncompressed(signal), this.diffID, this.#name)) {
        size += chunk.length
        yield chunk
      }
    } catch (error) {
      throw await this.#explained(error)
    }
    this.#size = size
    this.#isVerified = true
  }

  async *#uncompressed(signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void, undefined> {
    const { compression, digest } = this.#blob
    // The one digest of an uncompressed blob is its diffID, which is checked anyway.
    if (compression === 'none' && (digest === undefined || digest === this.diffID)) {
      yield* this.#stored(signal)
      return
    }
    const hash = digest === undefined ? undefined : createHash('sha256')
    const tap = { read: 0 }
    try {
      yield* decompress(compression, tapped(this.#stored(signal), hash, tap), signal)
    } catch (error) {
      throw namedError(error, this.#name)
    }
    if (!hash) return
    // A decompressor need not ask for what stands behind the end of its data; the digest covers that, too.
    for await (const chunk of this.#bytesFrom(tap.read, signal)) hash.update(chunk)
    const found = `sha256:${hash.digest('hex')}`
    if (found !== digest)
      throw new ImageError('digest-mismatch', `The blob of ${this.#name} is not what its digest says.`, {
        remedy: 'The image is damaged or was altered; fetch or save it again.',
        detail: `expected ${digest}\nfound ${found}`,
      })
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

async function* tapped(
  source: AsyncIterable<Uint8Array>,
  hash: { update(chunk: Uint8Array): unknown } | undefined,
  tap: { read: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of source) {
    hash?.update(chunk)
    tap.read += chunk.length
    yield chunk
  }
}

async function drain(source: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of source) void chunk
}
