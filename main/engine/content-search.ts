import { setTimeout as sleep } from 'node:timers/promises'
import { shortDigest } from '../../shared/digest.ts'
import { ImageError } from '../../shared/errors.ts'
import type { ImageInfo, LayerInfo } from '../../shared/image.ts'
import type { ContentHit, ContentQuery, ContentWindow } from '../../shared/query.ts'
import { scanContents, type ScanOptions } from '../image/content-scan.ts'
import { scanHere } from '../image/content-scan-here.ts'
import type { HashStore } from '../image/cache.ts'
import type { Layer } from '../image/element.ts'
import { matchingRows, SearchBudget } from '../image/entry-search.ts'
import type { EntryTable } from '../image/entry-table.ts'
import { FINDING_LIMITS, type Findings, type FindingLimits, type FoundLine } from '../image/file-scanner.ts'
import { LineSearch } from '../image/line-search.ts'
import type { ImageFates } from '../image/row-fates.ts'
import { rowFilter, type RowTest } from '../image/row-filter.ts'
import { inParts, scanFilesOf, sizeOf, type ScanFiles } from '../image/scan-files.ts'
import { searchHit } from '../image/search-hit.ts'
import { THREADS } from '../image/threads.ts'
import { rowsWithHash } from './file-hashes.ts'
import type { Listed } from './listed.ts'
import type { SearchRange } from './name-search.ts'

export interface SearchedImage {
  readonly layers: readonly Layer[]
  readonly listed: Listed
  readonly info: ImageInfo
  readonly hashes: HashStore
}

export interface ContentSearchOptions {
  /** Only these layers; all where empty or not given. */
  readonly layers?: readonly number[] | undefined
  readonly limits?: FindingLimits | undefined
  /** Milliseconds that one piece of a file may take to be matched. */
  readonly patience?: number | undefined
}

/** A layer that is read in place is searched in several parts at once. Each is worth a turn of a thread. */
const PARTS = 2 * THREADS
const PART_SIZE = 4 * 1024 * 1024

/** What is found in one layer. Its lines come in the order of the tar, whatever part of it is done first. */
class LayerFindings {
  readonly lines: FoundLine[] = []
  total = 0
  files = 0
  binaryFiles = 0
  /** Bytes of content. */
  size = 0
  isComplete = false
  readonly #most: number
  #parts: { readonly lines: FoundLine[]; done: number; isComplete: boolean }[] = []
  /** The part that `lines` ends with. */
  #current = 0

  constructor(most: number) {
    this.#most = most
  }

  get done(): number {
    return this.isComplete ? this.size : this.#parts.reduce((sum, part) => sum + part.done, 0)
  }

  /** Another part; they are made in order. */
  part(): { add(findings: Findings): void; progress(done: number): void; complete(): void } {
    const part = { lines: [] as FoundLine[], done: 0, isComplete: false }
    this.#parts.push(part)
    return {
      add: ({ lines, total, files, binaryFiles }) => {
        for (const line of lines) part.lines.push(line)
        this.total += total
        this.files += files
        this.binaryFiles += binaryFiles
        this.#gather()
      },
      progress: (done) => (part.done = done),
      complete: () => {
        part.isComplete = true
        this.#gather()
      },
    }
  }

  #gather(): void {
    for (let part = this.#parts[this.#current]; part; part = this.#parts[this.#current]) {
      for (const line of part.lines.splice(0)) if (this.lines.length < this.#most) this.lines.push(line)
      if (!part.isComplete) return
      this.#current++
    }
  }
}

/** One question to the contents of an image's files, layer by layer, as far as they are listed. It runs until it is done or stopped. */
export class ContentSearch implements AsyncDisposable {
  readonly query: ContentQuery
  readonly listed: Listed
  readonly #layers: readonly Layer[]
  readonly #info: ImageInfo
  readonly #hashes: HashStore
  readonly #limits: FindingLimits
  readonly #patience: number | undefined
  readonly #wanted: readonly number[]
  readonly #found: readonly LayerFindings[]
  readonly #controller = new AbortController()
  readonly #ended: Promise<void>
  #news = Promise.withResolvers<void>()
  #isRunning = true

  /** Starts. `before` asked the same of fewer layers, or was stopped: what it has found is kept. Fails with `usage` for an expression that is none. */
  constructor(
    query: ContentQuery,
    image: SearchedImage,
    options: ContentSearchOptions & { readonly before?: ContentSearch | undefined } = {},
  ) {
    // Told at once, not by the first thread.
    void new LineSearch(query)
    this.query = query
    this.listed = image.listed
    this.#layers = image.layers
    this.#info = image.info
    this.#hashes = image.hashes
    this.#limits = options.limits ?? FINDING_LIMITS
    this.#patience = options.patience
    this.#wanted = options.layers ?? []
    this.#found = image.layers.map(
      (_, layer) => options.before?.foundIn(layer) ?? new LayerFindings(this.#limits.perLayer),
    )
    this.#ended = this.#run()
  }

  get isRunning(): boolean {
    return this.#isRunning
  }

  /** Whether it ended before it was done. */
  get isStopped(): boolean {
    return this.#controller.signal.aborted
  }

  /** What was found in a layer that is searched through. What became of files is another thing once more layers are known. */
  foundIn(layer: number): LayerFindings | undefined {
    const found = this.#found[layer]
    return found?.isComplete && this.query.filter.fates.length === 0 ? found : undefined
  }

  /** Waits until it has ended, but no longer than so many milliseconds. */
  async settle(patience: number, signal: AbortSignal): Promise<void> {
    const left = new AbortController()
    const rest = sleep(patience, undefined, { signal: AbortSignal.any([left.signal, signal]) }).catch(
      () => {},
    )
    await Promise.race([this.#ended, rest])
    left.abort()
    signal.throwIfAborted()
  }

  /** What is found so far; fails where the search failed. */
  async window(range: SearchRange): Promise<ContentWindow> {
    // First: all that follows is of one moment.
    const fates = this.#found.some(({ lines }) => lines.length > 0) ? await this.#fates() : []
    this.#controller.signal.throwIfAborted()
    const isWanted = (layer: number): boolean => range.layers.length === 0 || range.layers.includes(layer)
    const wanted = this.#found.filter((_, layer) => isWanted(layer))
    const hits: ContentHit[] = []
    let skipped = 0
    for (const [layer, { lines }] of this.#found.entries()) {
      if (!isWanted(layer)) continue
      const first = Math.max(range.offset - skipped, 0)
      const last = Math.min(first + range.limit - hits.length, lines.length)
      skipped += lines.length
      if (first < last) hits.push(...this.#hits(layer, lines.slice(first, last), fates))
    }
    return {
      total: sumOf(wanted, 'total'),
      files: sumOf(wanted, 'files'),
      kept: skipped,
      perLayer: this.#found.map(({ lines }) => lines.length),
      hits,
      pendingLayers: this.listed.tables.flatMap((table, layer) => (table ? [] : [layer])),
      isRunning: this.#isRunning,
      done: sumOf(this.#found, 'done'),
      size: sumOf(this.#found, 'size'),
      binaryFiles: sumOf(wanted, 'binaryFiles'),
    }
  }

  /** Lines as they are found, those of lower layers first. */
  async *hits(): AsyncGenerator<readonly ContentHit[], void, undefined> {
    for (const [layer, found] of this.#found.entries()) {
      for (let told = 0; ;) {
        const news = this.#news.promise
        this.#controller.signal.throwIfAborted()
        const isDone = found.isComplete || !this.#isRunning
        const lines = found.lines.slice(told)
        if (lines.length > 0) yield this.#hits(layer, lines, await this.#fates())
        told += lines.length
        if (isDone) break
        if (lines.length === 0) await news
      }
    }
    await this.#ended
  }

  stop(): void {
    this.#controller.abort(new ImageError('cancelled', 'The search was stopped.'))
  }

  /** Stops, and waits until nothing reads the layers any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.stop()
    await this.#ended
  }

  async #run(): Promise<void> {
    const { signal } = this.#controller
    try {
      const waiting = (await this.#plan(signal)).values()
      const workers = Array.from({ length: THREADS }, async () => {
        for (const { layer, files } of waiting) await this.#searchLayer(layer, files, signal)
      })
      // Nothing may read the layers any more when this ends.
      await Promise.all(workers.map((worker) => worker.catch((error: unknown) => this.#fail(error))))
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#isRunning = false
      this.#tell()
    }
  }

  /** The first failure is that of the search; it ends what else runs. */
  #fail(error: unknown): void {
    this.#controller.abort(error)
  }

  /** The files to be looked into, by layer. */
  async #plan(signal: AbortSignal): Promise<{ layer: number; files: ScanFiles }[]> {
    const { filter } = this.query
    const budget = new SearchBudget(signal)
    const accepts = rowFilter(filter)
    const isWanted: RowTest = (table, row) =>
      table.type(row) === 'file' && table.size(row) > 0 && (accepts?.(table, row) ?? true)
    const work: { layer: number; files: ScanFiles }[] = []
    for (const [layer, table] of this.listed.tables.entries()) {
      const found = this.#found[layer] as LayerFindings
      if (this.#wanted.length > 0 && !this.#wanted.includes(layer)) found.isComplete = true
      if (!table || found.isComplete) continue
      const named = await matchingRows(table, () => true, budget, { accepts: isWanted })
      const rows = await rowsWithHash(named, this.#layers[layer] as Layer, filter.sha256, this.#hashes)
      const files = scanFilesOf(table, await this.listed.withFate(rows, layer, filter.fates))
      found.size = sizeOf(files)
      work.push({ layer, files })
    }
    return work
  }

  async #searchLayer(index: number, files: ScanFiles, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const found = this.#found[index] as LayerFindings
    const layer = this.#layers[index] as Layer
    if (files.rows.length > 0) {
      if (layer.lend) await this.#searchOnThreads(found, layer, layer.lend.bind(layer), files, signal)
      else await scanHere(layer, this.query, files, this.#optionsOf(found, signal))
    }
    found.isComplete = true
    this.#tell()
  }

  async #searchOnThreads(
    found: LayerFindings,
    { diffID }: Layer,
    lend: NonNullable<Layer['lend']>,
    files: ScanFiles,
    signal: AbortSignal,
  ): Promise<void> {
    using file = await lend(signal)
    const lent = { ...file, diffID, name: `Layer ${shortDigest(diffID)}` }
    const parts = file.compression === 'none' ? inParts(files, PARTS, PART_SIZE) : [files]
    await Promise.all(
      parts.map(async (part) => {
        const options = this.#optionsOf(found, signal)
        await scanContents(lent, this.query, part, options).catch((error: unknown) => this.#fail(error))
        options.complete()
      }),
    )
    signal.throwIfAborted()
  }

  #optionsOf(found: LayerFindings, signal: AbortSignal): ScanOptions & { readonly complete: () => void } {
    const part = found.part()
    return {
      signal,
      limits: this.#limits,
      patience: this.#patience,
      onFindings: (findings) => {
        part.add(findings)
        this.#tell()
      },
      onProgress: (done) => part.progress(done),
      complete: () => part.complete(),
    }
  }

  async #fates(): Promise<ImageFates['layers']> {
    return (await this.listed.fates()).layers
  }

  #hits(layer: number, lines: readonly FoundLine[], fates: ImageFates['layers']): ContentHit[] {
    const table = this.listed.tables[layer] as EntryTable
    const info = this.#info.layers[layer] as LayerInfo
    return lines.map(({ row, ...line }) => ({ ...searchHit(table, row, fates[layer], info), ...line }))
  }

  #tell(): void {
    this.#news.resolve()
    this.#news = Promise.withResolvers()
  }
}

function sumOf<K extends string>(all: readonly Readonly<Record<K, number>>[], key: K): number {
  return all.reduce((sum, one) => sum + one[key], 0)
}
