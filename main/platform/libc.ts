import { createRequire } from 'node:module'
import { constants } from 'node:os'
import type * as Koffi from 'koffi'
import { systemError } from './system-error.ts'

/**
 * What Node has no function for, straight from the C library. Paths are bytes without the closing NUL; links are never followed.
 * Every call is synchronous and throws a `SystemError` where it fails: EINVAL also for a NUL inside a path or name.
 */
export interface Libc {
  setXattr(path: Uint8Array, name: string, value: Uint8Array): void
  /** undefined where there is no such attribute. */
  getXattr(path: Uint8Array, name: string): Buffer | undefined
  listXattrs(path: Uint8Array): string[]
  setXattrOf(fd: number, name: string, value: Uint8Array): void
  /** Both atime and mtime; `seconds` since 1970, whole, may be negative; `nanoseconds` below 10^9. */
  setTimes(path: Uint8Array, seconds: number, nanoseconds: number): void
  setTimesOf(fd: number, seconds: number, nanoseconds: number): void
  /** `mode` with the type's bits (S_IFIFO, S_IFCHR, S_IFBLK …); the umask is taken off its permissions. */
  makeNode(path: Uint8Array, mode: number, major: number, minor: number): void
  mount(source: Uint8Array, target: Uint8Array, type: string, flags: number, data: string): void
  unmount(target: Uint8Array, flags: number): void
  /** Until all that was written to the file system of `fd` is on its disk. */
  syncFileSystem(fd: number): void
  /**
   * From now on memory of a megabyte or more goes back to the system when it is freed. glibc learns from the first such piece to keep the
   * next ones, up to 32 MB each, where others of another size find no room in them (mallopt(3), M_MMAP_THRESHOLD). musl never keeps any.
   */
  returnLargeMemory(): void
}

type Call = (...args: (number | bigint | string | Uint8Array)[]) => number
type MakeNode = (path: Uint8Array, mode: number, device: bigint) => number

/** The shapes below (size_t, struct timespec) are those of 64-bit systems. */
const SMALL: ReadonlySet<string> = new Set(['arm', 'ia32', 'mips', 'mipsel'])

const { EINVAL, ENODATA } = constants.errno
const AT_FDCWD = -100
const AT_SYMLINK_NOFOLLOW = 0x100
/** glibc's name for the size, bytes, from which memory is asked of the system piece by piece. */
const M_MMAP_THRESHOLD = -3
const LARGE = 1024 * 1024
/** XATTR_SIZE_MAX and XATTR_LIST_MAX. */
const MAX_XATTR = 65_536

let prepared: Libc | undefined | null = null

/** The C library's functions, made ready at the first call; undefined where they cannot be had: not Linux, or koffi is missing. */
export function libc(): Libc | undefined {
  if (prepared === null) prepared = prepare()
  return prepared
}

function prepare(): Libc | undefined {
  if (process.platform !== 'linux' || SMALL.has(process.arch)) return undefined
  try {
    // Not an import: koffi takes 10 ms to load, and most runs never need it.
    const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi
    // The program itself, which is linked to the right library already, be it glibc or musl.
    return libcOf(koffi, koffi.load(null))
  } catch {
    return undefined
  }
}

function libcOf(koffi: typeof Koffi, library: Koffi.LibraryHandle): Libc {
  const call = (definition: string): Call => library.func(definition) as Call
  const lsetxattr = call('int lsetxattr(const uint8_t *, const char *, const uint8_t *, size_t, int)')
  const fsetxattr = call('int fsetxattr(int, const char *, const uint8_t *, size_t, int)')
  const lgetxattr = call('intptr_t lgetxattr(const uint8_t *, const char *, void *, size_t)')
  const llistxattr = call('intptr_t llistxattr(const uint8_t *, void *, size_t)')
  const utimensat = call('int utimensat(int, const uint8_t *, const void *, int)')
  const futimens = call('int futimens(int, const void *)')
  const mount = call('int mount(const uint8_t *, const uint8_t *, const char *, unsigned long, const char *)')
  const umount2 = call('int umount2(const uint8_t *, int)')
  const syncfs = call('int syncfs(int)')
  const mallopt = orNothing(() => call('int mallopt(int, int)'))
  const mknod = mknodOf(call)
  // One for all calls: they are synchronous, and each thread has a module of its own.
  const times = new BigInt64Array(4)
  const timesBytes = new Uint8Array(times.buffer)
  const scratch = Buffer.alloc(MAX_XATTR)

  const check = (result: number, syscall: string, path?: Uint8Array): number => {
    if (result < 0) throw systemError(koffi.errno(), syscall, path)
    return result
  }
  const fillTimes = (seconds: number, nanoseconds: number, syscall: string, path?: Uint8Array): void => {
    // Beyond lie UTIME_NOW and UTIME_OMIT, which would set other times, or none.
    if (!(nanoseconds >= 0 && nanoseconds < 1e9)) throw systemError(EINVAL, syscall, path)
    times[0] = times[2] = BigInt(seconds)
    times[1] = times[3] = BigInt(nanoseconds)
  }

  return {
    setXattr(path, name, value) {
      const bytes = terminated(path, 'lsetxattr')
      const text = withoutNul(name, 'lsetxattr')
      check(lsetxattr(bytes, text, value, value.byteLength, 0), 'lsetxattr', path)
    },
    setXattrOf(fd, name, value) {
      check(fsetxattr(fd, withoutNul(name, 'fsetxattr'), value, value.byteLength, 0), 'fsetxattr')
    },
    getXattr(path, name) {
      const bytes = terminated(path, 'lgetxattr')
      const size = lgetxattr(bytes, withoutNul(name, 'lgetxattr'), scratch, MAX_XATTR)
      if (size < 0 && koffi.errno() === ENODATA) return undefined
      return Buffer.from(scratch.subarray(0, check(size, 'lgetxattr', path)))
    },
    listXattrs(path) {
      const size = check(llistxattr(terminated(path, 'llistxattr'), scratch, MAX_XATTR), 'llistxattr', path)
      return scratch.toString('utf8', 0, size).split('\0').slice(0, -1)
    },
    setTimes(path, seconds, nanoseconds) {
      fillTimes(seconds, nanoseconds, 'utimensat', path)
      const bytes = terminated(path, 'utimensat')
      check(utimensat(AT_FDCWD, bytes, timesBytes, AT_SYMLINK_NOFOLLOW), 'utimensat', path)
    },
    setTimesOf(fd, seconds, nanoseconds) {
      fillTimes(seconds, nanoseconds, 'futimens')
      check(futimens(fd, timesBytes), 'futimens')
    },
    makeNode(path, mode, major, minor) {
      const bytes = terminated(path, 'mknod')
      check(mknod(bytes, mode, deviceOf(major, minor)), 'mknod', path)
    },
    mount(source, target, type, flags, data) {
      const from = terminated(source, 'mount')
      const to = terminated(target, 'mount')
      check(mount(from, to, withoutNul(type, 'mount'), flags, withoutNul(data, 'mount')), 'mount', target)
    },
    unmount(target, flags) {
      check(umount2(terminated(target, 'umount2'), flags), 'umount2', target)
    },
    syncFileSystem(fd) {
      check(syncfs(fd), 'syncfs')
    },
    returnLargeMemory() {
      mallopt?.(M_MMAP_THRESHOLD, LARGE)
    },
  }
}

function orNothing<T>(find: () => T): T | undefined {
  try {
    return find()
  } catch {
    return undefined
  }
}

/** glibc before 2.33 (Debian 11, Ubuntu 20.04) has it only under an inner name, which takes the device by its address. */
function mknodOf(call: (definition: string) => Call): MakeNode {
  const mknod = orNothing(() => call('int mknod(const uint8_t *, unsigned int, uint64_t)'))
  if (mknod) return mknod
  const inner = call('int __xmknod(int, const uint8_t *, unsigned int, const void *)')
  const device = new BigUint64Array(1)
  const deviceBytes = new Uint8Array(device.buffer)
  return (path, mode, value) => {
    device[0] = value
    return inner(0, path, mode, deviceBytes)
  }
}

/** gnu_dev_makedev(3): 12 + 20 bits of major and minor at the old places, the rest above; musl has the same. */
function deviceOf(major: number, minor: number): bigint {
  const [high, low] = [BigInt(major), BigInt(minor)]
  return ((high & 0xfffn) << 8n) | (low & 0xffn) | ((low & ~0xffn) << 12n) | ((high & ~0xfffn) << 32n)
}

function terminated(path: Uint8Array, syscall: string): Uint8Array {
  if (path.includes(0)) throw systemError(EINVAL, syscall, path)
  const bytes = Buffer.allocUnsafe(path.length + 1)
  bytes.set(path)
  bytes[path.length] = 0
  return bytes
}

function withoutNul(text: string, syscall: string): string {
  if (text.includes('\0')) throw systemError(EINVAL, syscall)
  return text
}
