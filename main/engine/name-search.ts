import type { ImageInfo, LayerInfo } from '../../shared/image.ts'
import { nameMatcher } from '../../shared/name-matcher.ts'
import type { FateFilter, SearchHit, SearchQuery, SearchWindow } from '../../shared/query.ts'
import type { HashStore } from '../image/cache.ts'
import { matchingRows, SearchBudget } from '../image/entry-search.ts'
import type { EntryTable } from '../image/entry-table.ts'
import type { ImageFates } from '../image/row-fates.ts'
import { queryLiteral } from '../image/query-literal.ts'
import { rowFilter } from '../image/row-filter.ts'
import { searchHit } from '../image/search-hit.ts'
import { rowsWithHash } from './file-hashes.ts'

/** An image's layers as far as they are listed. */
interface ListedLayers {
  /** By layer; null for one that nobody has read yet. */
  readonly tables: readonly (EntryTable | null)[]
  /** Only hits need it: what became of them is known when all layers are folded. */
  fates(): Promise<ImageFates>
  /** Those of a layer's rows that have one of the fates; all where none is asked. */
  withFate(rows: Int32Array, layer: number, wanted: readonly FateFilter[]): Promise<Int32Array>
}

export interface SearchRange {
  /** Only these layers; all where empty. */
  readonly layers: readonly number[]
  readonly offset: number
  readonly limit: number
}

interface Matches {
  readonly key: string
  /** Rows by layer; empty for a layer nobody has read. */
  readonly rows: readonly Int32Array[]
  readonly took: number
}

/** Searches the names of an image's layers. The last query's matches are kept, so that every further window of it costs its hits only. */
export class NameSearch {
  readonly #listed: ListedLayers
  readonly #info: ImageInfo
  readonly #hashes: HashStore
  #last: Matches | undefined

  constructor(listed: ListedLayers, info: ImageInfo, hashes: HashStore) {
    this.#listed = listed
    this.#info = info
    this.#hashes = hashes
  }

  async window(
    query: SearchQuery,
    range: SearchRange,
    signal?: AbortSignal,
  ): Promise<Omit<SearchWindow, 'pendingLayers'>> {
    const { rows, took } = await this.#matches(query, signal)
    const perLayer = rows.map((found) => found.length)
    const isWanted = (layer: number): boolean => range.layers.length === 0 || range.layers.includes(layer)
    const total = perLayer.reduce((sum, count, layer) => (isWanted(layer) ? sum + count : sum), 0)
    const hits: SearchHit[] = []
    let skipped = 0
    for (const [layer, found] of rows.entries()) {
      if (!isWanted(layer)) continue
      const first = Math.max(range.offset - skipped, 0)
      const last = Math.min(first + range.limit - hits.length, found.length)
      skipped += found.length
      if (first >= last) continue
      const fates = (await this.#listed.fates()).layers[layer]
      const table = this.#listed.tables[layer] as EntryTable
      const info = this.#info.layers[layer] as LayerInfo
      for (const row of found.subarray(first, last)) hits.push(searchHit(table, row, fates, info))
    }
    return { total, perLayer, hits, took }
  }

  async #matches(query: SearchQuery, signal: AbortSignal | undefined): Promise<Matches> {
    const key = JSON.stringify(query)
    if (this.#last?.key === key) return this.#last
    const started = performance.now()
    const matches = nameMatcher(query)
    const budget = new SearchBudget(signal)
    const rows: Int32Array[] = []
    const narrowed = { accepts: rowFilter(query.filter), literal: queryLiteral(query) }
    for (const [layer, table] of this.#listed.tables.entries()) {
      const named = table ? await matchingRows(table, matches, budget, narrowed) : new Int32Array(0)
      const info = this.#info.layers[layer] as LayerInfo
      const found = await rowsWithHash(named, info, query.filter.sha256, this.#hashes)
      rows.push(await this.#listed.withFate(found, layer, query.filter.fates))
    }
    this.#last = { key, rows, took: performance.now() - started }
    return this.#last
  }
}
