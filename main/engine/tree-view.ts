import type { Change, Tree } from '../../shared/files.ts'
import { NO_VERSION, type ImageTree } from '../image/image-tree.ts'
import { ROOT_NODE } from '../image/path-nodes.ts'
import { isSameDirectory } from '../image/tree-change.ts'

const CHANGES: readonly Change[] = ['unchanged', 'added', 'modified', 'deleted']
const UNCHANGED = 0
const ADDED = 1
const MODIFIED = 2
const DELETED = 3

/**
 * What a tree of the Files view shows, as columns by node: the merged tree up to a layer, or what one layer changed with the
 * directories above it. A merged tree shows what its top layer deleted only where that layer was named.
 */
export class TreeView {
  readonly tree: ImageTree
  readonly layer: number
  /** The version shown at each node: the living one, or of a deleted path the last; NO_VERSION where the node is no row. */
  readonly shown: Int32Array
  /** Bytes of a whole subtree; content with several links counts once. What was deleted counts only below deleted directories. */
  readonly sizes: Float64Array
  /** Totals of what the tree adds up to; deleted rows and the unchanged directories above a layer's changes are not of it. */
  readonly totals = { files: 0, directories: 0, bytes: 0 }
  readonly #changes: Uint8Array

  constructor(tree: ImageTree, query: Tree) {
    this.tree = tree
    this.layer = Math.min(query.layer ?? tree.lastLayer, tree.lastLayer)
    const count = tree.nodes.length
    this.shown = new Int32Array(count).fill(NO_VERSION)
    this.sizes = new Float64Array(count)
    this.#changes = new Uint8Array(count)
    this.#compare(query.isMerged, query.isMerged && query.layer === undefined)
    this.#addUp(query.isMerged)
  }

  change(node: number): Change {
    return CHANGES[this.#changes[node] as number] as Change
  }

  isDirectory(node: number): boolean {
    return this.tree.type(this.shown[node] as number) === 'directory'
  }

  #compare(isMerged: boolean, isDeletedHidden: boolean): void {
    const { tree, layer, shown } = this
    const { node: nodes } = tree.versions
    const before = new Int32Array(shown.length).fill(NO_VERSION)
    for (let version = 0; version < tree.versionCount; version++) {
      if (tree.isAliveAt(version, layer)) shown[nodes.at(version)] = version
      if (tree.isAliveAt(version, layer - 1)) before[nodes.at(version)] = version
    }
    const isWanted = isMerged ? undefined : new Uint8Array(shown.length)
    // Children are numbered after their parents.
    for (let node = shown.length - 1; node > ROOT_NODE; node--) {
      const change = this.#changeOf(before[node] as number, shown[node] as number)
      this.#changes[node] = change
      if (change === DELETED && !isDeletedHidden) shown[node] = before[node] as number
      if (!isWanted) continue
      if (change !== UNCHANGED) isWanted[node] = 1
      if (isWanted[node] === 1) isWanted[tree.nodes.parent(node)] = 1
      else shown[node] = NO_VERSION
    }
  }

  #changeOf(before: number, after: number): number {
    if (before === after) return UNCHANGED
    if (before === NO_VERSION) return ADDED
    if (after === NO_VERSION) return DELETED
    return isSameDirectory(this.tree, before, after) ? UNCHANGED : MODIFIED
  }

  #addUp(isMerged: boolean): void {
    const { tree, shown, sizes, totals } = this
    const isCounted = new Uint8Array(tree.versionCount)
    for (let node = ROOT_NODE + 1; node < shown.length; node++) {
      if (!this.#isBelowDirectory(node)) shown[node] = NO_VERSION
      const version = shown[node] as number
      if (version === NO_VERSION) continue
      const change = this.#changes[node]
      const isTotal = change !== DELETED && (isMerged || change !== UNCHANGED)
      if (tree.type(version) === 'directory') {
        if (isTotal) totals.directories++
        continue
      }
      if (isTotal) totals.files++
      const inode = tree.versions.inode.at(version)
      if (isCounted[inode] === 1) continue
      isCounted[inode] = 1
      const size = tree.size(version)
      sizes[node] = size
      if (isTotal) totals.bytes += size
    }
    for (let node = shown.length - 1; node > ROOT_NODE; node--) {
      const parent = tree.nodes.parent(node)
      const isGone = this.#changes[node] === DELETED && this.#changes[parent] !== DELETED
      if (!isGone) sizes[parent] = (sizes[parent] as number) + (sizes[node] as number)
    }
    // Every link shows the size of the file, also those that did not count.
    for (let node = ROOT_NODE + 1; node < shown.length; node++)
      if (shown[node] !== NO_VERSION && !this.isDirectory(node))
        sizes[node] = tree.size(shown[node] as number)
  }

  /** What was in a directory that a file replaced has no row to stand under. */
  #isBelowDirectory(node: number): boolean {
    const parent = this.tree.nodes.parent(node)
    return parent === ROOT_NODE || (this.shown[parent] !== NO_VERSION && this.isDirectory(parent))
  }
}
