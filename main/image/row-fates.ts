import type { FateFilter } from '../../shared/query.ts'
import { NO_VERSION, type ImageTree } from './image-tree.ts'
import { isModified } from './row-filter.ts'
import { fateOf, type Fate } from './tree-change.ts'

/** What a row's byte says. */
const MADE = 1
const MODIFIED = 2
const REPLACED = 4
const DELETED = 8

/** What became of each row of a layer in one image: what `searchHit` and `hasFate` say, kept when the tree is gone, in a byte or three a row. */
export class RowFates {
  readonly #layer: number
  readonly #marks: Uint8Array
  /** The layers that replaced or deleted; undefined where none did. */
  readonly #by: Uint16Array | undefined
  /** Sizes that are not the row's own: those of hard links. */
  readonly #sizes: ReadonlyMap<number, number>

  private constructor(
    layer: number,
    marks: Uint8Array,
    by: Uint16Array | undefined,
    sizes: ReadonlyMap<number, number>,
  ) {
    this.#layer = layer
    this.#marks = marks
    this.#by = by
    this.#sizes = sizes
  }

  static of(tree: ImageTree, layer: number): RowFates {
    const table = tree.layers[layer]
    const length = table?.length ?? 0
    const marks = new Uint8Array(length)
    const sizes = new Map<number, number>()
    let by: Uint16Array | undefined
    for (let row = 0; row < length; row++) {
      const version = tree.versionOfRow(layer, row)
      if (version === NO_VERSION) continue
      const fate = fateOf(tree, version)
      marks[row] =
        MADE |
        (isModified(tree, version) ? MODIFIED : 0) |
        (fate.state === 'replaced' ? REPLACED : fate.state === 'deleted' ? DELETED : 0)
      if (fate.state !== 'present') (by ??= new Uint16Array(length))[row] = fate.by
      const size = tree.size(version)
      if (size !== table?.size(row)) sizes.set(row, size)
    }
    return new RowFates(layer, marks, by, sizes)
  }

  /** Bytes that it takes, about. */
  get byteLength(): number {
    return this.#marks.byteLength + (this.#by?.byteLength ?? 0) + 64 * this.#sizes.size + 256
  }

  /** What could not be applied is in the layer and in no tree. */
  fate(row: number): Fate {
    const mark = this.#marks[row] as number
    if ((mark & MADE) === 0) return { state: 'deleted', by: this.#layer }
    if ((mark & (REPLACED | DELETED)) === 0) return { state: 'present' }
    return { state: (mark & REPLACED) === 0 ? 'deleted' : 'replaced', by: this.#by?.[row] ?? 0 }
  }

  /** The size that the image shows, where it is not the row's own. */
  size(row: number): number | undefined {
    return this.#sizes.get(row)
  }

  has(row: number, fates: readonly FateFilter[]): boolean {
    const mark = this.#marks[row] as number
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
