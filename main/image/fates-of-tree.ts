import { NO_VERSION, type ImageTree } from './image-tree.ts'
import { DELETED, MADE, MODIFIED, REPLACED, RowFates, type ImageFates } from './row-fates.ts'
import { fateOf } from './tree-change.ts'

/** All that a search wants of a tree: what became of every row of every layer. */
export function fatesOfTree(tree: ImageTree): ImageFates {
  const layers = tree.layers.map((table, layer) => (table ? rowFates(tree, layer) : undefined))
  return { layers, problems: tree.problems }
}

function rowFates(tree: ImageTree, layer: number): RowFates {
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
  return new RowFates(layer, { marks, by, sizes })
}

/** Whether a lower layer showed the path right before this one. */
function isModified(tree: ImageTree, version: number): boolean {
  const { born, node } = tree.versions
  const layer = born.at(version)
  return layer > 0 && tree.versionAt(node.at(version), layer - 1) !== NO_VERSION
}
