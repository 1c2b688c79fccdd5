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
 * What a tree of the Files view shows, as columns by node: the merged tree up to a layer with what that layer changed; what one layer
 * changed, with the directories above it; or the whole image (merged, no layer named) with what the layers above the base changed of it,
 * and every path that some layer had and the image has no more.
 */
export class TreeView {
  readonly tree: ImageTree
  readonly layer: number
  /** The version shown at each node: the living one, or of a deleted path its last; NO_VERSION where the node is no row. */
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

  #compare(isMerged: boolean, isWholeImage: boolean): void {
    const { tree, layer, shown } = this
    const before = this.#versionsAt(isWholeImage ? 0 : layer - 1)
    const last = isWholeImage ? this.#lastingVersions() : before
    shown.set(this.#versionsAt(layer))
    const isWanted = isMerged ? undefined : new Uint8Array(shown.length)
    // Children are numbered after their parents.
    for (let node = shown.length - 1; node > ROOT_NODE; node--) {
      const isGone = shown[node] === NO_VERSION && last[node] !== NO_VERSION
      const change = isGone ? DELETED : this.#changeOf(before[node] as number, shown[node] as number)
      this.#changes[node] = change
      if (isGone) shown[node] = last[node] as number
      if (!isWanted) continue
      if (change !== UNCHANGED) isWanted[node] = 1
      if (isWanted[node] === 1) isWanted[tree.nodes.parent(node)] = 1
      else shown[node] = NO_VERSION
    }
  }

  /** By node, the version of the merged tree up to a layer. */
  #versionsAt(layer: number): Int32Array {
    return this.#newest((version) => this.tree.isAliveAt(version, layer))
  }

  /** By node, the newest version that outlived its own layer: what a layer made and unmade was in no state of the image. */
  #lastingVersions(): Int32Array {
    const { born, died } = this.tree.versions
    return this.#newest((version) => born.at(version) !== died.at(version))
  }

  #newest(isWanted: (version: number) => boolean): Int32Array {
    const { tree } = this
    const { node } = tree.versions
    const newest = new Int32Array(tree.nodes.length).fill(NO_VERSION)
    for (let version = 0; version < tree.versionCount; version++)
      if (isWanted(version)) newest[node.at(version)] = version
    return newest
  }

  #changeOf(before: number, after: number): number {
    if (before === after) return UNCHANGED
    if (before === NO_VERSION) return ADDED
    return isSameDirectory(this.tree, before, after) ? UNCHANGED : MODIFIED
  }

  #addUp(isMerged: boolean): void {
    const { tree, shown, sizes, totals } = this
    // What is there and what was deleted may be links of one file: each side counts it.
    const countedIn = new Uint8Array(tree.versionCount)
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
      const side = change === DELETED ? 2 : 1
      if ((countedIn[inode] as number) & side) continue
      countedIn[inode] = (countedIn[inode] as number) | side
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
