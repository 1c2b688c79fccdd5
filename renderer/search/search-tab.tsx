import type { JSX } from 'react'
import { useSearchView } from '../image/image-views.ts'
import type { Searched } from './looked-at.tsx'
import { SearchPane } from './search-pane.tsx'

/** The search page of an open image. */
export function SearchTab({ image, info }: Searched): JSX.Element {
  return <SearchPane id={image.id} view={useSearchView(image.id)} searched={{ image, info }} />
}
