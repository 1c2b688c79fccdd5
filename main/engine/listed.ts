import type { ImageInfo } from '../../shared/image.ts'
import type { FateFilter } from '../../shared/query.ts'
import type { FateStore, HashStore } from '../image/cache.ts'
import type { EntryTable } from '../image/entry-table.ts'
import { entriesDigest } from '../image/fates-key.ts'
import type { ImageTree, TreeProblem } from '../image/image-tree.ts'
import type { ImageFates } from '../image/row-fates.ts'
import type { FileRows } from './file-rows.ts'
import { knownFates } from './known-fates.ts'
import { NameSearch } from './name-search.ts'

export interface ListedStores {
  readonly hashes: HashStore
  readonly fates: FateStore
}

/**
 * What is answered from an image's layers as far as they are listed. The tree is folded when it is first needed: not for a search without
 * a hit, and not for one in an image that was folded before.
 */
export class Listed {
  /** By layer; null for one that nobody has read yet. */
  readonly tables: readonly (EntryTable | null)[]
  readonly names: NameSearch
  readonly #stores: ListedStores
  readonly #onProblem: (problem: TreeProblem) => void
  #tree: Promise<ImageTree> | undefined
  #rows: Promise<FileRows> | undefined
  #fates: Promise<ImageFates> | undefined
  #areProblemsTold = false

  constructor(
    tables: readonly (EntryTable | null)[],
    info: ImageInfo,
    stores: ListedStores,
    onProblem: (problem: TreeProblem) => void,
  ) {
    this.tables = tables
    this.names = new NameSearch(this, info, stores.hashes)
    this.#stores = stores
    this.#onProblem = onProblem
  }

  tree(): Promise<ImageTree> {
    this.#tree ??= this.#fold()
    return this.#tree
  }

  rows(): Promise<FileRows> {
    this.#rows ??= this.#layOut()
    return this.#rows
  }

  /** What became of each layer's rows. */
  fates(): Promise<ImageFates> {
    this.#fates ??= this.#knownFates()
    return this.#fates
  }

  /** Those of a layer's rows that have one of the fates; all where none is asked. */
  async withFate(rows: Int32Array, layer: number, wanted: readonly FateFilter[]): Promise<Int32Array> {
    if (wanted.length === 0 || rows.length === 0) return rows
    const fates = (await this.fates()).layers[layer]
    return rows.filter((row) => fates?.has(row, wanted) ?? false)
  }

  async #fold(): Promise<ImageTree> {
    const { flatten } = await import('../image/flatten.ts')
    const tree = flatten(this.tables)
    this.#tell(tree.problems)
    return tree
  }

  async #layOut(): Promise<FileRows> {
    const { FileRows } = await import('./file-rows.ts')
    return new FileRows(await this.tree())
  }

  async #knownFates(): Promise<ImageFates> {
    const layers = this.tables.map((table) => table && entriesDigest(table))
    const fates = await knownFates(this.#stores.fates, layers, async () => {
      const { fatesOfTree } = await import('../image/fates-of-tree.ts')
      return fatesOfTree(await this.tree())
    })
    this.#tell(fates.problems)
    return fates
  }

  #tell(problems: readonly TreeProblem[]): void {
    if (this.#areProblemsTold) return
    this.#areProblemsTold = true
    problems.forEach(this.#onProblem)
  }
}
