import { visible, type PathBytes } from '../../shared/path-bytes.ts'
import type { EntryTable } from './entry-table.ts'
import { IMPLICIT, NO_VERSION, type ImageTree } from './image-tree.ts'
import { IntColumn } from './int-column.ts'
import { NO_NODE, ROOT_NODE } from './path-nodes.ts'
import { TreeBuilder } from './tree-builder.ts'
import { resolveSteps, walkPlainly } from './tree-walk.ts'
import { whiteoutOf } from './whiteout.ts'

const SLASH = 0x2f
const DOT = 0x2e

/**
 * Folds the layers, base first, into one tree, as containerd and umoci apply them (image-spec, layer.md): a whiteout or opaque mark hides
 * what lower layers have and never what its own layer has, wherever it stands in the tar; a directory over a directory keeps the
 * children and takes the new metadata; anything else replaces what was there with all below it; a later entry of the same path wins;
 * a parent that is a symlink is followed inside the root. A null layer is one nobody has read yet: it changes nothing. Pure; linear in
 * entries, whatever they say (CVE-2026-95838).
 */
export function flatten(layers: readonly (EntryTable | null)[]): ImageTree {
  const builder = new TreeBuilder(layers)
  const versionsOfRows = layers.map((table, layer) => table && new LayerFold(builder, layer, table).apply())
  return builder.finish(versionsOfRows)
}

/** One layer being applied to the tree. */
class LayerFold {
  readonly #tree: TreeBuilder
  readonly #layer: number
  readonly #table: EntryTable
  #row = 0
  /**
   * The last parent directory and its bytes in the table's names, as entries come directory by directory. Forgotten when anything is
   * replaced or hidden (node-tar, GHSA-r628-mhmh-qjhw).
   */
  #knownParent = NO_NODE
  #knownStart = 0
  #knownLength = -1

  constructor(tree: TreeBuilder, layer: number, table: EntryTable) {
    this.#tree = tree
    this.#layer = layer
    this.#table = table
  }

  /** The version that each row made. */
  apply(): IntColumn {
    const { length, names, pathEnds, linkEnds } = this.#table.columns
    // Mostly one after the other.
    const made = new IntColumn(length, this.#tree.versionCount, 1)
    for (let row = 0; row < length; row++) {
      this.#row = row
      this.#tree.at(this.#layer, row)
      const start = row === 0 ? 0 : (linkEnds[row - 1] as number)
      const end = pathEnds[row] as number
      const nameStart = nameStartOf(names, start, end)
      made.push(this.#applyRow(names, start, nameStart, end))
    }
    return made
  }

  #applyRow(names: Uint8Array, start: number, nameStart: number, end: number): number {
    if (isWhiteoutName(names, nameStart, end)) {
      this.#applyWhiteout(this.#table.path(this.#row))
      return NO_VERSION
    }
    return start === end ? this.#applyRoot() : this.#applyEntry(names, start, nameStart, end)
  }

  #applyEntry(names: Uint8Array, start: number, nameStart: number, end: number): number {
    const tree = this.#tree
    const type = this.#table.type(this.#row)
    const parent = this.#parentOf(names, start, nameStart)
    if (parent === NO_NODE) return NO_VERSION
    const inode = type === 'link' ? this.#linkTarget(this.#table.linkname(this.#row) ?? '') : undefined
    const node = tree.ensureChild(parent, names, nameStart, end)
    const before = tree.alive(node)
    // The known parent may have been found where a symlink of this name, or a hard link to one, was not there yet.
    if (type === 'symlink' || type === 'link') this.#knownLength = -1
    if (before !== NO_VERSION) {
      const isMerge = type === 'directory' && tree.isDirectory(before)
      if (!isMerge) {
        this.#knownLength = -1
        tree.endChildren(node)
      }
      tree.end(before)
    }
    return tree.begin(node, this.#row, inode)
  }

  /** Only a directory may stand at the root (CVE-2021-29136: umoci let a link take its place). */
  #applyRoot(): number {
    if (this.#table.type(this.#row) !== 'directory') {
      this.#note('names the root and is not a directory; it is left out')
      return NO_VERSION
    }
    this.#tree.end(this.#tree.alive(ROOT_NODE))
    return this.#tree.begin(ROOT_NODE, this.#row)
  }

  /** The inode a hard link shares; undefined, with a note, where there is none: the link is then a file of its own without content. */
  #linkTarget(target: PathBytes): number | undefined {
    const version = this.#tree.alive(this.#find(target))
    if (version !== NO_VERSION && !this.#tree.isDirectory(version)) return this.#tree.inode(version)
    const reason = version === NO_VERSION ? 'which is not there' : 'which is a directory'
    this.#note(`is a hard link to ${visible(target)}, ${reason}; it is shown as an empty file`)
    return undefined
  }

  #applyWhiteout(path: PathBytes): void {
    const whiteout = whiteoutOf(path)
    if (whiteout.kind !== 'whiteout' && whiteout.kind !== 'opaque') return
    if (whiteout.kind === 'opaque') {
      const directory = this.#walkTo(Buffer.from(whiteout.directory, 'latin1'), false)
      if (directory === NO_NODE) return
      this.#knownLength = -1
      this.#tree.hideChildren(directory)
      return
    }
    const node = this.#find(whiteout.target)
    if (this.#tree.alive(node) === NO_VERSION) return
    this.#knownLength = -1
    this.#tree.hide(node)
  }

  /** The node of a path whose parents may be links; its last component is not followed. */
  #find(path: PathBytes): number {
    const bytes = Buffer.from(path, 'latin1')
    const nameStart = nameStartOf(bytes, 0, bytes.length)
    const parent = this.#walkTo(bytes.subarray(0, Math.max(nameStart - 1, 0)), false)
    return parent === NO_NODE ? NO_NODE : this.#tree.nodes.child(parent, bytes, nameStart, bytes.length)
  }

  /** The directory that holds the entry, made where nothing described it. `nameStart` is where the entry's own name starts. */
  #parentOf(names: Uint8Array, start: number, nameStart: number): number {
    const length = nameStart - start
    if (length === 0) return ROOT_NODE
    if (length === this.#knownLength && isEqual(names, start, this.#knownStart, length))
      return this.#knownParent
    const parent = this.#walkTo(names.subarray(start, nameStart - 1), true)
    this.#knownParent = parent
    this.#knownStart = start
    this.#knownLength = parent === NO_NODE ? -1 : length
    return parent
  }

  /** The directory at a path, symlinks followed inside the root. Where `isMade`, what is missing is made, as `mkdir -p` would. */
  #walkTo(path: Uint8Array, isMade: boolean): number {
    const plain = walkPlainly(this.#tree, path)
    if (plain !== NO_NODE) return plain
    const trail = resolveSteps(this.#tree, path)
    if (!trail) {
      this.#note('leads through too many or too long symbolic links; it is left out')
      return NO_NODE
    }
    let node = ROOT_NODE
    for (const { bytes, start, end, ...step } of trail) {
      const next = isMade ? this.#tree.ensureChild(node, bytes, start, end) : step.node
      if (!this.#enter(next, isMade)) return NO_NODE
      node = next
    }
    return node
  }

  /** Whether the node is a directory: made one where nothing is there, or a file is. */
  #enter(node: number, isMade: boolean): boolean {
    const version = this.#tree.alive(node)
    if (version !== NO_VERSION && this.#tree.isDirectory(version)) return true
    if (!isMade) return false
    if (version !== NO_VERSION) {
      this.#note('lies below something that is not a directory; a directory takes its place')
      this.#tree.end(version)
    }
    this.#tree.begin(node, IMPLICIT)
    return true
  }

  #note(what: string): void {
    const path = this.#table.path(this.#row)
    this.#tree.note(path, `${visible(path === '' ? '/' : path)} in layer ${this.#layer} ${what}.`)
  }
}

function nameStartOf(bytes: Uint8Array, start: number, end: number): number {
  let at = end
  while (at > start && bytes[at - 1] !== SLASH) at--
  return at
}

/** Whether the name starts with `.wh.`; the rest of the question is `whiteoutOf`'s. */
function isWhiteoutName(bytes: Uint8Array, start: number, end: number): boolean {
  return (
    end - start >= 4 &&
    bytes[start] === DOT &&
    bytes[start + 1] === 0x77 &&
    bytes[start + 2] === 0x68 &&
    bytes[start + 3] === DOT
  )
}

function isEqual(bytes: Uint8Array, a: number, b: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (bytes[a + i] !== bytes[b + i]) return false
  return true
}
