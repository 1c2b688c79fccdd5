import type { EntryTable } from '../../image/entry-table.ts'
import type { PathBytes } from '../../../shared/path-bytes.ts'
import { whiteoutOf } from '../../image/whiteout.ts'

/** A whiteout (of `path`) or an opaque mark (in `path`) as an entry has it. */
export interface Hiding {
  readonly path: PathBytes
  readonly isOpaque: boolean
}

/**
 * The whiteouts of a layer that says by itself where each of its entries goes, whatever lies below: every parent was described before as a
 * directory, nothing changes its kind, every hard link leads to a file of the layer. Undefined for all others.
 */
export function selfContained(table: EntryTable): readonly Hiding[] | undefined {
  const directories = new Set<PathBytes>([''])
  const others = new Set<PathBytes>()
  const hidings: Hiding[] = []
  for (let row = 0; row < table.length; row++) {
    const path = table.path(row)
    const type = table.type(row)
    const whiteout = whiteoutOf(path)
    if (whiteout.kind === 'ignored') continue
    // Another thing than a directory at the root is left out.
    if (path === '' && type !== 'directory') continue
    if (path !== '' && !directories.has(parentOf(path))) return undefined
    if (whiteout.kind === 'opaque') hidings.push({ path: whiteout.directory, isOpaque: true })
    else if (whiteout.kind === 'whiteout') hidings.push({ path: whiteout.target, isOpaque: false })
    else if (type === 'directory') {
      if (others.has(path)) return undefined
      directories.add(path)
    } else {
      if (directories.has(path)) return undefined
      if (type === 'link' && !others.has(table.linkname(row) ?? '')) return undefined
      others.add(path)
    }
  }
  return hidings
}

function parentOf(path: PathBytes): PathBytes {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0))
}
