import type { EntryType } from '../../shared/files.ts'
import type { PathBytes } from '../../shared/path-bytes.ts'
import type { EntryTable, RareFields } from './entry-table.ts'
import type { IntColumn } from './int-column.ts'
import { NO_NODE, ROOT_NODE, type PathNodes } from './path-nodes.ts'

/** No version: the path is not there at that time. */
export const NO_VERSION = -1
/** `died` of a version that the last layer still shows. */
export const ALIVE = 0x7fff_ffff
/** Row of a directory that no entry describes: its children needed it. */
export const IMPLICIT = -1

/** Something in the layers that no engine could apply as it stands, and what was done instead. */
export interface TreeProblem {
  readonly layer: number
  readonly path: PathBytes
  readonly message: string
}

/** One state of a path: made by an entry of layer `born`, gone or replaced in layer `died`. Columns over all versions, oldest first. */
export interface VersionColumns {
  readonly node: IntColumn
  readonly born: IntColumn
  readonly died: IntColumn
  /** The entry's row in the table of layer `born`. */
  readonly row: IntColumn
  /** The row in the table of layer `died` that ended it: a whiteout or an entry in its place. */
  readonly killer: IntColumn
  /** The version that holds content and metadata: itself, or what a hard link points to. */
  readonly inode: IntColumn
  /** The node's version before this one. */
  readonly previous: IntColumn
}

/** Where a whiteout or an opaque mark hid something: the layer it stands in, and the path it names, links followed. Oldest first. */
export interface HidingColumns {
  readonly layer: IntColumn
  readonly node: IntColumn
}

/** What `lstat` would say. */
export interface FileStat {
  readonly type: Exclude<EntryType, 'link'>
  readonly size: number
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtime: number
  readonly mtimeNanoseconds: number
  readonly linkname?: string
  readonly rare?: RareFields
  /** Equal for hard links of one file. */
  readonly inode: number
  /** The layer whose entry put this path there. */
  readonly layer: number
  /** Where content and metadata are: layer and row of its table; row IMPLICIT for a directory without an entry. */
  readonly content: { readonly layer: number; readonly row: number }
}

/**
 * All layers folded into one structure that knows every moment: each path is a node, each state of it a version with the layers it
 * lived from and to. The tree up to layer N is the versions alive at N, so that no second tree is ever built.
 */
export class ImageTree {
  readonly layers: readonly (EntryTable | null)[]
  readonly nodes: PathNodes
  readonly versions: VersionColumns
  readonly problems: readonly TreeProblem[]
  readonly hidings: HidingColumns
  readonly #latest: IntColumn
  readonly #versionsOfRows: readonly (IntColumn | null)[]

  constructor(parts: {
    readonly layers: readonly (EntryTable | null)[]
    readonly nodes: PathNodes
    readonly versions: VersionColumns
    readonly problems: readonly TreeProblem[]
    readonly hidings: HidingColumns
    /** Last version of each node. */
    readonly latest: IntColumn
    /** For each layer, the version each row made; NO_VERSION for whiteouts and what could not be applied. */
    readonly versionsOfRows: readonly (IntColumn | null)[]
  }) {
    this.layers = parts.layers
    this.nodes = parts.nodes
    this.versions = parts.versions
    this.problems = parts.problems
    this.hidings = parts.hidings
    this.#latest = parts.latest
    this.#versionsOfRows = parts.versionsOfRows
  }

  get lastLayer(): number {
    return this.layers.length - 1
  }

  get versionCount(): number {
    return this.versions.node.length
  }

  isAliveAt(version: number, layer: number): boolean {
    return this.versions.born.at(version) <= layer && this.versions.died.at(version) > layer
  }

  /** The node's version in the tree up to `layer` (the last unless said), or NO_VERSION. */
  versionAt(node: number, layer = this.lastLayer): number {
    let version = this.latestVersion(node)
    while (version !== NO_VERSION && this.versions.born.at(version) > layer)
      version = this.versions.previous.at(version)
    return version !== NO_VERSION && this.isAliveAt(version, layer) ? version : NO_VERSION
  }

  latestVersion(node: number): number {
    return node === NO_NODE ? NO_VERSION : this.#latest.at(node)
  }

  /** The version that a row of a layer made; NO_VERSION for a whiteout or an entry that could not be applied. */
  versionOfRow(layer: number, row: number): number {
    return this.#versionsOfRows[layer]?.at(row) ?? NO_VERSION
  }

  type(version: number): Exclude<EntryType, 'link'> {
    const inode = this.versions.inode.at(version)
    const row = this.versions.row.at(inode)
    if (row === IMPLICIT) return 'directory'
    const type = this.#table(inode).type(row)
    return type === 'link' ? 'file' : type
  }

  /** A file's own bytes; 0 for all else. */
  size(version: number): number {
    const inode = this.versions.inode.at(version)
    const row = this.versions.row.at(inode)
    return row === IMPLICIT ? 0 : this.#table(inode).size(row)
  }

  stat(version: number): FileStat {
    const inode = this.versions.inode.at(version)
    const row = this.versions.row.at(inode)
    const place = {
      inode,
      layer: this.versions.born.at(version),
      content: { layer: this.versions.born.at(inode), row },
    }
    if (row === IMPLICIT) return { ...IMPLICIT_DIRECTORY, ...place }
    const table = this.#table(inode)
    const type = this.type(version)
    const linkname = type === 'symlink' ? table.linkname(row) : undefined
    const rare = table.rare(row)
    return {
      type,
      size: table.size(row),
      mode: table.mode(row),
      uid: table.uid(row),
      gid: table.gid(row),
      mtime: table.mtime(row),
      mtimeNanoseconds: table.columns.mtimeNanoseconds[row] as number,
      ...(linkname === undefined ? {} : { linkname }),
      ...(rare === undefined ? {} : { rare }),
      ...place,
    }
  }

  /** Every node of the tree up to `layer` with its version, parents before children; below `from` (itself first) unless that is the root. */
  *walk(layer = this.lastLayer, from = ROOT_NODE): Generator<readonly [node: number, version: number]> {
    const pending = [from]
    while (pending.length > 0) {
      const node = pending.pop() as number
      const version = this.versionAt(node, layer)
      if (version === NO_VERSION && node !== ROOT_NODE) continue
      if (node !== ROOT_NODE) yield [node, version]
      for (let child = this.nodes.firstChild(node); child !== NO_NODE; child = this.nodes.nextSibling(child))
        pending.push(child)
    }
  }

  #table(version: number): EntryTable {
    return this.layers[this.versions.born.at(version)] as EntryTable
  }
}

/** As `mkdir -p` by root would make it, without a time of its own. */
const IMPLICIT_DIRECTORY = {
  type: 'directory',
  size: 0,
  mode: 0o755,
  uid: 0,
  gid: 0,
  mtime: 0,
  mtimeNanoseconds: 0,
} as const
