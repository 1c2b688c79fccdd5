import type { PathBytes } from '../../shared/path-bytes.ts'
import { NO_VERSION, type ImageTree } from './image-tree.ts'
import { NO_NODE, ROOT_NODE } from './path-nodes.ts'

/** Linux gives up after as many links in one path (path_resolution(7)). */
const MAX_HOPS = 40
/** PATH_MAX. */
const MAX_TARGET = 4096

/**
 * The node that a path leads to in the tree up to `layer`, as a program inside the root would find it: links are followed, the last one
 * too unless `isLastFollowed` is false, and nothing leads above the root. NO_NODE where it leads nowhere.
 */
export function resolvePath(tree: ImageTree, path: PathBytes, layer: number, isLastFollowed = true): number {
  const pending = path.split('/').reverse()
  let node = ROOT_NODE
  let hops = 0
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (name === '' || name === '.') continue
    if (name === '..') {
      node = Math.max(tree.nodes.parent(node), ROOT_NODE)
      continue
    }
    const bytes = Buffer.from(name, 'latin1')
    const child = tree.nodes.child(node, bytes, 0, bytes.length)
    const version = child === NO_NODE ? NO_VERSION : tree.versionAt(child, layer)
    if (version === NO_VERSION) return NO_NODE
    const type = tree.type(version)
    if (type === 'symlink' && (isLastFollowed || pending.length > 0)) {
      const target = tree.stat(version).linkname ?? ''
      if (++hops > MAX_HOPS || target.length > MAX_TARGET) return NO_NODE
      if (target.startsWith('/')) node = ROOT_NODE
      pending.push(...target.split('/').reverse())
    } else if (type === 'directory' || pending.length === 0) node = child
    else return NO_NODE
  }
  return node
}
