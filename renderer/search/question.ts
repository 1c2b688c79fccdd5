import type { ContentQuery, SearchQuery } from '../../shared/query.ts'
import { isFiltering } from '../../shared/search-filter.ts'
import type { SourceSpec } from '../../shared/uri.ts'
import type { SearchView } from '../image/image-views.ts'
import { filterOf } from './filter-texts.ts'

interface OfImage {
  readonly source: SourceSpec
  readonly layers: readonly number[]
}

/** What the page asks: names in one image or in all, or lines inside the files of one. */
export type Question =
  | (OfImage & { readonly kind: 'names'; readonly query: SearchQuery })
  | (OfImage & { readonly kind: 'contents'; readonly query: ContentQuery })
  | { readonly kind: 'everywhere'; readonly query: SearchQuery }

export type SearchMode = Question['kind']

/** All images are searched by names only. */
export function modeOf({ scope, isInside }: Pick<SearchView, 'scope' | 'isInside'>): SearchMode {
  if (scope === 'everywhere') return 'everywhere'
  return isInside ? 'contents' : 'names'
}

/** What box and filters ask of an image or of all; null where they ask for nothing: everything, or every line. */
export function questionOf(text: string, view: SearchView, source: SourceSpec | null): Question | null {
  const { filter } = filterOf(view.filters)
  const mode = modeOf(view)
  const { isRegex, isCaseSensitive, layers } = view
  if (mode === 'contents') {
    if (text === '' || source === null) return null
    const { isWholeWord, isBinary } = view
    const query = { pattern: text, isRegex, isCaseSensitive, isWholeWord, isBinary, filter }
    return { kind: mode, source, query, layers }
  }
  if (text === '' && !isFiltering(filter)) return null
  const query = { pattern: text, isRegex, isCaseSensitive, isWholeName: view.isWholeName, filter }
  if (mode === 'everywhere') return { kind: mode, query }
  return source && { kind: mode, source, query, layers }
}

/** One text for each question, whatever layers it is narrowed to: what was dismissed from its answers goes by it. */
export function keyOfQuestion({ kind, query }: Question): string {
  return JSON.stringify([kind, query])
}
