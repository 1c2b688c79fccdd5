import { hexOf, type Digest } from '../../shared/digest.ts'
import { ImageError } from '../../shared/errors.ts'
import type { Layer } from '../image/element.ts'
import { paddingOf } from '../image/tar-header.ts'
import type { FileSink } from './file-sink.ts'
import { memberHeader } from './member-header.ts'

/** Where a layer stands in a docker archive. */
export function layerPath(diffID: Digest): string {
  return `${hexOf(diffID)}/layer.tar`
}

/**
 * The layers of a docker archive in one file, several written at once: each has its place as soon as it is known where the one before it
 * ends, by its size or by what its source expects that to be. Inflating is what takes the time, and it is done by one thread a layer.
 * Where an expectation proves wrong, all are written again, one after the other.
 */
export class LayerMembers {
  readonly #file: FileSink
  /** One layer that fails ends the others. */
  readonly #failed = new AbortController()
  readonly #signal: AbortSignal
  readonly #layers: Layer[] = []
  /** Where the last member ends. */
  #end: Promise<number> = Promise.resolve(0)
  #isMisplaced = false

  constructor(file: FileSink, signal: AbortSignal) {
    this.#file = file
    this.#signal = AbortSignal.any([signal, this.#failed.signal])
  }

  /** Settles when the layer is in the file. Layers stand in the order of these calls. */
  async add(layer: Layer): Promise<void> {
    const before = this.#end
    const end = Promise.withResolvers<number>()
    this.#end = end.promise
    this.#end.catch(() => {})
    this.#layers.push(layer)
    try {
      const start = await before
      layer.expectedSize?.().then(
        (size) => size === undefined || end.resolve(endOf(start, size)),
        // Whoever reads the layer hears of it.
        () => {},
      )
      const size = await this.#write(layer, start)
      end.resolve(endOf(start, size))
      this.#isMisplaced ||= (await end.promise) !== endOf(start, size)
    } catch (error) {
      this.#failed.abort(new ImageError('cancelled', 'Another layer could not be written.'))
      end.reject(error)
      throw error
    }
  }

  /** Puts everything in its right place; answers where the members end. */
  async finish(): Promise<number> {
    if (!this.#isMisplaced) return this.#end
    let start = 0
    for (const layer of this.#layers) start = endOf(start, await this.#write(layer, start))
    return start
  }

  /** Answers the layer's size. */
  async #write(layer: Layer, start: number): Promise<number> {
    await using region = this.#file.region(start)
    const path = layerPath(layer.diffID)
    const known = layer.size
    await region.write(memberHeader(path, known ?? 0))
    const size = await region.writeLayer(layer, this.#signal)
    if (known !== undefined && known !== size) throw otherSize(layer.diffID, known, size)
    await region.write(new Uint8Array(paddingOf(size)))
    if (known === undefined) await region.patch(memberHeader(path, size), start)
    await region.flush()
    return size
  }
}

/** The failure of a layer that has more or fewer bytes than it is said to have. */
export function otherSize(diffID: Digest, promised: number, read: number): ImageError {
  return new ImageError('malformed', `The layer ${diffID} is not of the size it is said to be.`, {
    detail: `${promised} bytes promised, ${read} read`,
  })
}

function endOf(start: number, size: number): number {
  return start + memberHeader('', 0).length + size + paddingOf(size)
}
