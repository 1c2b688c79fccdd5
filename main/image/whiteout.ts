import type { PathBytes } from '../../shared/path-bytes.ts'

const PREFIX = '.wh.'
const OPAQUE = '.wh..wh..opq'
/** AUFS keeps its own bookkeeping under names that start like this (`.wh..wh.plnk`, `.wh..wh.aufs`, `.wh..wh.orph`). */
const AUFS_PREFIX = '.wh..wh.'

export type Whiteout =
  | { readonly kind: 'none' }
  /** Hides `target` and all below it in the layers below. */
  | { readonly kind: 'whiteout'; readonly target: PathBytes }
  /** Hides what the layers below have in `directory` ('' is the root). */
  | { readonly kind: 'opaque'; readonly directory: PathBytes }
  /** Says nothing about the tree: AUFS bookkeeping, or a whiteout of nothing, of `.` or of `..`. */
  | { readonly kind: 'ignored' }

const NONE: Whiteout = { kind: 'none' }
const IGNORED: Whiteout = { kind: 'ignored' }

/**
 * What an entry's name says about the layers below (image-spec, layer.md#whiteouts). Only the last component counts, and the entry's type
 * does not: whatever carries such a name never appears in the tree.
 */
export function whiteoutOf(path: PathBytes): Whiteout {
  const slash = path.lastIndexOf('/')
  if (!path.startsWith(PREFIX, slash + 1)) return NONE
  const name = path.slice(slash + 1)
  const directory = slash < 0 ? '' : path.slice(0, slash)
  if (name === OPAQUE) return { kind: 'opaque', directory }
  const hidden = name.slice(PREFIX.length)
  if (name.startsWith(AUFS_PREFIX) || hidden === '' || hidden === '.' || hidden === '..') return IGNORED
  return { kind: 'whiteout', target: slash < 0 ? hidden : `${directory}/${hidden}` }
}
