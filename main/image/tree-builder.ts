import type { PathBytes } from '../../shared/path-bytes.ts'
import type { EntryTable } from './entry-table.ts'
import {
  ALIVE,
  ImageTree,
  IMPLICIT,
  NO_VERSION,
  type TreeProblem,
  type VersionColumns,
} from './image-tree.ts'
import { IntColumn } from './int-column.ts'
import { NO_NODE, PathNodes, ROOT_NODE } from './path-nodes.ts'

/** What is wrong with an image is told by its first problems. */
const MAX_PROBLEMS = 100
/** Memory for as many may be taken before it is known that layers do not name the same paths again and again. */
const MANY_NODES = 2 ** 18
/** In `previousAlive`: not in its parent's list of living children. NO_NODE there is the list's first. */
const UNLISTED = -2

/** The tree while layers are folded into it: what begins, ends and hides at a node. `at` says which entry is the cause. */
export class TreeBuilder {
  readonly nodes: PathNodes
  readonly #layers: readonly (EntryTable | null)[]
  readonly #versions: VersionColumns
  readonly #problems: TreeProblem[] = []
  readonly #hidings = { layer: new IntColumn(), node: new IntColumn() }

  // Columns by node.
  readonly #latest: IntColumn
  /** The layer that last put something at or below the node; 0 also where none did. */
  readonly #touched: IntColumn
  /** The layer in which everything lower below the node was hidden, so that it is not looked for twice. */
  readonly #cleared: IntColumn
  /** The living children of each node as a doubly linked list, so that the dead cost nothing. */
  readonly #firstAlive: IntColumn
  readonly #nextAlive: IntColumn
  readonly #previousAlive: IntColumn

  #layer = 0
  #row = IMPLICIT

  constructor(layers: readonly (EntryTable | null)[]) {
    this.#layers = layers
    const rows = layers.map((table) => table?.length ?? 0)
    const versions = 1024 + rows.reduce((sum, count) => sum + count, 0)
    this.#versions = versionColumns(versions)
    const nodes = Math.max(Math.min(versions, MANY_NODES), ...rows)
    this.nodes = new PathNodes(nodes)
    this.#latest = new IntColumn(nodes, NO_VERSION)
    this.#touched = new IntColumn(nodes)
    this.#cleared = new IntColumn(nodes, -1)
    this.#firstAlive = new IntColumn(nodes, NO_NODE)
    this.#nextAlive = new IntColumn(nodes, NO_NODE)
    this.#previousAlive = new IntColumn(nodes, UNLISTED)
    this.begin(ROOT_NODE, IMPLICIT)
  }

  get versionCount(): number {
    return this.#versions.node.length
  }

  /** The entry that all that follows comes from. */
  at(layer: number, row: number): void {
    this.#layer = layer
    this.#row = row
  }

  note(path: PathBytes, message: string): void {
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push({ layer: this.#layer, path, message })
  }

  finish(versionsOfRows: readonly (IntColumn | null)[]): ImageTree {
    const own = [this.#touched, this.#cleared, this.#firstAlive, this.#nextAlive, this.#previousAlive]
    for (const column of own) column[Symbol.dispose]()
    return new ImageTree({
      layers: this.#layers,
      nodes: this.nodes,
      versions: this.#versions,
      problems: this.#problems,
      hidings: this.#hidings,
      latest: this.#latest,
      versionsOfRows,
    })
  }

  ensureChild(parent: number, bytes: Uint8Array, start: number, end: number): number {
    return this.nodes.ensureChild(parent, bytes, start, end)
  }

  /** The node's living version, or NO_VERSION. */
  alive(node: number): number {
    const version = node === NO_NODE ? NO_VERSION : this.#latest.at(node)
    return version !== NO_VERSION && this.#versions.died.at(version) === ALIVE ? version : NO_VERSION
  }

  inode(version: number): number {
    return this.#versions.inode.at(version)
  }

  isDirectory(version: number): boolean {
    const inode = this.inode(version)
    const row = this.#versions.row.at(inode)
    return row === IMPLICIT || this.#tableOf(inode).type(row) === 'directory'
  }

  /** Where the living symlink at the node points, as it stands; undefined where there is none. */
  symlinkTarget(node: number): string | undefined {
    const version = this.alive(node)
    if (version === NO_VERSION) return undefined
    const inode = this.inode(version)
    const row = this.#versions.row.at(inode)
    if (row === IMPLICIT || this.#tableOf(inode).type(row) !== 'symlink') return undefined
    return this.#tableOf(inode).linkname(row) ?? ''
  }

  /** A new living version at a node that has none; `inode` where it is a hard link to that version's. */
  begin(node: number, row: number, inode?: number): number {
    const versions = this.#versions
    const version = versions.node.length
    versions.node.push(node)
    versions.born.set(version, this.#layer)
    versions.row.set(version, row)
    versions.inode.set(version, inode ?? version)
    const previous = this.#latest.at(node)
    if (previous !== NO_VERSION) versions.previous.set(version, previous)
    this.#latest.set(node, version)
    if (node !== ROOT_NODE && this.#previousAlive.at(node) === UNLISTED) this.#list(node)
    for (let at = node; at !== NO_NODE && this.#touched.at(at) !== this.#layer; at = this.nodes.parent(at))
      this.#touched.set(at, this.#layer)
    return version
  }

  /** Ends a version; another must begin at its node, or the node be unlisted. */
  end(version: number): void {
    this.#versions.died.set(version, this.#layer)
    this.#versions.killer.set(version, this.#row)
  }

  /** Ends everything below the node, of whatever layer. */
  endChildren(node: number): void {
    // Most that are replaced are files.
    if (this.#firstAlive.at(node) === NO_NODE) return
    const pending = [node]
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      for (let child = this.#firstAlive.at(at); child !== NO_NODE; child = this.#nextAlive.at(child)) {
        this.end(this.#latest.at(child))
        this.#previousAlive.set(child, UNLISTED)
        pending.push(child)
      }
      this.#firstAlive.set(at, NO_NODE)
    }
  }

  /** Hides what lower layers have at the node and below it; what this layer put there stays. */
  hide(node: number): void {
    this.#noteHiding(node)
    this.#hideAll([node])
  }

  /** Hides what lower layers have below the node. */
  hideChildren(node: number): void {
    this.#noteHiding(node)
    const nodes: number[] = []
    this.#pushUncleared(node, nodes)
    this.#hideAll(nodes)
  }

  #noteHiding(node: number): void {
    this.#hidings.layer.push(this.#layer)
    this.#hidings.node.push(node)
  }

  #hideAll(nodes: number[]): void {
    for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
      const version = this.#latest.at(node)
      if (this.#touched.at(node) !== this.#layer) {
        this.endChildren(node)
        this.end(version)
        this.#unlist(node)
        continue
      }
      if (this.#versions.born.at(version) !== this.#layer) {
        // Hidden itself, but something of this layer lies below it: that needs a directory.
        this.end(version)
        this.begin(node, IMPLICIT)
      }
      this.#pushUncleared(node, nodes)
    }
  }

  #pushUncleared(node: number, onto: number[]): void {
    if (this.#cleared.at(node) === this.#layer) return
    this.#cleared.set(node, this.#layer)
    for (let child = this.#firstAlive.at(node); child !== NO_NODE; child = this.#nextAlive.at(child))
      onto.push(child)
  }

  #list(node: number): void {
    const parent = this.nodes.parent(node)
    const first = this.#firstAlive.at(parent)
    this.#previousAlive.set(node, NO_NODE)
    this.#nextAlive.set(node, first)
    if (first !== NO_NODE) this.#previousAlive.set(first, node)
    this.#firstAlive.set(parent, node)
  }

  #unlist(node: number): void {
    const previous = this.#previousAlive.at(node)
    const next = this.#nextAlive.at(node)
    if (previous === NO_NODE) this.#firstAlive.set(this.nodes.parent(node), next)
    else this.#nextAlive.set(previous, next)
    if (next !== NO_NODE) this.#previousAlive.set(next, previous)
    this.#previousAlive.set(node, UNLISTED)
  }

  #tableOf(version: number): EntryTable {
    return this.#layers[this.#versions.born.at(version)] as EntryTable
  }
}

/**
 * For about so many versions; all live, and end by nothing, until it is said otherwise. In the first layer of most images each entry
 * makes a node and a version, one after the other.
 */
function versionColumns(capacity: number): VersionColumns {
  return {
    node: new IntColumn(capacity, 0, 1),
    born: new IntColumn(capacity),
    died: new IntColumn(capacity, ALIVE),
    row: new IntColumn(capacity, IMPLICIT, 1),
    killer: new IntColumn(capacity, IMPLICIT),
    inode: new IntColumn(capacity, 0, 1),
    previous: new IntColumn(capacity, NO_VERSION),
  }
}
