import { closeSync, constants, mkdirSync, openSync, readSync } from 'node:fs'
import { displayPath } from '../../../shared/path-bytes.ts'
import { NO_VERSION, type ImageTree } from '../../image/image-tree.ts'
import { NO_NODE, ROOT_NODE } from '../../image/path-nodes.ts'
import { resolvePath } from '../../image/resolve-path.ts'

/** What is read of the image's passwd and group at most. */
const MOST_TEXT = 1024 * 1024

/** A file of a written tree, found as a program inside would find it; undefined where there is none. Nothing outside can be meant. */
export async function textInTree(tree: ImageTree, path: string, root: string): Promise<string | undefined> {
  const node = resolvePath(tree, Buffer.from(path).toString('latin1'), tree.lastLayer)
  if (node === NO_NODE) return undefined
  const version = tree.versionAt(node)
  if (version === NO_VERSION || tree.type(version) !== 'file') return undefined
  const place = Buffer.concat([Buffer.from(`${root}/`), Buffer.from(tree.nodes.path(node), 'latin1')])
  const fd = openSync(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const bytes = Buffer.alloc(Math.min(tree.size(version), MOST_TEXT))
    return bytes.toString('utf8', 0, readSync(fd, bytes, 0, bytes.length, 0))
  } finally {
    closeSync(fd)
  }
}

export interface Volume {
  /** Inside, as the image names it. */
  readonly destination: string
  /** The directory below the bundle that it is, free of links. */
  readonly source: string
}

/**
 * The volumes of an image and where in the bundle their content lies: in the root filesystem, or where the image has no such folder in one
 * beside it, which this makes.
 */
export function volumesIn(
  tree: ImageTree,
  volumes: Readonly<Record<string, unknown>>,
  bundle: string,
): Volume[] {
  return Object.keys(volumes).map((destination, index) => {
    const node = resolvePath(tree, Buffer.from(destination).toString('latin1'), tree.lastLayer)
    const version = node === NO_NODE || node === ROOT_NODE ? NO_VERSION : tree.versionAt(node)
    const isThere = version !== NO_VERSION && tree.type(version) === 'directory'
    if (isThere) return { destination, source: `rootfs/${displayPath(tree.nodes.path(node))}` }
    const source = `volumes/${index}${destination.replaceAll(/[^A-Za-z0-9]+/g, '-')}`
    mkdirSync(`${bundle}/${source}`, { recursive: true, mode: 0o755 })
    return { destination, source }
  })
}
