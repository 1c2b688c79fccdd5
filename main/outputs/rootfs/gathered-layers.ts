import { join } from 'node:path'
import { hexOf, type Digest } from '../../../shared/digest.ts'
import { ImageError } from '../../../shared/errors.ts'
import type { Layer, Task } from '../../image/element.ts'
import type { EntryTable } from '../../image/entry-table.ts'
import { flatten } from '../../image/flatten.ts'
import type { ImageTree } from '../../image/image-tree.ts'
import { libc } from '../../platform/libc.ts'

/** An image's layers, base first, with what is in them, each and all together. */
export interface StackedLayers {
  readonly layers: readonly Layer[]
  readonly tables: readonly EntryTable[]
  readonly tree: ImageTree
  /** Folders of the layers that were spooled while their entries were read. */
  readonly spools: ReadonlyMap<Layer, string>
}

/** The layers of an image as they come, in any order, for outputs that need to know all of them before they write the first file. */
export class GatheredLayers {
  readonly #task: Task
  readonly #spool: string | undefined
  readonly #layers = new Map<Digest, Gathered>()

  /** `spool` is a private folder for content that is met while entries are read; without it each layer is read again for that. */
  constructor(task: Task, spool?: string) {
    this.#task = task
    this.#spool = spool
    // Tables grow while layers are read; what they leave behind would stand beside them to the end.
    libc()?.returnLargeMemory()
  }

  /** Settles when its entries are known. One that comes again is the same; null is one that was to be skipped, and nobody asked for that. */
  async add(diffID: Digest, layer: Layer | null): Promise<void> {
    if (this.#layers.has(diffID)) return
    if (!layer) throw leftOut(diffID)
    const read = this.#read(layer)
    this.#layers.set(diffID, { layer, read })
    await read
  }

  /** In the config's order. What no engine could apply as it stands is told. */
  async stack(diffIDs: readonly Digest[]): Promise<StackedLayers> {
    const parts = diffIDs.map((diffID) => {
      const part = this.#layers.get(diffID)
      if (!part) throw leftOut(diffID)
      return part
    })
    const reads = await Promise.all(parts.map(({ read }) => read))
    const tables = reads.map(({ entries }) => entries)
    const tree = flatten(tables)
    for (const { message, path } of tree.problems)
      this.#task.warn({ code: 'odd-entry', message, detail: path })
    const layers = parts.map(({ layer }) => layer)
    const spools = new Map<Layer, string>()
    for (const [index, { folder }] of reads.entries()) {
      const layer = layers[index] as Layer
      // Content that is given away once is not there for a layer that comes again.
      if (folder !== undefined && layers.indexOf(layer) === layers.lastIndexOf(layer))
        spools.set(layer, folder)
    }
    return { layers, tables, tree, spools }
  }

  async #read(layer: Layer): Promise<Read> {
    const { signal } = this.#task
    const folder = this.#spool === undefined ? undefined : join(this.#spool, hexOf(layer.diffID))
    const spooled = folder === undefined ? undefined : await layer.spool?.(folder, signal)
    return spooled
      ? { entries: spooled, folder }
      : { entries: await layer.entries(signal), folder: undefined }
  }
}

interface Read {
  readonly entries: EntryTable
  /** Where its content was spooled. */
  readonly folder: string | undefined
}

interface Gathered {
  readonly layer: Layer
  readonly read: Promise<Read>
}

function leftOut(diffID: Digest): ImageError {
  return new ImageError('internal', `The layer ${diffID} was left out.`)
}
