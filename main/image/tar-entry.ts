import type { EntryType } from '../../shared/files.ts'
import type { PathBytes } from '../../shared/path-bytes.ts'

/** One tar header as read; times, sizes and owners after PAX and GNU extensions were applied. */
export interface TarEntry {
  /** Lossless, relative and clean; whiteouts stand under their own names (`etc/.wh.passwd`). */
  readonly path: PathBytes
  readonly type: EntryType
  /** Logical bytes: for a sparse file those of the file, not of what is stored. 0 for everything but files. */
  readonly size: number
  /** Permission bits with setuid, setgid and sticky: 0…0o7777. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Whole seconds since 1970, may be negative. */
  readonly mtime: number
  /** 0…999,999,999, added to `mtime`. */
  readonly mtimeNanoseconds: number
  readonly uname?: string
  readonly gname?: string
  /** Symlink target as it stands (lossless latin-1); for a hard link the target's clean PathBytes. */
  readonly linkname?: string
  readonly device?: { readonly major: number; readonly minor: number }
  readonly xattrs?: Readonly<Record<string, Uint8Array>>
  /** Where a sparse file has data: logical offset and length, ascending; the pieces are stored one after the other at `offset`. */
  readonly sparse?: readonly (readonly [offset: number, length: number])[]
  /** Where its content starts in the uncompressed tar. */
  readonly offset: number
  /** Bytes of content stored in the tar: `size`, or less for a sparse file. */
  readonly storedSize: number
}
