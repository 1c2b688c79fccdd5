import { displayPath } from '../../shared/path-bytes.ts'
import { pathFilter } from '../../shared/path-filter.ts'
import type { ModeFilter, SearchFilter } from '../../shared/query.ts'
import type { EntryTable } from './entry-table.ts'

/** What a filter looks at. */
export type FilterRows = Pick<EntryTable, 'path' | 'type' | 'size' | 'mode' | 'uid' | 'gid'>

export type RowTest = (table: FilterRows, row: number) => boolean

/** What a filter asks of an entry by itself: everything but its fate. Undefined where it asks nothing. */
export function rowFilter(filter: SearchFilter): RowTest | undefined {
  const { types, minSize = 0, maxSize = Infinity, uid, gid, modes } = filter
  const isPathWanted = pathFilter(filter)
  const tests: RowTest[] = []
  if (types.length > 0) tests.push((table, row) => types.includes(table.type(row)))
  if (minSize > 0 || maxSize < Infinity)
    // Only a file has a size of its own.
    tests.push((table, row) => {
      const size = table.size(row)
      return table.type(row) === 'file' && size >= minSize && size <= maxSize
    })
  if (uid !== undefined) tests.push((table, row) => table.uid(row) === uid)
  if (gid !== undefined) tests.push((table, row) => table.gid(row) === gid)
  if (modes.length > 0) tests.push((table, row) => modes.every((mode) => isOfMode(table, row, mode)))
  // Last, because it makes a string.
  if (isPathWanted) tests.push((table, row) => isPathWanted(displayPath(table.path(row))))
  return tests.length === 0 ? undefined : (table, row) => tests.every((test) => test(table, row))
}

function isOfMode(table: FilterRows, row: number, mode: ModeFilter): boolean {
  const bits = table.mode(row)
  const type = table.type(row)
  // A symlink's own mode means nothing; a hard link is the file that it points to.
  if (type === 'symlink') return false
  if (mode === 'setuid') return type !== 'directory' && (bits & 0o4000) !== 0
  if (mode === 'setgid') return (bits & 0o2000) !== 0
  if (mode === 'sticky') return (bits & 0o1000) !== 0
  // Everybody may write to a sticky directory, but only to what is their own.
  if (mode === 'world-writable')
    return (bits & 0o002) !== 0 && !(type === 'directory' && (bits & 0o1000) !== 0)
  return type === 'file' && (bits & 0o111) !== 0
}
