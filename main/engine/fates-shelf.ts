import { setImmediate, setTimeout } from 'node:timers/promises'
import type { Digest } from '../../shared/digest.ts'
import type { EntryTable } from '../image/entry-table.ts'
import { fatesOfTree } from '../image/fates-of-tree.ts'
import { flatten } from '../image/flatten.ts'
import type { ImageTree } from '../image/image-tree.ts'
import type { NameTable } from '../image/name-table.ts'
import type { ImageFates, RowFates } from '../image/row-fates.ts'
import type { Workspace } from '../store/workspace.ts'
import { knownFates } from './known-fates.ts'
import type { ImageNames } from './known-names.ts'

/** Bytes of fates kept, least recently used first out: those of some ten million entries. */
const MOST_BYTES = 24 * 1024 ** 2

/** Milliseconds between two images folded ahead, for whoever asks meanwhile. */
const PAUSE = 20
/** Images folded ahead, those opened last. */
const MOST_AHEAD = 200

/** By layer; undefined for one that nobody has read. */
export type Fates = readonly (RowFates | undefined)[]

interface Kept {
  readonly names: ImageNames
  readonly fates: Promise<Fates>
  bytes: number
}

/** What became of the entries of images: an image's layers are folded when it is first asked for, and only the outcome is kept. */
export class FatesShelf {
  readonly #stores: Pick<Workspace, 'index' | 'fates'>
  readonly #kept = new Map<Digest, Kept>()
  /** One image at a time: a folded tree may be the largest thing there is. */
  #folding: Promise<unknown> = Promise.resolve()
  #isAhead = false

  constructor(stores: Pick<Workspace, 'index' | 'fates'>) {
    this.#stores = stores
  }

  async of(names: ImageNames): Promise<Fates> {
    const { imageID } = names.image
    const known = this.#kept.get(imageID)
    const kept = known && this.#isKept(names) ? known : { names, fates: this.#fold(names), bytes: 0 }
    // The last used is the last in the map.
    this.#kept.delete(imageID)
    this.#kept.set(imageID, kept)
    try {
      const fates = await kept.fates
      kept.bytes = fates.reduce((sum, layer) => sum + (layer?.byteLength ?? 0), 0)
      this.#tidy(imageID)
      return fates
    } catch (error) {
      if (this.#kept.get(imageID) === kept) this.#kept.delete(imageID)
      throw error
    }
  }

  /** Folds images before anybody asks, so that the first hits in them take no longer than others. One call at a time is enough. */
  async ahead(images: readonly ImageNames[], signal: AbortSignal): Promise<void> {
    if (this.#isAhead) return
    this.#isAhead = true
    try {
      for (const names of images.slice(0, MOST_AHEAD)) {
        if (signal.aborted) return
        if (this.#isKept(names)) continue
        await this.of(names)
        await setTimeout(PAUSE, undefined, { ref: false })
      }
    } finally {
      this.#isAhead = false
    }
  }

  #isKept(names: ImageNames): boolean {
    const known = this.#kept.get(names.image.imageID)
    return known !== undefined && isSameLayers(known.names, names)
  }

  /** To its end, whoever gave up: the next search will want it. */
  #fold(names: ImageNames): Promise<Fates> {
    const fates = this.#folding.then(() => this.#foldNow(names))
    this.#folding = fates.catch(() => {})
    return fates
  }

  async #foldNow(names: ImageNames): Promise<Fates> {
    // Others are answered between two images.
    await setImmediate()
    const digests = names.layers.map((table) => table?.digest ?? null)
    return (await knownFates(this.#stores.fates, digests, () => this.#foldLayers(names))).layers
  }

  async #foldLayers({ image, layers }: ImageNames): Promise<ImageFates> {
    using borrowed = new DisposableStack()
    const known = new Map<NameTable, EntryTable>()
    for (const [layer, names] of layers.entries()) {
      if (!names || known.has(names)) continue
      const { diffID } = image.layers[layer] as (typeof image.layers)[number]
      const indexed = borrowed.use(await this.#stores.index.borrow(diffID))
      if (indexed) known.set(names, indexed.table)
    }
    const tree = flatten(layers.map((names) => (names && known.get(names)) ?? null))
    borrowed.defer(() => release(tree))
    return fatesOfTree(tree)
  }

  #tidy(inUse: Digest): void {
    let bytes = 0
    for (const [imageID, kept] of [...this.#kept].reverse()) {
      bytes += kept.bytes
      if (bytes > MOST_BYTES && imageID !== inUse) this.#kept.delete(imageID)
    }
  }
}

function isSameLayers(a: ImageNames, b: ImageNames): boolean {
  return a.layers.length === b.layers.length && a.layers.every((table, layer) => table === b.layers[layer])
}

/** Gives the memory of the largest columns back at once; the tree is not to be used any more. */
function release({ versions, hidings }: ImageTree): void {
  for (const column of [...Object.values(versions), ...Object.values(hidings)]) column[Symbol.dispose]()
}
