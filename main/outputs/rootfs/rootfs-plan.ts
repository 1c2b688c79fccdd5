import { IMPLICIT, NO_VERSION, type FileStat, type ImageTree } from '../../image/image-tree.ts'
import { NO_NODE, ROOT_NODE } from '../../image/path-nodes.ts'
import type { PathBytes } from '../../../shared/path-bytes.ts'
import { BatchBuilder, BATCH } from './batch-builder.ts'
import type { FileBatch } from './file-batch.ts'
import type { PlannedLink, PlannedNode, TreePlan } from './tree-plan.ts'

/**
 * What is written of an image's tree, in which order: directories, parents first; files layer by layer in the order of their content;
 * everything else. Only what the whole tree shows is in it; nothing is kept for each file but a few numbers.
 */
export class RootfsPlan implements TreePlan {
  readonly tree: ImageTree
  /** Nodes of directories, parents before children, the root first. */
  readonly directories: Int32Array
  /** Bytes of all files, each inode once. */
  readonly bytes: number
  /** Files with content of their own, by the layer that has it. */
  readonly #filesIn: Int32Array
  /** The name under which an inode is written, where its first one is not there any more. */
  readonly #carriers = new Map<number, number>()
  /** Nodes that are further names. */
  readonly #links: number[] = []
  readonly #others: number[] = []

  constructor(tree: ImageTree) {
    this.tree = tree
    this.#filesIn = new Int32Array(tree.layers.length)
    const directories: number[] = [ROOT_NODE]
    let bytes = 0
    for (const [node, version] of tree.walk()) {
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

  /** Whether the tree shows any content of a layer. */
  hasFilesOf(layer: number): boolean {
    return (this.#filesIn[layer] as number) > 0
  }

  pathOf(node: number): PathBytes {
    return this.tree.nodes.path(node)
  }

  statOf(node: number): FileStat | undefined {
    const version = this.tree.versionAt(node)
    if (version === NO_VERSION || this.tree.versions.row.at(version) === IMPLICIT) return undefined
    return this.tree.stat(version)
  }

  *links(): Generator<PlannedLink, void, undefined> {
    const { tree } = this
    for (const node of this.#links) {
      const version = tree.versionAt(node)
      const target = this.#carrierOf(tree.versions.inode.at(version))
      yield { path: tree.nodes.path(node), target: tree.nodes.path(target), stat: tree.stat(version) }
    }
  }

  *others(): Generator<PlannedNode, void, undefined> {
    for (const node of this.#others)
      yield { path: this.tree.nodes.path(node), stat: this.tree.stat(this.tree.versionAt(node)) }
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
      batch.add(this.tree.nodes.path(node), this.tree.stat(version), table.offset(row))
      if (batch.length < BATCH) continue
      yield batch.build()
      batch = new BatchBuilder()
    }
    if (batch.length > 0) yield batch.build()
  }

  /** Makes the node the one that carries the inode, where no other does. */
  #isCarrier(inode: number, node: number): boolean {
    if (this.tree.isAliveAt(inode, this.tree.lastLayer) || this.#carriers.has(inode)) return false
    this.#carriers.set(inode, node)
    return true
  }

  #carrierOf(inode: number): number {
    if (this.tree.isAliveAt(inode, this.tree.lastLayer)) return this.tree.versions.node.at(inode)
    return this.#carriers.get(inode) ?? NO_NODE
  }
}
