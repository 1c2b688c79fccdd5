import type { RareFields } from '../../image/entry-table.ts'

/** Files of one layer in the order of their content, as columns. `paths` are bytes below the root, one after the other. */
export interface FileBatch {
  readonly length: number
  readonly paths: Uint8Array
  /** Where path i ends; it starts where path i-1 ended. */
  readonly pathEnds: Uint32Array
  /** Where the content stands in the uncompressed tar, and how many bytes of it are there. */
  readonly offsets: Float64Array
  readonly storedSizes: Float64Array
  readonly sizes: Float64Array
  readonly modes: Uint16Array
  readonly uids: Uint32Array
  readonly gids: Uint32Array
  readonly mtimes: Float64Array
  readonly mtimeNanoseconds: Uint32Array
  /** Attributes and sparse maps, by position in the batch. */
  readonly rare: ReadonlyMap<number, RareFields>
}

/** What a file is to have beside its content. */
export interface Metadata {
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtime: number
  readonly mtimeNanoseconds: number
  readonly xattrs?: Readonly<Record<string, Uint8Array>> | undefined
}

export function metadataAt(batch: FileBatch, i: number): Metadata {
  return {
    mode: batch.modes[i] as number,
    uid: batch.uids[i] as number,
    gid: batch.gids[i] as number,
    mtime: batch.mtimes[i] as number,
    mtimeNanoseconds: batch.mtimeNanoseconds[i] as number,
    xattrs: batch.rare.get(i)?.xattrs,
  }
}
