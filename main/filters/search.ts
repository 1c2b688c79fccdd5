import type { Digest } from '../../shared/digest.ts'
import { ImageError } from '../../shared/errors.ts'
import { nameMatcher } from '../../shared/name-matcher.ts'
import type { SearchHit, SearchQuery } from '../../shared/query.ts'
import type { LayerIndex } from '../image/cache.ts'
import type { ImageElement, ImageOutput, Need } from '../image/element.ts'
import { matchingRows, SearchBudget } from '../image/entry-search.ts'
import type { EntryTable } from '../image/entry-table.ts'
import { flatten } from '../image/flatten.ts'
import { fatesOfTree } from '../image/fates-of-tree.ts'
import { queryLiteral } from '../image/query-literal.ts'
import { rowFilter, type RowTest } from '../image/row-filter.ts'
import { searchHit } from '../image/search-hit.ts'

/** One layer's matches as soon as it is listed; what became of them is known only when all layers are. */
export interface LayerMatches {
  readonly layerIndex: number
  readonly diffID: Digest
  readonly table: EntryTable
  readonly rows: Int32Array
}

export interface LayerSearcherOptions {
  readonly query: SearchQuery
  readonly index: LayerIndex
  readonly signal?: AbortSignal
  /** Told of each layer in turn; waited for, so that results go no faster than they are taken. */
  readonly onLayer?: (matches: LayerMatches) => void | Promise<void>
}

/**
 * Searches the names of an image's layers as an output of it: asks for entries only, and for nothing of layers that are indexed. Makes
 * nothing visible anywhere; `hits` has the result once it is final.
 */
export class LayerSearcher implements ImageOutput {
  readonly #options: LayerSearcherOptions
  readonly #matches: (path: string) => boolean
  readonly #narrowed: { readonly accepts: RowTest | undefined; readonly literal: string | undefined }
  readonly #budget: SearchBudget
  readonly #found: LayerMatches[] = []
  #isFinal = false

  /** Fails with `usage` for an expression that is none. */
  constructor(options: LayerSearcherOptions) {
    this.#options = options
    this.#matches = nameMatcher(options.query)
    this.#narrowed = { accepts: rowFilter(options.query.filter), literal: queryLiteral(options.query) }
    this.#budget = new SearchBudget(options.signal)
  }

  /** By layer, then as in the tar; made when asked for: who has heard of the layers one by one need not pay for it. */
  get hits(): readonly SearchHit[] {
    if (!this.#isFinal) throw new Error('asked before finalize')
    const { layers } = fatesOfTree(flatten(this.#found.map((layer) => layer.table)))
    const { fates } = this.#options.query.filter
    return this.#found.flatMap(({ layerIndex: index, diffID, table, rows }) =>
      Array.from(rows)
        .filter((row) => fates.length === 0 || layers[index]?.has(row, fates))
        .map((row) => searchHit(table, row, layers[index], { index, diffID })),
    )
  }

  async fetchCallback(diffID: Digest): Promise<Need> {
    return (await this.#options.index.has(diffID)) ? 'skip' : 'list'
  }

  async processImageElement(...[type, name, data]: ImageElement): Promise<void> {
    if (type === 'config') return
    const { index, signal, onLayer } = this.#options
    const known = data === null ? await index.get(name) : undefined
    const table = known?.table ?? (await data?.entries(signal))
    if (!table)
      throw new ImageError('io', `The list of files of layer ${name} was lost while it was searched.`, {
        remedy: 'Search again.',
      })
    const rows = await matchingRows(table, this.#matches, this.#budget, this.#narrowed)
    const matches = { layerIndex: this.#found.length, diffID: name, table, rows }
    this.#found.push(matches)
    await onLayer?.(matches)
  }

  async finalize(): Promise<void> {
    this.#isFinal = true
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
