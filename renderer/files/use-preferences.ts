import { sortSchema, type Sort } from '../../shared/files.ts'
import { useRemembered } from '../settings/remembered.ts'

export interface FilesPreferences {
  readonly view: 'tree' | 'list'
  readonly sort: Sort
}

const initialSort: Sort = { by: 'size', isDescending: true }

/** How the person likes to see files, in every image. */
export function useFilesPreferences(): FilesPreferences & {
  readonly setView: (view: 'tree' | 'list') => void
  readonly setSort: (sort: Sort) => void
} {
  const [view, setView] = useRemembered<'tree' | 'list'>('files.view', 'tree', isView)
  const [sort, setSort] = useRemembered<Sort>('files.sort', initialSort, isSort)
  return { view, sort, setView, setSort }
}

function isView(value: unknown): value is 'tree' | 'list' {
  return value === 'tree' || value === 'list'
}

function isSort(value: unknown): value is Sort {
  return sortSchema.safeParse(value).success
}
