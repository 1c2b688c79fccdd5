import type { ImageInfo } from '../../shared/image.ts'
import type { HashStore } from '../image/cache.ts'
import type { EntryTable } from '../image/entry-table.ts'
import { flatten } from '../image/flatten.ts'
import type { ImageTree, TreeProblem } from '../image/image-tree.ts'
import { FileRows } from './file-rows.ts'
import { NameSearch } from './name-search.ts'

/** What is answered from an image's layers as far as they are listed. The tree is folded when it is first needed: not for a search without a hit. */
export class Listed {
  /** By layer; null for one that nobody has read yet. */
  readonly tables: readonly (EntryTable | null)[]
  readonly names: NameSearch
  readonly #onProblem: (problem: TreeProblem) => void
  #tree: ImageTree | undefined
  #rows: FileRows | undefined

  constructor(
    tables: readonly (EntryTable | null)[],
    info: ImageInfo,
    hashes: HashStore,
    onProblem: (problem: TreeProblem) => void,
  ) {
    this.tables = tables
    this.names = new NameSearch(tables, () => this.tree, info, hashes)
    this.#onProblem = onProblem
  }

  get tree(): ImageTree {
    if (!this.#tree) {
      this.#tree = flatten(this.tables)
      this.#tree.problems.forEach(this.#onProblem)
    }
    return this.#tree
  }

  get rows(): FileRows {
    this.#rows ??= new FileRows(this.tree)
    return this.#rows
  }
}
