import type { Digest } from '../../../shared/digest.ts'
import { sniffCompression } from '../../image/compression.ts'
import type { ByteRange, Layer, LentLayer, Task } from '../../image/element.ts'
import type { EntryTable } from '../../image/entry-table.ts'
import { FileLayer } from '../../image/file-layer.ts'
import type { RandomAccess } from '../../image/random-access.ts'
import type { RemoteBlob } from '../../registry/blob-store.ts'
import type { InputContext } from '../input-context.ts'

/** Enough to tell a compression by. */
const HEAD = 8

export interface RegistryLayerParts {
  readonly diffID: Digest
  readonly mediaType: string
  /** Bytes as stored. */
  readonly storedSize: number
  /** Bytes of the uncompressed tar, where the index knows them. */
  readonly size: number | undefined
  /** Starts to fetch the blob where nobody has. */
  readonly blob: () => Promise<RemoteBlob>
}

/** A layer of a registry: its blob is fetched when somebody reads, and read while it comes. */
export class RegistryLayer implements Layer {
  readonly diffID: Digest
  readonly #parts: RegistryLayerParts
  readonly #context: InputContext
  readonly #task: Task
  #layer: Promise<FileLayer> | undefined
  #opened: FileLayer | undefined
  /** Its entries came from the index, which holds nothing unverified. */
  #isKnown = false

  constructor(parts: RegistryLayerParts, context: InputContext, task: Task) {
    this.diffID = parts.diffID
    this.#parts = parts
    this.#context = context
    this.#task = task
  }

  get size(): number | undefined {
    return this.#opened?.size ?? this.#parts.size
  }

  get isVerified(): boolean {
    return this.#isKnown || (this.#opened?.isVerified ?? false)
  }

  async expectedSize(): Promise<number | undefined> {
    return (await this.#open()).expectedSize()
  }

  async entries(signal?: AbortSignal): Promise<EntryTable> {
    const known = await this.#context.index.get(this.diffID)
    if (known) {
      this.#isKnown = true
      return known.table
    }
    const layer = await this.#open()
    // Entries of an uncompressed layer could be hopped to; read through they are verified, and the bytes have come anyway.
    if (layer.size !== undefined) await layer.readThrough(undefined, signal)
    const table = await layer.entries(signal)
    await this.#whole()
    return table
  }

  async spool(folder: string, signal?: AbortSignal): Promise<EntryTable | undefined> {
    // Nothing is fetched for what is known.
    if (await this.#context.index.has(this.diffID)) return undefined
    const spooled = await (await this.#open()).spool(folder, signal)
    if (spooled) await this.#whole()
    return spooled
  }

  async *stream(signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    yield* (await this.#open()).stream(signal)
    // The blob's own digest counts, too: it covers what a decompressor need not look at.
    await this.#whole()
  }

  async readThrough(...given: Parameters<NonNullable<Layer['readThrough']>>): Promise<number> {
    const size = await (await this.#open()).readThrough(...given)
    await this.#whole()
    return size
  }

  async lend(): Promise<LentLayer> {
    const layer = await this.#open()
    return { ...(await layer.lend()), isProven: layer.isVerified }
  }

  async *contents(
    ranges: readonly ByteRange[],
    signal?: AbortSignal,
  ): AsyncGenerator<readonly [index: number, bytes: AsyncIterable<Uint8Array>], void, undefined> {
    const layer = await this.#open()
    // Whoever wants pieces stops before the end, where a digest would tell that they are wrong.
    await this.#whole()
    yield* layer.contents(ranges, signal)
  }

  stored(signal?: AbortSignal): { mediaType: string; size: number; bytes: AsyncIterable<Uint8Array> } {
    const { mediaType, storedSize, blob } = this.#parts
    const bytes = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      const opened = await blob()
      yield* opened.read(0, signal)
      await opened.whole()
    }
    return { mediaType, size: storedSize, bytes: bytes() }
  }

  async #whole(): Promise<RandomAccess> {
    return (await this.#parts.blob()).whole()
  }

  #open(): Promise<FileLayer> {
    this.#layer ??= this.#openNow()
    // What failed is tried again by the next call.
    this.#layer.catch(() => (this.#layer = undefined))
    return this.#layer
  }

  /** What compresses it is seen in its first bytes, not believed. */
  async #openNow(): Promise<FileLayer> {
    const { mediaType, storedSize, blob: wanted } = this.#parts
    const blob = await wanted()
    const compression = sniffCompression(await headOf(blob))
    const file: { opened?: RandomAccess } = {}
    const layer = new FileLayer(
      this.diffID,
      {
        offset: 0,
        size: storedSize,
        compression,
        mediaType,
        open: () => {
          if (!file.opened) throw new Error('read at random before it was whole')
          return file.opened
        },
        // Asked for anew each time: what failed is fetched again.
        follow: async function* (from, signal) {
          yield* (await wanted()).read(from, signal)
        },
        whole: () => this.#whole(),
        lend: async () => (await wanted()).lend(),
      },
      this.#context,
      this.#task,
    )
    void blob.whole().then(
      (opened) => (file.opened = opened),
      () => {},
    )
    this.#opened = layer
    return layer
  }
}

async function headOf(blob: RemoteBlob): Promise<Uint8Array> {
  for await (const chunk of blob.read(0)) if (chunk.length > 0) return Buffer.from(chunk.subarray(0, HEAD))
  return new Uint8Array(0)
}
