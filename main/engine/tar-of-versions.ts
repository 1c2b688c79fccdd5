import type { PathBytes } from '../../shared/path-bytes.ts'
import type { Layer, TarEntry, Task } from '../image/element.ts'
import type { EntryTable } from '../image/entry-table.ts'
import type { FileStat, ImageTree } from '../image/image-tree.ts'
import { expandSparse } from '../image/sparse.ts'
import { encodeHeader, endOfArchive, paddingOf } from '../image/tar-header.ts'
import { verifyLayer } from './verify-layer.ts'

/**
 * A tar of versions, folders before what is in them, each under the path that it is given. Folders come first, then everything without
 * content, then files in the order in which their layers have them, so that each layer is read once; then further links of one file.
 */
export async function* tarOfVersions(
  tree: ImageTree,
  layers: readonly Layer[],
  versions: readonly number[],
  pathOf: (version: number) => PathBytes,
  task: Task,
): AsyncGenerator<Uint8Array, void, undefined> {
  const found = sortOut(tree, versions)
  for (const version of found.plain) yield headerOf(tree, version, pathOf(version))
  for (const [layer, files] of found.files) {
    yield* filesOf(tree, layers[layer] as Layer, files, pathOf, task)
  }
  for (const [version, first] of found.links) {
    const { linkname: _, ...entry } = entryOf(tree.stat(version), pathOf(version))
    yield encodeHeader({ ...entry, type: 'link', size: 0, storedSize: 0, linkname: pathOf(first) })
  }
  yield endOfArchive
}

interface Found {
  /** Versions without content, folders before what is in them. */
  readonly plain: readonly number[]
  /** By layer: versions of files in the order of their content. */
  readonly files: ReadonlyMap<number, readonly number[]>
  /** Versions that share the content of another one. */
  readonly links: readonly (readonly [version: number, first: number])[]
}

function sortOut(tree: ImageTree, versions: readonly number[]): Found {
  const directories: number[] = []
  const others: number[] = []
  const files = new Map<number, number[]>()
  const links: [number, number][] = []
  const firstOfInode = new Map<number, number>()
  for (const version of versions) {
    const type = tree.type(version)
    const inode = tree.versions.inode.at(version)
    const first = firstOfInode.get(inode)
    if (type === 'directory') directories.push(version)
    else if (first !== undefined) links.push([version, first])
    else {
      firstOfInode.set(inode, version)
      const layer = tree.versions.born.at(inode)
      const list = type === 'file' ? (files.get(layer) ?? []) : others
      if (type === 'file') files.set(layer, list)
      list.push(version)
    }
  }
  const rowOf = (version: number): number => tree.versions.row.at(tree.versions.inode.at(version))
  for (const list of files.values()) list.sort((a, b) => rowOf(a) - rowOf(b))
  return { plain: [...directories, ...others], files, links }
}

async function* filesOf(
  tree: ImageTree,
  layer: Layer,
  versions: readonly number[],
  pathOf: (version: number) => PathBytes,
  task: Task,
): AsyncGenerator<Uint8Array, void, undefined> {
  await verifyLayer(layer, task.signal)
  const full = versions.filter((version) => tree.size(version) > 0)
  for (const version of versions) if (tree.size(version) === 0) yield headerOf(tree, version, pathOf(version))
  const entries = full.map((version) => contentOf(tree, version))
  const ranges = entries.map((entry) => ({ offset: entry.offset, length: entry.storedSize }))
  for await (const [index, bytes] of layer.contents(ranges, task.signal)) {
    const version = full[index] as number
    yield headerOf(tree, version, pathOf(version))
    yield* expandSparse(entries[index] as TarEntry, bytes)
    yield new Uint8Array(paddingOf(tree.size(version)))
  }
}

function contentOf(tree: ImageTree, version: number): TarEntry {
  const { content } = tree.stat(version)
  return (tree.layers[content.layer] as EntryTable).at(content.row)
}

function headerOf(tree: ImageTree, version: number, path: PathBytes): Uint8Array {
  return encodeHeader(entryOf(tree.stat(version), path))
}

function entryOf(stat: FileStat, path: PathBytes): TarEntry {
  const { type, size, mode, uid, gid, mtime, mtimeNanoseconds, linkname, rare } = stat
  return {
    path,
    type,
    size,
    mode,
    uid,
    gid,
    mtime,
    mtimeNanoseconds,
    ...(linkname === undefined ? {} : { linkname }),
    ...(rare?.device ? { device: rare.device } : {}),
    ...(rare?.xattrs ? { xattrs: rare.xattrs } : {}),
    offset: 0,
    // Holes are written out: few programs read sparse tars.
    storedSize: size,
  }
}
