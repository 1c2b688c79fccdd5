import { chmodSync, closeSync, constants, fchmodSync, fchownSync, lchownSync, openSync } from 'node:fs'
import { ImageError } from '../../../shared/errors.ts'
import type { PathBytes } from '../../../shared/path-bytes.ts'
import type { Libc } from '../../platform/libc.ts'
import type { Metadata } from './file-batch.ts'
import type { Losses } from './losses.ts'

/** What the system says to an attribute that this user, or this file system, cannot hold. */
const UNHELD: ReadonlySet<string> = new Set([
  'EPERM',
  'EACCES',
  'EOPNOTSUPP',
  'ENOTSUP',
  'EINVAL',
  'E2BIG',
  'ERANGE',
])
const ROOTLESS = 'user.rootlesscontainers'

/**
 * Gives owners, attributes, modes and times to what was made, in the order in which none undoes another: a change of owner clears setuid
 * and capabilities, and attributes of the user's want a file that may still be written. Never follows a link.
 */
export class MetadataWriter {
  readonly #libc: Libc
  readonly #isRoot: boolean
  readonly #losses: Losses
  /** What this process makes belongs to 0:0. */
  readonly #isPlainRoot = process.geteuid?.() === 0 && process.getegid?.() === 0

  constructor(libc: Libc, isRoot: boolean, losses: Losses) {
    this.#libc = libc
    this.#isRoot = isRoot
    this.#losses = losses
  }

  /** Of an open file or directory. */
  set(fd: number, path: PathBytes, metadata: Metadata): void {
    const { mode, uid, gid, mtime, mtimeNanoseconds, xattrs } = metadata
    // What belongs to 0:0 is made so: a system call less for nearly every file.
    const isOther = uid !== 0 || gid !== 0
    if (this.#isRoot && (isOther || !this.#isPlainRoot)) fchownSync(fd, uid, gid)
    else if (isOther) this.#noteOwner(fd, path, uid, gid)
    if (xattrs) this.#setXattrs(path, xattrs, (name, value) => this.#libc.setXattrOf(fd, name, value))
    fchmodSync(fd, mode)
    this.#libc.setTimesOf(fd, mtime, mtimeNanoseconds)
  }

  /** Of a directory of ours, which is opened for it. */
  setDirectory(place: Buffer, path: PathBytes, metadata: Metadata): void {
    const fd = openSync(place, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
    try {
      this.set(fd, path, metadata)
    } finally {
      closeSync(fd)
    }
  }

  /** Of what must not be opened: a link, a fifo, a device. `place` was made by us in a folder that nobody else reaches. */
  setUnopened(place: Buffer, path: PathBytes, metadata: Metadata, isSymlink: boolean): void {
    const { mode, uid, gid, mtime, mtimeNanoseconds, xattrs } = metadata
    if (this.#isRoot) lchownSync(place, uid, gid)
    else if (uid !== 0 || gid !== 0) this.#losses.add('owner', path, `${uid}:${gid}`)
    if (xattrs) this.#setXattrs(path, xattrs, (name, value) => this.#libc.setXattr(place, name, value))
    // A symlink has no mode of its own; of all else that stands here nothing leads elsewhere.
    if (!isSymlink) chmodSync(place, mode)
    this.#libc.setTimes(place, mtime, mtimeNanoseconds)
  }

  /** As umoci and others keep an owner that only root could give (rootlesscontainers' Resource, protobuf). */
  #noteOwner(fd: number, path: PathBytes, uid: number, gid: number): void {
    this.#losses.add('owner', path, `${uid}:${gid}`)
    const value = Buffer.from([...field(1, uid), ...field(2, gid)])
    try {
      this.#libc.setXattrOf(fd, ROOTLESS, value)
    } catch (error) {
      if (!isUnheld(error)) throw error
    }
  }

  #setXattrs(
    path: PathBytes,
    xattrs: Readonly<Record<string, Uint8Array>>,
    set: (name: string, value: Uint8Array) => void,
  ): void {
    for (const [name, value] of Object.entries(xattrs)) {
      if (name === 'security.selinux') {
        this.#losses.add('label', path)
        continue
      }
      try {
        set(name, value)
      } catch (error) {
        if (!isUnheld(error)) throw error
        this.#losses.add('attribute', path, name)
      }
    }
  }
}

function isUnheld(error: unknown): boolean {
  return UNHELD.has((error as NodeJS.ErrnoException).code ?? '')
}

/** A varint field, left out where it is 0. */
function field(number: number, value: number): number[] {
  if (value === 0) return []
  const bytes = [number << 3]
  let left = value
  for (; left > 0x7f; left = Math.floor(left / 128)) bytes.push((left % 128) | 0x80)
  return [...bytes, left]
}

/** A failed step in words that name the entry; a full disk and what is in words already stay as they are. */
export function entryError(error: unknown, path: PathBytes, what: string): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  const words = NAMES[code]
  if (!words) return error
  return new ImageError('io', `${what} cannot be written: ${words}.`, {
    remedy: 'Choose a place on another file system.',
    detail: `${path}\n${(error as Error).message}`,
    cause: error,
  })
}

const NAMES: Readonly<Record<string, string>> = {
  EEXIST: 'the file system takes its name for another one that is there already',
  ENAMETOOLONG: 'its name or its path is too long for the file system',
  EILSEQ: 'the file system does not take its name',
  EINVAL: 'the file system does not take its name',
}
