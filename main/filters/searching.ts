import type { Digest } from '../../shared/digest.ts'
import type { PathBytes } from '../../shared/path-bytes.ts'
import type { SearchQuery } from '../../shared/query.ts'
import type { LayerIndex } from '../image/cache.ts'
import type { ImageElement, ImageOutput, Need } from '../image/element.ts'
import { ImageFilter } from '../image/image-filter.ts'
import { LayerSearcher } from './search.ts'

export interface SearchingOptions {
  readonly query: SearchQuery
  readonly index: LayerIndex
  readonly signal: AbortSignal
  readonly onFound: (diffID: Digest, path: PathBytes) => void
}

/** Searches the names of an image's layers while they go on to another output, which gets them as they are. */
export class SearchingFilter extends ImageFilter {
  readonly #index: LayerIndex
  readonly #searcher: LayerSearcher
  /** What the next output said of each layer that has yet to come, in its order. */
  readonly #needs = new Map<Digest, Need[]>()

  /** Fails with `usage` for an expression that is none. */
  constructor(next: ImageOutput, { query, index, signal, onFound }: SearchingOptions) {
    super(next)
    this.#index = index
    this.#searcher = new LayerSearcher({
      query,
      index,
      signal,
      onLayer: ({ diffID, table, rows }) => {
        for (const row of rows) onFound(diffID, table.path(row))
      },
    })
  }

  /** What the next output leaves out has to be listed all the same. */
  override async fetchCallback(diffID: Digest): Promise<Need> {
    const need = await this.next.fetchCallback(diffID)
    this.#needs.set(diffID, [...(this.#needs.get(diffID) ?? []), need])
    return need === 'skip' ? this.#searcher.fetchCallback(diffID) : need
  }

  override async processImageElement(...[type, name, data]: ImageElement): Promise<void> {
    if (type === 'config') return this.next.processImageElement(type, name, data)
    const need = this.#needs.get(name)?.shift()
    await this.next.processImageElement(type, name, need === 'skip' ? null : data)
    // Whoever has read it through has listed it, too: a layer that only passes by has no second time.
    const isListed = await this.#index.has(name)
    await this.#searcher.processImageElement(type, name, isListed ? null : data)
  }
}
