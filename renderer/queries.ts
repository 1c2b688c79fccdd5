import { QueryClient, useQuery, type UseQueryResult } from '@tanstack/react-query'
import type { ImageInfo } from '../shared/image.ts'
import type { EngineInfo } from '../shared/remote.ts'
import type { RecentImage } from '../shared/recent.ts'
import type { Settings } from '../shared/settings.ts'
import { keyOfSource } from '../shared/source-name.ts'
import type { SourceSpec } from '../shared/uri.ts'
import { useClient } from './client.ts'

/**
 * Keys of everything that is pulled. What belongs to an image has its key second (`['rows', keyOfSource(source), …]`), so that all of it
 * can be asked for again once the image's index is complete.
 */
export const recentKey = ['recent'] as const
export const settingsKey = ['settings'] as const
export const cacheSizeKey = ['cache-size'] as const
export const enginesKey = ['engines'] as const

export function infoKey(source: SourceSpec): readonly string[] {
  return ['inspect', keyOfSource(source)]
}

/** An image's content never changes under its key; only what we know of it does, and that is told by its index job. */
export function createQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { retry: false, staleTime: Infinity, refetchOnWindowFocus: false, networkMode: 'always' },
    },
  })
}

/** Asks again for everything that belongs to an image. */
export async function refreshImage(queries: QueryClient, source: SourceSpec): Promise<void> {
  const key = keyOfSource(source)
  await queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[1] === key })
}

export function useImageInfo(source: SourceSpec): UseQueryResult<ImageInfo> {
  const client = useClient()
  return useQuery({
    queryKey: infoKey(source),
    queryFn: ({ signal }) => client.images.inspect({ source }, { signal }),
  })
}

export function useRecent(): UseQueryResult<RecentImage[]> {
  const client = useClient()
  return useQuery({
    queryKey: recentKey,
    queryFn: ({ signal }) => client.images.recent(undefined, { signal }),
    staleTime: 0,
  })
}

export function useSettings(): UseQueryResult<Settings> {
  const client = useClient()
  return useQuery({
    queryKey: settingsKey,
    queryFn: ({ signal }) => client.settings.get(undefined, { signal }),
  })
}

/** The engines that were found; App has them asked for again (engines/follow-engines.ts). */
export function useEngines(): UseQueryResult<EngineInfo[]> {
  const client = useClient()
  return useQuery({
    queryKey: enginesKey,
    queryFn: ({ signal }) => client.engines.list(undefined, { signal }),
  })
}
