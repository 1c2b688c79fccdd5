import { NO_VERSION, type ImageTree } from './image-tree.ts'

/**
 * Whether `after` says nothing new over `before`: both are directories of the same owner, mode and attributes. A directory's time only
 * says that something in it changed, and every builder writes the parents of what a layer adds.
 */
export function isSameDirectory(tree: ImageTree, before: number, after: number): boolean {
  if (tree.type(before) !== 'directory' || tree.type(after) !== 'directory') return false
  const a = tree.stat(before)
  const b = tree.stat(after)
  return (
    a.mode === b.mode && a.uid === b.uid && a.gid === b.gid && isSameXattrs(a.rare?.xattrs, b.rare?.xattrs)
  )
}

function isSameXattrs(
  a: Readonly<Record<string, Uint8Array>> = {},
  b: Readonly<Record<string, Uint8Array>> = {},
): boolean {
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => {
      const other = Object.hasOwn(b, name) ? b[name] : undefined
      return other !== undefined && Buffer.compare(a[name] as Uint8Array, other) === 0
    })
  )
}

/** What became of a version: still there in the whole image, or the layer that replaced or deleted it. */
export type Fate =
  | { readonly state: 'present' }
  | { readonly state: 'replaced' | 'deleted'; readonly by: number }

const PRESENT: Fate = { state: 'present' }

export function fateOf(tree: ImageTree, version: number): Fate {
  const { died, node } = tree.versions
  let current = version
  while (!tree.isAliveAt(current, tree.lastLayer)) {
    const by = died.at(current)
    const next = tree.versionAt(node.at(current), by)
    if (next === NO_VERSION) return { state: 'deleted', by }
    if (!isSameDirectory(tree, current, next)) return { state: 'replaced', by }
    current = next
  }
  return PRESENT
}
