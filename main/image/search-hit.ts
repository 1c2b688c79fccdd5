import type { Digest } from '../../shared/digest.ts'
import type { SearchHit } from '../../shared/query.ts'
import type { EntryTable } from './entry-table.ts'
import type { RowFates } from './row-fates.ts'

/** What a hit shows of its entry. */
type HitRows = Pick<EntryTable, 'path' | 'type' | 'size'>

/** A row of a layer as a search answers it: with what became of it. Without fates, which are lost with the layer's index, it was there. */
export function searchHit(
  table: HitRows,
  row: number,
  fates: RowFates | undefined,
  layer: { readonly index: number; readonly diffID: Digest; readonly createdBy?: string | undefined },
): SearchHit {
  return {
    diffID: layer.diffID,
    layerIndex: layer.index,
    path: table.path(row),
    type: table.type(row),
    size: fates?.size(row) ?? table.size(row),
    ...(layer.createdBy === undefined ? {} : { createdBy: layer.createdBy }),
    ...(fates?.fate(row) ?? { state: 'present' }),
  }
}
