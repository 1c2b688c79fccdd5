import type { KeyboardEvent } from 'react'
import type { SearchView } from '../image/image-views.ts'
import type { SearchMode } from './question.ts'

export type ToggleName = 'isCaseSensitive' | 'isWholeName' | 'isWholeWord' | 'isRegex' | 'isInside'

export interface Toggle {
  readonly name: ToggleName
  readonly sign: string
  readonly label: string
  /** With Alt. */
  readonly key: string
  /** Why it cannot be used now. */
  readonly isBarred?: string
}

/** What stands in the box, and its keys. */
export function togglesOf(mode: SearchMode): readonly Toggle[] {
  return [
    { name: 'isCaseSensitive', sign: 'Aa', label: 'Match case', key: 'C' },
    mode === 'contents'
      ? { name: 'isWholeWord', sign: '|ab|', label: 'Whole word', key: 'W' }
      : { name: 'isWholeName', sign: '|ab|', label: 'Whole name', key: 'W' },
    { name: 'isRegex', sign: '.*', label: 'Regular expression', key: 'R' },
    {
      name: 'isInside',
      sign: 'Inside files',
      label: 'Inside files',
      key: 'T',
      ...(mode === 'everywhere' ? { isBarred: 'All images are searched by names only' } : {}),
    },
  ]
}

/** Opens and closes the filters. */
export const FILTER_KEY = 'L'

/** What a key with Alt changes; by its place as well: Alt makes another character of it on a Mac. */
export function toggledBy(
  event: KeyboardEvent,
  mode: SearchMode,
  view: SearchView,
): Partial<SearchView> | undefined {
  if (!event.altKey || event.ctrlKey || event.metaKey) return undefined
  const isKey = (key: string): boolean => event.key.toUpperCase() === key || event.code === `Key${key}`
  if (isKey(FILTER_KEY)) return { isFilterShown: !view.isFilterShown }
  const toggle = togglesOf(mode).find(({ key }) => isKey(key))
  if (toggle === undefined) return undefined
  return toggle.isBarred === undefined ? { [toggle.name]: !view[toggle.name] } : {}
}
