import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import type { Comparison, FileRow, PathVersion } from '../../../shared/files.ts'
import type { PathBytes } from '../../../shared/path-bytes.ts'
import type { SourceSpec } from '../../../shared/uri.ts'
import { useClient } from '../../client.ts'
import { imageKey, plainQuery } from '../../image/image-queries.ts'
import type { Viewed } from '../../image/image-views.ts'
import { ancestorsOf } from '../paths.ts'

/** The row of one path, with nothing but the directories above it open; null where the tree does not have it. */
export function useFileRow(source: SourceSpec, { path, tree }: Viewed): UseQueryResult<FileRow | null> {
  const client = useClient()
  return useQuery({
    queryKey: [...imageKey(source), 'row', path, tree],
    queryFn: async ({ signal }) => {
      const query = { ...plainQuery(tree), expanded: [...ancestorsOf(path)] }
      const place = await client.files.locate({ source, query, path }, { signal })
      if (place === null) return null
      const { rows } = await client.files.rows(
        { source, query: { ...query, offset: place.index } },
        { signal },
      )
      const [row] = rows
      return row?.path === path ? row : null
    },
    gcTime: 60_000,
  })
}

/** What the layers did to a path, base first. */
export function usePathHistory(source: SourceSpec, path: PathBytes): UseQueryResult<PathVersion[]> {
  const client = useClient()
  return useQuery({
    queryKey: [...imageKey(source), 'history', path],
    queryFn: ({ signal }) => client.files.history({ source, path }, { signal }),
    gcTime: 60_000,
  })
}

/** Two versions of a path by the layers that made them, the older one first. */
export interface VersionPair {
  readonly before: number
  readonly after: number
}

/** What of a file changed between two of its versions. */
export function useComparison(
  source: SourceSpec,
  path: PathBytes,
  { before, after }: VersionPair,
): UseQueryResult<Comparison> {
  const client = useClient()
  return useQuery({
    queryKey: [...imageKey(source), 'compare', path, before, after],
    queryFn: ({ signal }) => client.files.compare({ source, path, before, after }, { signal }),
    gcTime: 60_000,
  })
}

/** A version that is a file, and the file that the path was before it, be it that it was deleted in between; undefined where there is none. */
export function pairOf(history: readonly PathVersion[], layer: number): VersionPair | undefined {
  const at = history.findIndex((version) => version.layer === layer && isFile(version))
  const before = at === -1 ? undefined : history.slice(0, at).findLast(isFile)
  return before && { before: before.layer, after: layer }
}

function isFile({ change, type }: PathVersion): boolean {
  return change !== 'deleted' && (type === 'file' || type === 'link')
}

/**
 * Where a path can be read as `layer` and those below left it: for a deleted one as it was right before. undefined where it never was
 * a thing.
 */
export function readableVersion(history: readonly PathVersion[], layer: number): PathVersion | undefined {
  return history.findLast((version) => version.layer <= layer && version.change !== 'deleted')
}
