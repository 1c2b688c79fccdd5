/*
 * What a filter is made of, without the schemas of `query.ts`: a command line that only reads its options should not wait for them.
 */

export const FATES = ['added', 'modified', 'surviving', 'deleted', 'hidden'] as const
export const MODES = ['setuid', 'setgid', 'sticky', 'world-writable', 'executable'] as const

/** A SearchFilter that leaves nothing out. */
export const NO_FILTER = { include: [], exclude: [], types: [], modes: [], fates: [] }

/** Whether a SearchFilter leaves anything out. */
export function isFiltering(filter: object): boolean {
  return Object.values(filter).some((part: unknown) =>
    Array.isArray(part) ? part.length > 0 : part !== undefined,
  )
}
