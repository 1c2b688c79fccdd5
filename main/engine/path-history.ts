import type { PathVersion } from '../../shared/files.ts'
import type { ImageInfo } from '../../shared/image.ts'
import type { PathBytes } from '../../shared/path-bytes.ts'
import type { EntryTable } from '../image/entry-table.ts'
import { ALIVE, NO_VERSION, type ImageTree } from '../image/image-tree.ts'
import { NO_NODE } from '../image/path-nodes.ts'
import { resolvePath } from '../image/resolve-path.ts'
import { isSameDirectory } from '../image/tree-change.ts'

/** A path's life through the layers, oldest first; empty where no layer ever had it. */
export function pathHistory(tree: ImageTree, info: ImageInfo, path: PathBytes): PathVersion[] {
  const exact = tree.nodes.find(path)
  const node = exact === NO_NODE ? resolvePath(tree, path, tree.lastLayer, false) : exact
  const history: PathVersion[] = []
  let before = NO_VERSION
  for (const version of lastingVersions(tree, node)) {
    const isReplacing =
      before !== NO_VERSION && tree.versions.died.at(before) === tree.versions.born.at(version)
    if (before !== NO_VERSION && !isReplacing) history.push(deletion(tree, info, before))
    if (!isReplacing || !isSameDirectory(tree, before, version))
      history.push(appearance(tree, info, version, isReplacing ? 'modified' : 'added'))
    before = version
  }
  if (before !== NO_VERSION && tree.versions.died.at(before) !== ALIVE)
    history.push(deletion(tree, info, before))
  return history
}

/** The node's versions, oldest first, without those that their own layer replaced. */
function lastingVersions(tree: ImageTree, node: number): number[] {
  const { born, died, previous } = tree.versions
  const versions: number[] = []
  for (let version = tree.latestVersion(node); version !== NO_VERSION; version = previous.at(version))
    if (born.at(version) !== died.at(version)) versions.push(version)
  return versions.reverse()
}

function appearance(
  tree: ImageTree,
  info: ImageInfo,
  version: number,
  change: 'added' | 'modified',
): PathVersion {
  const { type, size, mode, mtime, layer } = tree.stat(version)
  return { layer, change, type, size, mode, mtime, ...createdBy(info, layer) }
}

function deletion(tree: ImageTree, info: ImageInfo, version: number): PathVersion {
  const layer = tree.versions.died.at(version)
  const by = (tree.layers[layer] as EntryTable).path(tree.versions.killer.at(version))
  return { layer, change: 'deleted', by, ...createdBy(info, layer) }
}

function createdBy(info: ImageInfo, layer: number): { createdBy?: string } {
  const command = info.layers[layer]?.createdBy
  return command === undefined ? {} : { createdBy: command }
}
