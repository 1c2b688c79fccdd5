import type { SearchFilter } from './query.ts'

/*
 * What a filter is made of, without the schemas: a command line that only reads its options should not wait for them.
 */

export const FATES = ['added', 'modified', 'surviving', 'deleted', 'hidden'] as const
export const MODES = ['setuid', 'setgid', 'sticky', 'world-writable', 'executable'] as const

export const NO_FILTER: SearchFilter = { include: [], exclude: [], types: [], modes: [], fates: [] }

/** Whether the filter leaves anything out. */
export function isFiltering(filter: SearchFilter): boolean {
  const { include, exclude, types, modes, fates, ...bounds } = filter
  return (
    [include, exclude, types, modes, fates].some((list) => list.length > 0) ||
    Object.values(bounds).some((bound) => bound !== undefined)
  )
}
