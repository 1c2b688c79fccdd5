import { useMemo, type JSX } from 'react'
import { useSearchView, type SearchView } from '../image/image-views.ts'
import { SearchPane } from './search-pane.tsx'

/** Names its view among those of open images: no source has such a key. */
const EVERYWHERE = 'everywhere'

/** Names in all images opened before, whether one is open or not. */
export function SearchPage(): JSX.Element {
  const kept = useSearchView(EVERYWHERE)
  const view = useMemo<SearchView>(() => ({ ...kept, scope: 'everywhere' }), [kept])
  return <SearchPane id={EVERYWHERE} view={view} searched={null} />
}
