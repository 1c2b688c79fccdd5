import type { PathBytes } from '../../../shared/path-bytes.ts'
import type { FileStat } from '../../image/image-tree.ts'
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

/** Something that no entry describes, made at a place in a directory of the plan. */
export interface Extra {
  readonly path: PathBytes
  readonly make: (place: Buffer) => void
}

/** What of an image is written into one folder, and in which order. */
export interface TreePlan {
  /** Nodes of directories, parents before children, the root first. */
  readonly directories: Int32Array
  /** Bytes of all files, each inode once. */
  readonly bytes: number
  pathOf(node: number): PathBytes
  /** What a directory is to look like; undefined where no entry says it. */
  statOf(node: number): FileStat | undefined
  /** Whether files with content of that layer are in it. */
  hasFilesOf(layer: number): boolean
  /** The files whose content a layer has, in the order of that content. */
  batches(layer: number): Generator<FileBatch, void, undefined>
  others(): Iterable<PlannedNode>
  links(): Iterable<PlannedLink>
}
