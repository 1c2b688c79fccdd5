import type { Digest } from '../../shared/digest.ts'
import type { SearchHit } from '../../shared/query.ts'
import type { EntryTable } from './entry-table.ts'
import { NO_VERSION, type ImageTree } from './image-tree.ts'
import { fateOf } from './tree-change.ts'

/** A row of a layer as a search answers it: with what became of it. What could not be applied is in the layer and in no tree. */
export function searchHit(
  tree: ImageTree,
  layerIndex: number,
  row: number,
  layer: { readonly diffID: Digest; readonly createdBy?: string | undefined },
): SearchHit {
  const table = tree.layers[layerIndex] as EntryTable
  const version = tree.versionOfRow(layerIndex, row)
  return {
    diffID: layer.diffID,
    layerIndex,
    path: table.path(row),
    type: table.type(row),
    size: version === NO_VERSION ? table.size(row) : tree.size(version),
    ...(layer.createdBy === undefined ? {} : { createdBy: layer.createdBy }),
    ...(version === NO_VERSION ? { state: 'deleted', by: layerIndex } : fateOf(tree, version)),
  }
}
