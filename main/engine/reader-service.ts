import type { Candidate } from '../../shared/contract.ts'
import type { FileChunk, PathVersion, RowsQuery, RowsWindow, Tree } from '../../shared/files.ts'
import type { ImageInfo } from '../../shared/image.ts'
import type { PathBytes } from '../../shared/path-bytes.ts'
import type { SearchQuery, SearchWindow } from '../../shared/query.ts'
import type { SourceSpec } from '../../shared/uri.ts'
import type { Task } from '../image/element.ts'
import type { Workspace } from '../store/workspace.ts'
import { ContentWindow } from './content-window.ts'
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

  constructor(workspace: Workspace) {
    this.#workspace = workspace
    this.#shelf = new ImageShelf(workspace)
  }

  /** Every image in a file or folder. */
  async recognise(input: { readonly path: string }, signal: AbortSignal): Promise<Candidate[]> {
    const { listCandidates } = await import('../inputs/candidates.ts')
    return listCandidates(input.path, this.#workspace, taskOf(signal))
  }

  inspect(input: OfImage, signal: AbortSignal): Promise<ImageInfo> {
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

  /** Closes all images of a file or folder. */
  forget(input: { readonly path: string }): Promise<void> {
    return this.#shelf.forget(input.path)
  }

  async [Symbol.asyncDispose](): Promise<void> {
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
