import type { FateFilter } from '../../shared/query.ts'
import type { TreeProblem } from './image-tree.ts'
import type { Fate } from './tree-change.ts'

/** What a row's mark says. A whiteout, and what could not be applied, made nothing. */
export const MADE = 1
export const MODIFIED = 2
export const REPLACED = 4
export const DELETED = 8

/** The fates of a layer's rows as columns. */
export interface FateColumns {
  readonly marks: Uint8Array
  /** The layers that replaced or deleted; undefined where none did. */
  readonly by: Uint16Array | undefined
  /** Sizes that are not the row's own: those of hard links. */
  readonly sizes: ReadonlyMap<number, number>
}

/** What became of each row of a layer in one image, kept when the tree is gone, in a byte or three a row. */
export class RowFates {
  readonly layer: number
  readonly columns: FateColumns

  constructor(layer: number, columns: FateColumns) {
    this.layer = layer
    this.columns = columns
  }

  /** Bytes that it takes, about. */
  get byteLength(): number {
    const { marks, by, sizes } = this.columns
    return marks.byteLength + (by?.byteLength ?? 0) + 64 * sizes.size + 256
  }

  /** What could not be applied is in the layer and in no tree. */
  fate(row: number): Fate {
    const mark = this.columns.marks[row] as number
    if ((mark & MADE) === 0) return { state: 'deleted', by: this.layer }
    if ((mark & (REPLACED | DELETED)) === 0) return { state: 'present' }
    return { state: (mark & REPLACED) === 0 ? 'deleted' : 'replaced', by: this.columns.by?.[row] ?? 0 }
  }

  /** The size that the image shows, where it is not the row's own. */
  size(row: number): number | undefined {
    return this.columns.sizes.get(row)
  }

  has(row: number, fates: readonly FateFilter[]): boolean {
    const mark = this.columns.marks[row] as number
    if ((mark & MADE) === 0) return false
    return fates.some((fate) => {
      switch (fate) {
        case 'added':
          return (mark & MODIFIED) === 0
        case 'modified':
          return (mark & MODIFIED) !== 0
        case 'surviving':
          return (mark & (REPLACED | DELETED)) === 0
        case 'deleted':
          return (mark & DELETED) !== 0
        case 'hidden':
          return (mark & (REPLACED | DELETED)) !== 0
      }
    })
  }
}

/** What became of all entries of an image: what is left of its folded tree for those who search. */
export interface ImageFates {
  /** By layer; undefined for one that nobody has read. */
  readonly layers: readonly (RowFates | undefined)[]
  readonly problems: readonly TreeProblem[]
}
