import { useMemo } from 'react'
import type { SearchHit, SearchQuery, SearchWindow } from '../../shared/query.ts'
import { keyOfSource } from '../../shared/source-name.ts'
import type { SourceSpec } from '../../shared/uri.ts'
import { useClient } from '../client.ts'
import { imageKey } from '../image/image-queries.ts'
import type { SearchView } from '../image/image-views.ts'
import { useWindows, type WindowSource, type Windows } from '../rows/use-windows.ts'

/** What the box asks for; null while it is empty. */
export function queryOf(text: string, view: SearchView): SearchQuery | null {
  if (text === '') return null
  const { isRegex, isCaseSensitive, isWholeName } = view
  return { pattern: text, isRegex, isCaseSensitive, isWholeName }
}

/** Hits in view and around them, numbered over all layers shown. */
export function useSearch(
  source: SourceSpec,
  query: SearchQuery | null,
  layers: readonly number[],
  first: number,
  last: number,
): Windows<SearchWindow, SearchHit> {
  const client = useClient()
  const id = keyOfSource(source)
  const list = useMemo<WindowSource<SearchWindow> | null>(
    () =>
      query && {
        key: [...imageKey(source), 'search', query, layers],
        fetch: (offset, limit, signal) =>
          client.search.names({ source, query, layers: [...layers], offset, limit }, { signal }),
      },
    // oxlint-disable-next-line react/exhaustive-deps -- the id stands for the source
    [client, id, query, layers],
  )
  return useWindows(list, hitsOf, first, last)
}

function hitsOf(window: SearchWindow): readonly SearchHit[] {
  return window.hits
}
