import { shortDigest, type Digest } from '../../../shared/digest.ts'
import { ImageError } from '../../../shared/errors.ts'
import { rangesOf } from '../../image/byte-ranges.ts'
import type { LayerIndex } from '../../image/cache.ts'
import type { ByteRange, Layer } from '../../image/element.ts'
import type { EntryTable } from '../../image/entry-table.ts'
import { verified } from '../../image/hashing.ts'
import { namedError } from '../../image/named-error.ts'
import { TarScan } from '../../image/tar-scan.ts'

/** A layer that passes by: its bytes can be read once, now or never. They are verified, and their entries indexed, on the way. */
export class LiveLayer implements Layer {
  readonly diffID: Digest
  readonly size: number | undefined
  readonly #index: LayerIndex
  readonly #name: string
  #bytes: AsyncIterable<Uint8Array> | undefined
  #isVerified = false

  /** `bytes` are the uncompressed tar. */
  constructor(diffID: Digest, size: number | undefined, bytes: AsyncIterable<Uint8Array>, index: LayerIndex) {
    this.diffID = diffID
    this.size = size
    this.#bytes = bytes
    this.#index = index
    this.#name = `Layer ${shortDigest(diffID)}`
  }

  get isVerified(): boolean {
    return this.#isVerified
  }

  async entries(_signal?: AbortSignal): Promise<EntryTable> {
    const known = await this.#index.get(this.diffID)
    if (known) return known.table
    const scan = new TarScan()
    let size = 0
    for await (const chunk of this.#verified()) {
      scan.push(chunk)
      size += chunk.length
    }
    const result = scan.end()
    if ('error' in result) throw namedError(result.error, this.#name)
    await this.#keep(result.table, size)
    return result.table
  }

  async *stream(_signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    const scan = (await this.#index.has(this.diffID)) ? undefined : new TarScan()
    let size = 0
    for await (const chunk of this.#verified()) {
      scan?.push(chunk)
      size += chunk.length
      yield chunk
    }
    const result = scan?.end()
    if (result && 'table' in result) await this.#keep(result.table, size)
  }

  contents(
    ranges: readonly ByteRange[],
  ): AsyncIterable<readonly [index: number, bytes: AsyncIterable<Uint8Array>]> {
    return rangesOf(this.#take(), ranges)
  }

  async *#verified(): AsyncGenerator<Uint8Array, void, undefined> {
    yield* verified(this.#take(), this.diffID, this.#name)
    this.#isVerified = true
  }

  #take(): AsyncIterable<Uint8Array> {
    const bytes = this.#bytes
    if (!bytes) throw new ImageError('internal', `${this.#name} was read a second time.`)
    this.#bytes = undefined
    return bytes
  }

  /** The index is a convenience: a full disk there must not end the work that filled it. */
  async #keep(table: EntryTable, size: number): Promise<void> {
    await this.#index.put(this.diffID, { table, size }).catch(() => {})
  }
}
