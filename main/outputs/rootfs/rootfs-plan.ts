import { IMPLICIT, NO_VERSION, type FileStat, type ImageTree } from '../../image/image-tree.ts'
import { NO_NODE, ROOT_NODE } from '../../image/path-nodes.ts'
import type { PathBytes } from '../../../shared/path-bytes.ts'
import { BATCH, BatchBuilder } from './batch-builder.ts'
import type { FileBatch } from './file-batch.ts'

/** What is neither a directory nor a file with content, and what it is made of. */
export interface PlannedNode {
  readonly path: PathBytes
  readonly stat: FileStat
}

/** A further name of a file. */
export interface PlannedLink {
  readonly path: PathBytes
  /** The file's name that is written first. */
  readonly target: PathBytes
  /** A link to something that has no content of its own: a device, a symlink. */
  readonly stat: FileStat
}

/** A part of the tree, as it is at the time of a layer. */
export interface PlannedPart {
  readonly layer: number
  /** Parents before their children and always with them, the root first; of an inode all names of that time that are to be one file. */
  readonly nodes: ReadonlySet<number>
  /** Which attributes are written; the others would mean something where this is written. */
  readonly isKept: (xattr: string) => boolean
}

/**
 * What is written of an image's tree, in which order: directories, parents first; files layer by layer in the order of their content;
 * everything else. Only what the whole tree shows is in it, or a part of what it shows at the time of one layer; nothing is kept for each
 * file but a few numbers.
 */
export class RootfsPlan {
  readonly tree: ImageTree
  /** Nodes of directories, parents before children, the root first. */
  readonly directories: Int32Array
  /** Bytes of all files, each inode once. */
  readonly bytes: number
  readonly #part: PlannedPart | undefined
  /** The time at which the tree is looked at. */
  readonly #layer: number
  /** Files with content of their own, by the layer that has it. */
  readonly #filesIn: Int32Array
  /** The name under which an inode is written, where its first one is not there any more. */
  readonly #carriers = new Map<number, number>()
  /** Nodes that are further names. */
  readonly #links: number[] = []
  readonly #others: number[] = []

  constructor(tree: ImageTree, part?: PlannedPart) {
    this.tree = tree
    this.#part = part
    this.#layer = part?.layer ?? tree.lastLayer
    this.#filesIn = new Int32Array(tree.layers.length)
    const directories: number[] = [ROOT_NODE]
    let bytes = 0
    for (const [node, version] of this.#chosen()) {
      const type = tree.type(version)
      if (type === 'directory') {
        directories.push(node)
        continue
      }
      const inode = tree.versions.inode.at(version)
      const isFirst = inode === version || this.#isCarrier(inode, node)
      if (!isFirst) this.#links.push(node)
      else if (type === 'file') {
        bytes += tree.size(version)
        const layer = tree.versions.born.at(inode)
        this.#filesIn[layer] = (this.#filesIn[layer] as number) + 1
      } else this.#others.push(node)
    }
    this.directories = Int32Array.from(directories)
    this.bytes = bytes
  }

  /** Whether files whose content a layer has are in it. */
  hasFilesOf(layer: number): boolean {
    return (this.#filesIn[layer] as number) > 0
  }

  pathOf(node: number): PathBytes {
    return this.tree.nodes.path(node)
  }

  /** Undefined for a directory that no entry describes. */
  statOf(node: number): FileStat | undefined {
    const version = this.tree.versionAt(node, this.#layer)
    if (version === NO_VERSION || this.tree.versions.row.at(version) === IMPLICIT) return undefined
    return this.#stat(version)
  }

  *links(): Generator<PlannedLink, void, undefined> {
    const { tree } = this
    for (const node of this.#links) {
      const version = tree.versionAt(node, this.#layer)
      const target = this.#carrierOf(tree.versions.inode.at(version))
      yield { path: this.pathOf(node), target: this.pathOf(target), stat: this.#stat(version) }
    }
  }

  *others(): Generator<PlannedNode, void, undefined> {
    for (const node of this.#others)
      yield { path: this.pathOf(node), stat: this.#stat(this.tree.versionAt(node, this.#layer)) }
  }

  /** The files whose content a layer has, in the order of that content. */
  *batches(layer: number): Generator<FileBatch, void, undefined> {
    const table = this.tree.layers[layer]
    if (!table) return
    let batch = new BatchBuilder()
    for (let row = 0; row < table.length; row++) {
      const version = this.tree.versionOfRow(layer, row)
      if (version === NO_VERSION || this.tree.versions.inode.at(version) !== version) continue
      if (this.tree.type(version) !== 'file') continue
      const node = this.#carrierOf(version)
      if (node === NO_NODE) continue
      batch.add(this.pathOf(node), this.#stat(version), table.offset(row))
      if (batch.length < BATCH) continue
      yield batch.build()
      batch = new BatchBuilder()
    }
    if (batch.length > 0) yield batch.build()
  }

  *#chosen(): Generator<readonly [node: number, version: number], void, undefined> {
    if (!this.#part) {
      yield* this.tree.walk()
      return
    }
    for (const node of this.#part.nodes)
      if (node !== ROOT_NODE) yield [node, this.tree.versionAt(node, this.#layer)]
  }

  #stat(version: number): FileStat {
    const stat = this.tree.stat(version)
    const { rare } = stat
    const isKept = this.#part?.isKept
    if (!isKept || !rare?.xattrs) return stat
    const xattrs = Object.fromEntries(Object.entries(rare.xattrs).filter(([name]) => isKept(name)))
    return { ...stat, rare: { ...rare, xattrs } }
  }

  /** Makes the node the one that carries the inode, where no other does. */
  #isCarrier(inode: number, node: number): boolean {
    if (this.#isThere(inode) || this.#carriers.has(inode)) return false
    this.#carriers.set(inode, node)
    return true
  }

  #carrierOf(inode: number): number {
    if (this.#isThere(inode)) return this.tree.versions.node.at(inode)
    return this.#carriers.get(inode) ?? NO_NODE
  }

  /** Whether the inode's first name is in the plan. */
  #isThere(inode: number): boolean {
    if (!this.tree.isAliveAt(inode, this.#layer)) return false
    return !this.#part || this.#part.nodes.has(this.tree.versions.node.at(inode))
  }
}
