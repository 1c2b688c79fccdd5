import { useQuery, type QueryKey } from '@tanstack/react-query'
import type { RowsQuery, Tree } from '../../shared/files.ts'
import { keyOfSource } from '../../shared/source-name.ts'
import type { SourceSpec } from '../../shared/uri.ts'
import { useClient } from '../client.ts'

/** Everything asked here about an image stands under this key; its second part is what `refreshImage` goes by. */
export function imageKey(source: SourceSpec): QueryKey {
  return ['image', keyOfSource(source)]
}

/** The rows of a whole tree with nothing filtered away, sorted by name: what side questions are asked with. */
export function plainQuery(tree: Tree): RowsQuery {
  return {
    tree,
    view: 'tree',
    sort: { by: 'name', isDescending: false },
    changes: [],
    filter: '',
    expanded: [],
    collapsed: [],
    offset: 0,
    limit: 1,
  }
}

/** Has the layers listed while the person looks at the overview: half a million entries take the reader a second or two. */
export function useListing(source: SourceSpec, isEnabled: boolean): void {
  const client = useClient()
  useQuery({
    queryKey: [...imageKey(source), 'listing'],
    queryFn: async ({ signal }) => {
      const query = plainQuery({ isMerged: true })
      const { pendingLayers } = await client.files.rows({ source, query }, { signal })
      return pendingLayers
    },
    retry: false,
    enabled: isEnabled,
  })
}

/** Beyond this many layers the question below would keep the reader busy for too long. */
const MOST_CONTRIBUTIONS = 64

/**
 * By how many bytes each layer makes the merged tree larger, signed: a layer that only deletes has a negative one. null where it is
 * not known: a layer below it has not been read yet.
 */
export function useContributions(source: SourceSpec, layers: number): readonly (number | null)[] {
  const client = useClient()
  const { data } = useQuery({
    queryKey: [...imageKey(source), 'contributions', layers],
    queryFn: async ({ signal }) => {
      const sizes: (number | null)[] = []
      let below = 0
      for (let layer = 0; layer < layers; layer++) {
        const window = await client.files.rows(
          { source, query: plainQuery({ layer, isMerged: true }) },
          { signal },
        )
        const isKnown = window.pendingLayers.every((pending) => pending > layer)
        sizes.push(isKnown ? window.bytes - below : null)
        below = window.bytes
      }
      return sizes
    },
    enabled: layers > 0 && layers <= MOST_CONTRIBUTIONS,
  })
  return data ?? []
}
