import type { Digest } from '../../shared/digest.ts'
import type { PathVersion, RowsQuery, RowsWindow, Tree } from '../../shared/files.ts'
import type { ImageInfo } from '../../shared/image.ts'
import type { PathBytes } from '../../shared/path-bytes.ts'
import type {
  ContentHit,
  ContentQuery,
  ContentWindow,
  SearchQuery,
  SearchWindow,
} from '../../shared/query.ts'
import type { SourceSpec } from '../../shared/uri.ts'
import type { FateStore, HashStore, LayerIndex } from '../image/cache.ts'
import type { ByteRange, ImageInput, Layer, Task } from '../image/element.ts'
import type { EntryTable } from '../image/entry-table.ts'
import type { ImageTree } from '../image/image-tree.ts'
import type { Workspace } from '../store/workspace.ts'
import { openInput } from './build.ts'
import type { ContentQuestion } from './content-question.ts'
import type { ContentSearchOptions, SearchedImage } from './content-search.ts'
import { findContent, readContent, type FileContent } from './file-content.ts'
import { readWithHashes } from './file-hashes.ts'
import type { FileRows } from './file-rows.ts'
import { Listed } from './listed.ts'
import type { SearchRange } from './name-search.ts'
import { pathHistory } from './path-history.ts'

const WHOLE: ByteRange = { offset: 0, length: Number.MAX_SAFE_INTEGER }

export interface OpeningOptions {
  /** Nobody asked for the image: it does not count as opened now. */
  readonly isOnlyALook?: boolean
}

/**
 * An image held open to be looked into. Layers are listed when they are first needed: at once where they are in the layer index or lie
 * uncompressed in the source; the others stay pending until an index job has read them, or `readAll` does so here.
 */
export class OpenedImage implements AsyncDisposable {
  readonly source: SourceSpec
  readonly #input: ImageInput
  readonly #index: LayerIndex
  readonly #hashes: HashStore
  readonly #fates: FateStore
  /** Of the image's whole life. */
  readonly #task: Task
  #info: ImageInfo
  #remembered: Promise<void> | undefined
  #layers: Promise<readonly Layer[]> | undefined
  #listing: Promise<unknown> = Promise.resolve()
  #hashing: Promise<void> = Promise.resolve()
  #listed: Listed | undefined
  #contents: ContentQuestion | undefined

  private constructor(
    source: SourceSpec,
    info: ImageInfo,
    input: ImageInput,
    { index, hashes, fates }: Pick<Workspace, 'index' | 'hashes' | 'fates'>,
    task: Task,
  ) {
    this.source = source
    this.#info = info
    this.#input = input
    this.#index = index
    this.#hashes = hashes
    this.#fates = fates
    this.#task = task
  }

  /** `task` is that of the image's whole life: its signal ends what is still being read. */
  static async open(
    source: SourceSpec,
    workspace: Workspace,
    task: Task,
    options: OpeningOptions = {},
  ): Promise<OpenedImage> {
    const input = await openInput(source, workspace, task)
    try {
      const info = await input.inspect(task)
      const image = new OpenedImage(source, info, input, workspace, task)
      // Nobody waits for it before the image is closed, and a folder that cannot be written is no reason not to open.
      if (!options.isOnlyALook) image.#remembered = workspace.catalogue.remember(info, source).catch(() => {})
      return image
    } catch (error) {
      await input[Symbol.asyncDispose]()
      throw error
    }
  }

  /** As known when the image was opened, or last inspected. */
  get info(): ImageInfo {
    return this.#info
  }

  /** The image's info; asked again while a layer's size is not known, as an index job may have found it meanwhile. */
  async inspect(task: Task): Promise<ImageInfo> {
    if (this.#info.size === null) this.#info = await this.#input.inspect(task)
    return this.#info
  }

  /** The image's layers, base first, to be read as often as wanted while it is open. */
  layers(): Promise<readonly Layer[]> {
    this.#layers ??= this.#fetchLayers()
    return this.#layers
  }

  /** Every layer's entries; reads through what is not known yet, and keeps it in the layer index. */
  async tables(task: Task): Promise<readonly EntryTable[]> {
    return (await this.#list(task, true)).tables as readonly EntryTable[]
  }

  /** All layers folded into one tree; reads through what is not known yet. */
  async tree(task: Task): Promise<ImageTree> {
    return (await this.#list(task, true)).tree()
  }

  async rows(query: RowsQuery, task: Task): Promise<RowsWindow> {
    const { tables } = await this.#list(task)
    return { ...(await this.#rows(task)).window(query), pendingLayers: pendingOf(tables) }
  }

  async locate(
    query: RowsQuery,
    path: PathBytes,
    task: Task,
  ): Promise<{ index: number; expanded: PathBytes[] } | null> {
    return (await this.#rows(task)).locate(query, path)
  }

  async typeAhead(
    query: RowsQuery,
    text: string,
    from: number,
    task: Task,
  ): Promise<{ index: number } | null> {
    return (await this.#rows(task)).typeAhead(query, text, from)
  }

  /** Those whose entries nobody knows without reading them through. */
  async pendingLayers(task: Task): Promise<number[]> {
    return pendingOf((await this.#list(task)).tables)
  }

  async history(path: PathBytes, task: Task): Promise<PathVersion[]> {
    return pathHistory(await this.#tree(task), this.#info, path)
  }

  /** By hash, every layer whose hashes are not known is read through first. */
  async search(query: SearchQuery, range: SearchRange, task: Task): Promise<SearchWindow> {
    if (query.filter.sha256 !== undefined) await this.#hash(task)
    const { names, tables } = await this.#list(task)
    return { ...(await names.window(query, range, task.signal)), pendingLayers: pendingOf(tables) }
  }

  /**
   * Looks inside files: starts to, or tells what the same query has found by now. The last query goes on until it is done, another is asked,
   * or nobody has asked for some seconds.
   */
  async searchContents(query: ContentQuery, range: SearchRange, task: Task): Promise<ContentWindow> {
    const { ContentQuestion } = await import('./content-question.ts')
    if (query.filter.sha256 !== undefined) await this.#hash(task)
    const image = await this.#searched(task)
    this.#contents ??= new ContentQuestion()
    return this.#contents.window(query, image, range, task.signal)
  }

  /**
   * Lines inside files as they are found, those of lower layers first; answers at last what a window without hits would. Layers that nobody has
   * read are left out.
   */
  async *contentHits(
    query: ContentQuery,
    task: Task,
    options: ContentSearchOptions = {},
  ): AsyncGenerator<readonly ContentHit[], ContentWindow, undefined> {
    const { ContentSearch } = await import('./content-search.ts')
    if (query.filter.sha256 !== undefined) await this.#hash(task)
    task.signal.throwIfAborted()
    await using search = new ContentSearch(query, await this.#searched(task), options)
    const stop = (): void => search.stop()
    task.signal.addEventListener('abort', stop)
    try {
      yield* search.hits()
      return search.window({ layers: [], offset: 0, limit: 0 })
    } finally {
      task.signal.removeEventListener('abort', stop)
      task.signal.throwIfAborted()
    }
  }

  /** What a path leads to; fails where it is not a file. */
  async content(tree: Tree, path: PathBytes, task: Task): Promise<FileContent> {
    return findContent(await this.#tree(task), tree, path)
  }

  /** A file's bytes or a piece of them. A chunk is valid until the next is asked for. */
  async *readContent(
    content: FileContent,
    range: ByteRange,
    task: Task,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const { tables } = await this.#list(task)
    const layer = (await this.layers())[content.layer] as Layer
    yield* readContent(content, tables[content.layer] as EntryTable, layer, range, task.signal)
  }

  /** A file's bytes by its path: hard links and symlinks followed, holes as zeros. */
  async *readFile(
    tree: Tree,
    path: PathBytes,
    task: Task,
    range: ByteRange = WHOLE,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    yield* this.readContent(await this.content(tree, path, task), range, task)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#contents?.[Symbol.asyncDispose]()
    await this.#input[Symbol.asyncDispose]()
    await this.#remembered
  }

  /** Of what is listed by now. */
  async #tree(task: Task): Promise<ImageTree> {
    return (await this.#list(task)).tree()
  }

  async #rows(task: Task): Promise<FileRows> {
    return (await this.#list(task)).rows()
  }

  /** One caller at a time: two must not read the same layers. */
  #hash(task: Task): Promise<void> {
    this.#hashing = this.#hashing.then(
      () => this.#hashMore(task),
      () => this.#hashMore(task),
    )
    return this.#hashing
  }

  async #hashMore(task: Task): Promise<void> {
    for (const layer of await this.layers()) {
      task.signal.throwIfAborted()
      if (await this.#hashes.has(layer.diffID)) continue
      // Where they cannot be kept the search fails: it would find nothing, and say so.
      await readWithHashes(layer, (hashes) => this.#hashes.put(layer.diffID, hashes), task.signal)
    }
  }

  async #searched(task: Task): Promise<SearchedImage> {
    return {
      layers: await this.layers(),
      listed: await this.#list(task),
      info: this.#info,
      hashes: this.#hashes,
    }
  }

  async #fetchLayers(): Promise<readonly Layer[]> {
    try {
      const layers: Layer[] = []
      for await (const [type, , layer] of this.#input.fetch(() => 'again', this.#task, { isLazy: true }))
        if (type === 'layer' && layer) layers.push(layer)
      return layers
    } catch (error) {
      // What failed is tried again by the next call.
      this.#layers = undefined
      throw error
    }
  }

  /** One listing at a time: two callers of a fresh image must not read it twice. */
  #list(task: Task, isAll = false): Promise<Listed> {
    const listing = this.#listing.then(
      () => this.#listMore(task, isAll),
      () => this.#listMore(task, isAll),
    )
    this.#listing = listing
    return listing
  }

  async #listMore(task: Task, isAll: boolean): Promise<Listed> {
    const before = this.#listed
    if (before && !before.tables.includes(null)) return before
    const layers = await this.layers()
    const tables: (EntryTable | null)[] = []
    // A layer may stand in an image more than once.
    const read = new Map<Digest, EntryTable>()
    for (const [i, layer] of layers.entries()) {
      task.signal.throwIfAborted()
      const known = before?.tables[i] ?? read.get(layer.diffID)
      const table =
        known ?? (isAll || (await this.#isAtHand(layer)) ? await layer.entries(task.signal) : null)
      if (table) read.set(layer.diffID, table)
      tables.push(table)
    }
    if (before && tables.every((table, i) => table === before.tables[i])) return before
    const stores = { hashes: this.#hashes, fates: this.#fates }
    this.#listed = new Listed(tables, this.#info, stores, ({ message }) =>
      task.warn({ code: 'odd-entry', message }),
    )
    return this.#listed
  }

  /** Whether a layer's entries cost no more than a look: hopped over in place, or read from the index. */
  async #isAtHand(layer: Layer): Promise<boolean> {
    return layer.size !== undefined || (await this.#index.has(layer.diffID))
  }
}

function pendingOf(tables: readonly (EntryTable | null)[]): number[] {
  return tables.flatMap((table, layer) => (table ? [] : [layer]))
}
