import type { Candidate } from '../../shared/contract.ts'
import type { Comparison, FileChunk, PathVersion, RowsQuery, RowsWindow, Tree } from '../../shared/files.ts'
import type { ImageInfo } from '../../shared/image.ts'
import type { PathBytes } from '../../shared/path-bytes.ts'
import type { EngineImage, EngineInfo, NamesPage, Resolved, SignIn } from '../../shared/remote.ts'
import type {
  ContentQuery,
  ContentWindow as Contents,
  EverywhereWindow,
  SearchQuery,
  SearchWindow,
} from '../../shared/query.ts'
import type { SourceSpec } from '../../shared/uri.ts'
import type { Task } from '../image/element.ts'
import type { Workspace } from '../store/workspace.ts'
import { ContentWindow } from './content-window.ts'
import { EverywhereSearch, type EverywhereRange } from './everywhere-search.ts'
import { ImageShelf } from './image-shelf.ts'
import type { OpenedImage } from './opened-image.ts'

interface OfImage {
  readonly source: SourceSpec
}

/**
 * What the reader process answers: questions about images, in the contract's own inputs and outputs, plain data both. Layers that cannot
 * be listed at once are named as pending; an index job lists them.
 */
export class ReaderService implements AsyncDisposable {
  readonly #workspace: Workspace
  readonly #shelf: ImageShelf
  readonly #contents = new WeakMap<OpenedImage, ContentWindow>()
  readonly #closed = new AbortController()
  /** Holds names in memory once it was asked. */
  #everywhere: EverywhereSearch | undefined

  constructor(workspace: Workspace) {
    this.#workspace = workspace
    this.#shelf = new ImageShelf(workspace)
  }

  /** Every image in a file or folder. */
  async recognise(input: { readonly path: string }, signal: AbortSignal): Promise<Candidate[]> {
    const { listCandidates } = await import('../inputs/stored/candidates.ts')
    return listCandidates(input.path, this.#workspace, taskOf(signal))
  }

  async inspect(
    input: OfImage & { readonly isFresh?: boolean | undefined },
    signal: AbortSignal,
  ): Promise<ImageInfo> {
    if (input.isFresh) await this.#shelf.forget(input.source)
    return this.#shelf.use(input.source, signal, (image) => image.inspect(taskOf(signal)))
  }

  rows(input: OfImage & { readonly query: RowsQuery }, signal: AbortSignal): Promise<RowsWindow> {
    return this.#shelf.use(input.source, signal, (image) => image.rows(input.query, taskOf(signal)))
  }

  locate(
    input: OfImage & { readonly query: RowsQuery; readonly path: PathBytes },
    signal: AbortSignal,
  ): Promise<{ index: number; expanded: PathBytes[] } | null> {
    const { source, query, path } = input
    return this.#shelf.use(source, signal, (image) => image.locate(query, path, taskOf(signal)))
  }

  typeAhead(
    input: OfImage & { readonly query: RowsQuery; readonly text: string; readonly from: number },
    signal: AbortSignal,
  ): Promise<{ index: number } | null> {
    const { source, query, text, from } = input
    return this.#shelf.use(source, signal, (image) => image.typeAhead(query, text, from, taskOf(signal)))
  }

  history(input: OfImage & { readonly path: PathBytes }, signal: AbortSignal): Promise<PathVersion[]> {
    return this.#shelf.use(input.source, signal, (image) => image.history(input.path, taskOf(signal)))
  }

  compare(
    input: OfImage & { readonly path: PathBytes; readonly before: number; readonly after: number },
    signal: AbortSignal,
  ): Promise<Comparison> {
    const { source, path, before, after } = input
    return this.#shelf.use(source, signal, async (image) => {
      const { compareVersions } = await import('./compare-versions.ts')
      return compareVersions(image, path, before, after, taskOf(signal))
    })
  }

  read(
    input: OfImage & {
      readonly tree: Tree
      readonly path: PathBytes
      readonly offset: number
      readonly length: number
    },
    signal: AbortSignal,
  ): Promise<FileChunk> {
    const { source, tree, path, offset, length } = input
    return this.#shelf.use(source, signal, (image) =>
      this.#contentsOf(image).read(tree, path, offset, length, taskOf(signal)),
    )
  }

  search(
    input: OfImage & {
      readonly query: SearchQuery
      readonly layers: readonly number[]
      readonly offset: number
      readonly limit: number
    },
    signal: AbortSignal,
  ): Promise<SearchWindow> {
    const { source, query, ...range } = input
    return this.#shelf.use(source, signal, (image) => image.search(query, range, taskOf(signal)))
  }

  searchContents(
    input: OfImage & {
      readonly query: ContentQuery
      readonly layers: readonly number[]
      readonly offset: number
      readonly limit: number
    },
    signal: AbortSignal,
  ): Promise<Contents> {
    const { source, query, ...range } = input
    return this.#shelf.use(source, signal, (image) => image.searchContents(query, range, taskOf(signal)))
  }

  /** Names in every image that was opened before. */
  searchEverywhere(input: EverywhereRange, signal: AbortSignal): Promise<EverywhereWindow> {
    this.#everywhere ??= new EverywhereSearch(this.#workspace, { ahead: this.#closed.signal })
    return this.#everywhere.window(input, signal)
  }

  async engines(_: unknown, signal: AbortSignal): Promise<EngineInfo[]> {
    const { listEngines } = await import('../docker/engines.ts')
    return listEngines(signal)
  }

  async engineImages(input: { readonly socket: string }, signal: AbortSignal): Promise<EngineImage[]> {
    const { engineImages } = await import('../docker/engines.ts')
    return engineImages(input.socket, signal)
  }

  async engineChange(
    input: { readonly socket: string },
    signal: AbortSignal,
  ): Promise<{ isChanged: boolean }> {
    const { engineChange } = await import('../docker/engines.ts')
    return engineChange(input.socket, signal)
  }

  async repositories(
    input: { readonly registry: string; readonly insecure: boolean },
    signal: AbortSignal,
  ): Promise<NamesPage> {
    const { listRepositories } = await import('../registry/browse.ts')
    return listRepositories(input.registry, input.insecure, this.#workspace, signal)
  }

  async tags(
    input: { readonly image: string; readonly insecure: boolean },
    signal: AbortSignal,
  ): Promise<NamesPage> {
    const { listTags } = await import('../registry/browse.ts')
    return listTags(input.image, input.insecure, this.#workspace, signal)
  }

  async resolve(
    input: { readonly image: string; readonly insecure: boolean },
    signal: AbortSignal,
  ): Promise<Resolved> {
    const { resolveImage } = await import('../registry/browse.ts')
    return resolveImage(input.image, input.insecure, this.#workspace, signal)
  }

  async trySignIn(
    input: { readonly signIn: SignIn; readonly insecure: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    const { trySignIn } = await import('../registry/browse.ts')
    return trySignIn(input.signIn, input.insecure, this.#workspace, signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort()
    await this.#shelf[Symbol.asyncDispose]()
  }

  #contentsOf(image: OpenedImage): ContentWindow {
    const known = this.#contents.get(image) ?? new ContentWindow(image)
    this.#contents.set(image, known)
    return known
  }
}

/** A call reports nothing but its answer. */
function taskOf(signal: AbortSignal): Task {
  return { signal, progress: () => {}, warn: () => {} }
}
