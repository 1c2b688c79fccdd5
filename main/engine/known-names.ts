import type { Digest } from '../../shared/digest.ts'
import type { KnownImage } from '../../shared/query.ts'
import { NameTable } from '../image/name-table.ts'
import type { Catalogued } from '../store/catalogue.ts'
import type { Workspace } from '../store/workspace.ts'

/** Milliseconds for which what was found is believed: a person who types asks more often than images come and go. */
const FRESH = 1000
/** Bytes of names held as they are: those of a million paths. What comes on top is held compressed, and takes longer to search. */
const MOST_TEXT = 80 * 1024 ** 2

type Store = Pick<Workspace, 'catalogue' | 'index'>

/** An image that was opened before, and those of its layers that are in the index. */
export interface ImageNames {
  readonly image: KnownImage
  /** By layer; null for one that nobody has read yet. One that stands in several images is the same object in all. */
  readonly layers: readonly (NameTable | null)[]
}

/**
 * The names of all images opened before, as far as their layers are indexed; each layer once. Loaded from the index one by one when first
 * asked for, and again what has come or gone since.
 */
export class KnownNames {
  readonly #store: Store
  readonly #textLimit: number
  readonly #tables = new Map<Digest, NameTable>()
  #textBytes = 0
  #looked = -Infinity
  #last: readonly ImageNames[] = []
  #loading: Promise<readonly ImageNames[]> | undefined

  constructor(store: Store, options: { readonly textLimit?: number } = {}) {
    this.#store = store
    this.#textLimit = options.textLimit ?? MOST_TEXT
  }

  /** The image opened last first. Callers at the same time share one look; it goes on when they have gone, as the next will need it. */
  async images(signal?: AbortSignal): Promise<readonly ImageNames[]> {
    if (performance.now() - this.#looked < FRESH) return this.#last
    this.#loading ??= this.#load().finally(() => (this.#loading = undefined))
    const images = await this.#loading
    signal?.throwIfAborted()
    return images
  }

  /** Has the next call look anew. */
  expire(): void {
    this.#looked = -Infinity
  }

  async #load(): Promise<readonly ImageNames[]> {
    const [images, indexed] = await Promise.all([this.#store.catalogue.all(), this.#store.index.all()])
    const wanted = new Set(images.flatMap(({ layers }) => layers.map(({ diffID }) => diffID)))
    for (const [diffID, table] of this.#tables)
      if (!wanted.has(diffID) || !indexed.has(diffID)) {
        this.#tables.delete(diffID)
        this.#textBytes -= table.textBytes
      }
    for (const diffID of wanted) if (indexed.has(diffID) && !this.#tables.has(diffID)) await this.#add(diffID)
    this.#last = images.map((image) => this.#namesOf(image))
    this.#looked = performance.now()
    return this.#last
  }

  async #add(diffID: Digest): Promise<void> {
    using layer = await this.#store.index.borrow(diffID)
    // Gone meanwhile, or damaged.
    if (!layer) return
    const table = new NameTable(layer.table)
    if (this.#textBytes + table.textBytes > this.#textLimit) table.pack()
    this.#textBytes += table.textBytes
    this.#tables.set(diffID, table)
  }

  #namesOf(image: Catalogued): ImageNames {
    const layers = image.layers.map(({ diffID }) => this.#tables.get(diffID) ?? null)
    const pendingLayers = layers.flatMap((table, layer) => (table ? [] : [layer]))
    const before = this.#last.find((other) => other.image.imageID === image.imageID)
    // The same object as before where nothing has changed, so that what is known of it lasts.
    const isSame =
      before?.image.opened === image.opened && layers.every((table, layer) => table === before.layers[layer])
    return isSame ? before : { image: { ...image, pendingLayers }, layers }
  }
}
