import type { Digest } from '../../../shared/digest.ts'
import { ImageError } from '../../../shared/errors.ts'
import type { ByteRange, Layer, LentLayer, Task } from '../../image/element.ts'
import type { EntryTable } from '../../image/entry-table.ts'
import type { FileLayer } from '../../image/file-layer.ts'
import type { ExportSource } from './engine-export.ts'
import type { SharedExports } from './shared-exports.ts'

/** A layer that its engine is asked for when somebody needs it: its entries by one export of all, its bytes by one that keeps them. */
export class LazyLayer implements Layer {
  readonly diffID: Digest
  readonly #source: ExportSource
  readonly #exports: SharedExports
  readonly #task: Task
  #size: number | undefined
  #isVerified = false

  constructor(diffID: Digest, source: ExportSource, exports: SharedExports, task: Task) {
    this.diffID = diffID
    this.#source = source
    this.#exports = exports
    this.#task = task
  }

  get size(): number | undefined {
    return this.#size
  }

  get isVerified(): boolean {
    return this.#isVerified
  }

  async entries(signal?: AbortSignal): Promise<EntryTable> {
    const known = await this.#source.context.index.get(this.diffID)
    const kept = known ? undefined : await this.#recalled()
    if (kept) return kept.entries(signal)
    const { table, size } = known ?? (await this.#exports.list(this.diffID, signal))
    this.#size = size
    this.#isVerified = true
    return table
  }

  async *stream(signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    const kept = await this.#kept(signal)
    yield* kept.stream(signal)
    this.#size = kept.size
    this.#isVerified = true
  }

  async lend(signal?: AbortSignal): Promise<LentLayer> {
    return (await this.#kept(signal)).lend()
  }

  async *contents(
    ranges: readonly ByteRange[],
    signal?: AbortSignal,
  ): AsyncGenerator<readonly [index: number, bytes: AsyncIterable<Uint8Array>], void, undefined> {
    yield* (await this.#kept(signal)).contents(ranges, signal)
  }

  async #kept(signal: AbortSignal | undefined): Promise<FileLayer> {
    const recalled = await this.#recalled()
    if (recalled) return recalled
    await this.#exports.keep(this.diffID, signal)
    const layer = this.#source.kept.layer(this.diffID, this.#task)
    if (layer) return layer
    throw new ImageError('io', `The layer ${this.diffID} was lost from the cache while it was read.`, {
      remedy: 'Try again.',
    })
  }

  async #recalled(): Promise<FileLayer | undefined> {
    const { kept, documents } = this.#source
    await kept.recall(this.diffID, documents.blobOf(this.diffID))
    return kept.layer(this.diffID, this.#task)
  }
}
