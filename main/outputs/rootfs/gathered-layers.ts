import type { Digest } from '../../../shared/digest.ts'
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
}

/** The layers of an image as they come, in any order, for outputs that need to know all of them before they write the first file. */
export class GatheredLayers {
  readonly #task: Task
  readonly #layers = new Map<Digest, { readonly layer: Layer; readonly table: Promise<EntryTable> }>()

  constructor(task: Task) {
    this.#task = task
    // Tables grow while layers are read; what they leave behind would stand beside them to the end.
    libc()?.returnLargeMemory()
  }

  /** Settles when its entries are known. One that comes again is the same; null is one that was to be skipped, and nobody asked for that. */
  async add(diffID: Digest, layer: Layer | null): Promise<void> {
    if (this.#layers.has(diffID)) return
    if (!layer) throw leftOut(diffID)
    const table = layer.entries(this.#task.signal)
    this.#layers.set(diffID, { layer, table })
    await table
  }

  /** In the config's order. What no engine could apply as it stands is told. */
  async stack(diffIDs: readonly Digest[]): Promise<StackedLayers> {
    const parts = diffIDs.map((diffID) => {
      const part = this.#layers.get(diffID)
      if (!part) throw leftOut(diffID)
      return part
    })
    const tables = await Promise.all(parts.map(({ table }) => table))
    const tree = flatten(tables)
    for (const { message, path } of tree.problems)
      this.#task.warn({ code: 'odd-entry', message, detail: path })
    return { layers: parts.map(({ layer }) => layer), tables, tree }
  }
}

function leftOut(diffID: Digest): ImageError {
  return new ImageError('internal', `The layer ${diffID} was left out.`)
}
