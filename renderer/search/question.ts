import { isFiltering, type ContentQuery, type SearchQuery } from '../../shared/query.ts'
import type { SearchView } from '../image/image-views.ts'
import { filterOf } from './filter-texts.ts'

/** What the page asks: names in this image or in all, or lines inside the files of this one. */
export type Question =
  | { readonly kind: 'names'; readonly query: SearchQuery; readonly layers: readonly number[] }
  | { readonly kind: 'contents'; readonly query: ContentQuery; readonly layers: readonly number[] }
  | { readonly kind: 'everywhere'; readonly query: SearchQuery }

export type SearchMode = Question['kind']

/** All images are searched by names only. */
export function modeOf({ scope, isInside }: Pick<SearchView, 'scope' | 'isInside'>): SearchMode {
  if (scope === 'everywhere') return 'everywhere'
  return isInside ? 'contents' : 'names'
}

/** What box and filters ask for; null where they ask for nothing: everything, or every line. */
export function questionOf(text: string, view: SearchView): Question | null {
  const { filter } = filterOf(view.filters)
  const mode = modeOf(view)
  const { isRegex, isCaseSensitive } = view
  if (mode === 'contents') {
    if (text === '') return null
    const { isWholeWord, isBinary } = view
    const query = { pattern: text, isRegex, isCaseSensitive, isWholeWord, isBinary, filter }
    return { kind: mode, query, layers: view.layers }
  }
  if (text === '' && !isFiltering(filter)) return null
  const query = { pattern: text, isRegex, isCaseSensitive, isWholeName: view.isWholeName, filter }
  return mode === 'names' ? { kind: mode, query, layers: view.layers } : { kind: mode, query }
}

/** One text for each question, whatever layers it is narrowed to: what was dismissed from its answers goes by it. */
export function keyOfQuestion({ kind, query }: Question): string {
  return JSON.stringify([kind, query])
}
