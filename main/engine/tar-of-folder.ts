import type { PathBytes } from '../../shared/path-bytes.ts'
import type { Layer, Task } from '../image/element.ts'
import type { ImageTree } from '../image/image-tree.ts'
import { ROOT_NODE } from '../image/path-nodes.ts'
import { tarOfVersions } from './tar-of-versions.ts'

/** A folder of the tree up to `layer`, or of what that layer alone put there; `name` is what it is called in the tar. */
export interface TreeFolder {
  readonly node: number
  readonly name: PathBytes
  readonly layer: number
  readonly isMerged: boolean
}

/** A tar of a folder. */
export function tarOfFolder(
  tree: ImageTree,
  layers: readonly Layer[],
  folder: TreeFolder,
  task: Task,
): AsyncGenerator<Uint8Array, void, undefined> {
  return tarOfVersions(tree, layers, versionsOf(tree, folder), pathsBelow(tree, folder), task)
}

/** Parents before children, in the order in which the layers first named them; of one layer alone its own, and the folders that lead to them. */
function versionsOf(tree: ImageTree, { node, layer, isMerged }: TreeFolder): number[] {
  const found = [...tree.walk(layer, node)].sort(([a], [b]) => a - b)
  if (isMerged) return found.map(([, version]) => version)
  const isWanted = new Set<number>()
  // From the leaves up, so that a parent is asked after all of its children.
  for (const [at, version] of found.toReversed()) {
    if (tree.versions.born.at(version) === layer) isWanted.add(at)
    if (isWanted.has(at)) isWanted.add(tree.nodes.parent(at))
  }
  return found.filter(([at]) => isWanted.has(at)).map(([, version]) => version)
}

/** Paths in the tar: below the folder's own name; of the whole image as they are. */
function pathsBelow(tree: ImageTree, { node, name }: TreeFolder): (version: number) => PathBytes {
  const start = node === ROOT_NODE ? 0 : tree.nodes.path(node).length
  return (version) => {
    const path = tree.nodes.path(tree.versions.node.at(version))
    return node === ROOT_NODE ? path : `${name}${path.slice(start)}`
  }
}
