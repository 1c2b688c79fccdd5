import type { Digest } from '../../shared/digest.ts'
import { ImageError } from '../../shared/errors.ts'
import type {
  EverywhereHit,
  EverywhereWindow,
  FateFilter,
  KnownImage,
  SearchQuery,
} from '../../shared/query.ts'
import type { HashStore } from '../image/cache.ts'
import { SearchBudget } from '../image/entry-search.ts'
import { nameScan, scannedRows, type NameScan } from '../image/name-scan.ts'
import type { NameTable } from '../image/name-table.ts'
import { searchHit } from '../image/search-hit.ts'
import type { Workspace } from '../store/workspace.ts'
import { rowsWithHash } from './file-hashes.ts'
import { FatesShelf } from './fates-shelf.ts'
import { KnownNames, type ImageNames } from './known-names.ts'

export interface EverywhereRange {
  readonly query: SearchQuery
  /** Only these images; all where empty. */
  readonly images: readonly Digest[]
  /** Hits before the window, and in it at most. */
  readonly offset: number
  readonly limit: number
}

interface Search {
  readonly key: string
  readonly scan: NameScan
  /** One of them must hold; any where empty. */
  readonly fates: readonly FateFilter[]
  /** Of the files wanted, where that is asked. */
  readonly sha256: string | undefined
  readonly stop: AbortController
  /** Matching rows of each layer searched. */
  readonly rows: Map<NameTable, Int32Array>
  /** And of each image, by layer, where only some fates are wanted. */
  readonly withFate: WeakMap<ImageNames, readonly Int32Array[]>
  /** One pass at a time adds to it. */
  pass: Promise<unknown>
  callers: number
  /** Milliseconds of all passes. */
  took: number
}

interface Found {
  readonly names: ImageNames
  /** By layer. */
  readonly rows: readonly Int32Array[]
  readonly count: number
}

const NONE = new Int32Array(0)

/**
 * Searches the names of every image opened before. A layer that images share is searched once and has its hits in each. The last query's
 * matches are kept, so that every further window of it costs its hits only; a new query ends the one before. Needs no image's source.
 */
export class EverywhereSearch {
  readonly #names: KnownNames
  readonly #fates: FatesShelf
  readonly #hashes: HashStore
  readonly #ahead: AbortSignal | undefined
  #last: Search | undefined

  /** `ahead` is for who lives long: until that signal, work is done before it is asked for. */
  constructor(
    workspace: Pick<Workspace, 'catalogue' | 'index' | 'hashes' | 'fates'>,
    options: { readonly ahead?: AbortSignal } = {},
  ) {
    this.#ahead = options.ahead
    this.#names = new KnownNames(workspace)
    this.#fates = new FatesShelf(workspace)
    this.#hashes = workspace.hashes
  }

  /** Fails with `usage` for an expression that is none, `limit` for one that takes too long, `cancelled` when a newer query is asked. */
  async window(range: EverywhereRange, signal?: AbortSignal): Promise<EverywhereWindow> {
    signal?.throwIfAborted()
    const search = this.#searchOf(range.query)
    search.callers++
    const leave = (): void => {
      if (--search.callers === 0) search.stop.abort(signal?.reason)
    }
    signal?.addEventListener('abort', leave, { once: true })
    try {
      const all = await this.#names.images()
      const images =
        range.images.length === 0 ? all : all.filter(({ image }) => range.images.includes(image.imageID))
      const found = await this.#found(search, images)
      const hits = await this.#hits(found, range, search.stop.signal)
      // What fails there fails again where it is needed, and is said there.
      if (this.#ahead) this.#fates.ahead(images, this.#ahead).catch(() => {})
      return {
        total: found.reduce((sum, { count }) => sum + count, 0),
        images: found.map(({ names, count }) => Object.assign({ count }, names.image)),
        hits,
        took: search.took,
      }
    } finally {
      signal?.removeEventListener('abort', leave)
      if (!signal?.aborted) search.callers--
    }
  }

  /** Has the next call look anew at what images and layers there are; it does so once a second by itself. */
  expire(): void {
    this.#names.expire()
  }

  /** What the last query found, or a new search, which ends the last. */
  #searchOf(query: SearchQuery): Search {
    const key = JSON.stringify(query)
    const last = this.#last
    if (last?.key === key && !last.stop.signal.aborted) return last
    const search: Search = {
      key,
      scan: nameScan(query),
      fates: query.filter.fates,
      sha256: query.filter.sha256,
      stop: new AbortController(),
      rows: new Map(),
      withFate: new WeakMap(),
      pass: Promise.resolve(),
      callers: 0,
      took: 0,
    }
    last?.stop.abort(new ImageError('cancelled', 'Another search was begun.'))
    if (last?.callers === 0) release(last)
    this.#last = search
    return search
  }

  /** Searches the layers that have not been searched for it. */
  async #scanMore(search: Search, images: readonly ImageNames[]): Promise<void> {
    const layers = new Map<NameTable, Digest>()
    for (const { image, layers: tables } of images)
      for (const [i, table] of tables.entries())
        if (table && !search.rows.has(table))
          layers.set(table, (image.layers[i] as KnownImage['layers'][number]).diffID)
    if (layers.size === 0) return
    const started = performance.now()
    const found = await scannedRows([...layers.keys()], search.scan, new SearchBudget(search.stop.signal))
    for (const [i, [table, diffID]] of [...layers].entries()) {
      const rows = found[i] as Int32Array
      search.rows.set(table, await rowsWithHash(rows, { diffID }, search.sha256, this.#hashes))
    }
    search.took += performance.now() - started
  }

  /** The matching rows of each image, by layer. A search that failed fails again at once. */
  async #found(search: Search, images: readonly ImageNames[]): Promise<Found[]> {
    search.pass = search.pass.then(() => this.#scanMore(search, images))
    await search.pass
    const found: Found[] = []
    for (const names of images) {
      search.stop.signal.throwIfAborted()
      const rows = await this.#rowsOf(search, names)
      found.push({ names, rows, count: rows.reduce((sum, layer) => sum + layer.length, 0) })
    }
    return found
  }

  async #rowsOf(search: Search, names: ImageNames): Promise<readonly Int32Array[]> {
    const rows = names.layers.map((table) => (table && search.rows.get(table)) ?? NONE)
    if (search.fates.length === 0 || rows.every((layer) => layer.length === 0)) return rows
    const known = search.withFate.get(names)
    if (known) return known
    const fates = await this.#fates.of(names)
    const wanted = rows.map((layer, i) => layer.filter((row) => fates[i]?.has(row, search.fates) ?? false))
    search.withFate.set(names, wanted)
    return wanted
  }

  async #hits(
    found: readonly Found[],
    range: EverywhereRange,
    signal: AbortSignal,
  ): Promise<EverywhereHit[]> {
    const hits: EverywhereHit[] = []
    let skipped = 0
    for (const { names, rows } of found)
      for (const [layer, ofLayer] of rows.entries()) {
        const first = Math.max(range.offset - skipped, 0)
        skipped += ofLayer.length
        const last = Math.min(first + range.limit - hits.length, ofLayer.length)
        if (first >= last) continue
        const fates = await this.#fates.of(names)
        // Then the rows may be gone.
        signal.throwIfAborted()
        const { imageID, layers } = names.image
        const info = { index: layer, ...(layers[layer] as KnownImage['layers'][number]) }
        const table = names.layers[layer] as NameTable
        for (const row of ofLayer.subarray(first, last))
          hits.push({ imageID, ...searchHit(table, row, fates[layer], info) })
      }
    return hits
  }
}

/** Gives the memory of what nobody asks for any more back at once: a letter is found in nearly every name. */
function release({ rows }: Search): void {
  for (const { buffer } of rows.values()) if (buffer instanceof ArrayBuffer) buffer.transfer(0)
  rows.clear()
}
