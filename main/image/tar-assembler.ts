import { ImageError } from '../../shared/errors.ts'
import type { EntryType } from '../../shared/files.ts'
import { visible } from '../../shared/path-bytes.ts'
import { cleanPath } from './clean-path.ts'
import type { TarEntry } from './element.ts'
import { parsePax } from './pax.ts'
import type { PaxRecords } from './pax.ts'
import { NewSparseMap, OldSparseMap, sparseRegions } from './sparse-map.ts'
import { BLOCK, readNumber, readText } from './tar-fields.ts'
import { decodeHeaderAt, paddingOf } from './tar-header.ts'
import type { TarHeader } from './tar-header.ts'

/** A PAX or long-name header larger than this is refused (CVE-2022-2879: they were read whole, whatever their size). */
const MAX_EXTENSION = 1024 * 1024
/** 2^32-1 means "no owner" to chown(2); what is larger would wrap round, to root at worst (CVE-2024-40635). */
const MAX_OWNER = 0xffff_fffe

/** What GNU's manual and POSIX give these flags; a file's '\0' is v7's, '7' a contiguous file. */
const TYPES: Readonly<Partial<Record<string, EntryType>>> = {
  '\0': 'file',
  '0': 'file',
  '7': 'file',
  S: 'file',
  '1': 'link',
  '2': 'symlink',
  '3': 'char',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
type Extension = 'x' | 'g' | 'L' | 'K'
/** What the bytes asked for are. */
type Awaits = 'header' | 'extension' | 'old-sparse' | 'new-sparse'

/**
 * Turns the headers of a tar into entries. It reads nothing itself: whoever drives it hands over the next `wanted` bytes, passes over
 * the `content` and `padding` behind them, and so on until `isEnded`. Every way of reading a tar here is a loop around this, so that none of them can
 * see other entries than the rest (CVE-2025-62518).
 */
export class TarAssembler {
  /** Bytes to be given to `take` next: a multiple of 512, at most 1 MiB. */
  wanted = BLOCK
  /** After `take`: bytes of content that stand before the next wanted ones, of the entry it gave or of one passed over. */
  content = 0
  /** Zeros after the content. */
  padding = 0
  /** After the first of two zero blocks and what stands behind them: nothing more is wanted. */
  isEnded = false

  #position = 0
  #awaits: Awaits = 'header'
  #sawZeroBlock = false
  #extension: Extension = 'x'
  #extensionSize = 0
  #pax: PaxRecords | undefined
  #globals: PaxRecords = {}
  #longName = ''
  #longLink = ''
  #header: TarHeader | undefined
  #oldMap: OldSparseMap | undefined
  #oldSize = 0
  #newMap: NewSparseMap | undefined
  #mapBlocks = 0

  /** Whether the tar may end here: between entries, with no extended header waiting for its own. */
  get isAtBoundary(): boolean {
    return (
      this.isEnded ||
      (this.#awaits === 'header' && this.#pax === undefined && this.#longName === '' && this.#longLink === '')
    )
  }

  /** Takes the `wanted` bytes at `at` of the buffer, which may be used again afterwards. */
  take(buffer: Buffer, at: number): TarEntry | undefined {
    const position = this.#position
    this.#position += this.wanted
    this.content = 0
    this.padding = 0
    try {
      const entry = this.#step(buffer, at)
      this.#position += this.content + this.padding
      return entry
    } catch (error) {
      if (!(error instanceof ImageError)) throw error
      throw new ImageError(error.code, error.message, {
        ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
        detail: `At byte ${position} of the tar.`,
        cause: error.cause,
      })
    }
  }

  #step(buffer: Buffer, at: number): TarEntry | undefined {
    switch (this.#awaits) {
      case 'header':
        return this.#takeHeader(buffer, at)
      case 'extension':
        this.#takeExtension(buffer.subarray(at, at + this.#extensionSize))
        return undefined
      case 'old-sparse':
        return this.#takeOldSparse(buffer, at, 21, at + 504)
      case 'new-sparse':
        return this.#takeNewSparse(buffer, at)
    }
  }

  #takeHeader(buffer: Buffer, at: number): TarEntry | undefined {
    const header = decodeHeaderAt(buffer, at)
    if (header === undefined) {
      this.isEnded = this.#sawZeroBlock
      this.#sawZeroBlock = true
      return undefined
    }
    // Go's reader, and so every engine, refuses this; others stop or go on: three different images out of one file.
    if (this.#sawZeroBlock) throw new ImageError('malformed', 'The tar goes on after a block of zeros.')
    const { typeflag } = header
    if (typeflag === 'x' || typeflag === 'g' || typeflag === 'L' || typeflag === 'K') {
      this.#expectExtension(typeflag, header.size)
      return undefined
    }
    if (TYPES[typeflag] === undefined) {
      this.#passOver(header)
      return undefined
    }
    this.#header = header
    if (typeflag === 'S') {
      this.#oldMap = new OldSparseMap()
      this.#oldSize = readNumber(buffer, at + 483, 12)
      return this.#takeOldSparse(buffer, at + 386, 4, at + 482)
    }
    const sparse = this.#pax?.sparse
    if (sparse?.major === '1' && sparse.minor === '0') {
      this.#newMap = new NewSparseMap()
      this.#mapBlocks = 0
      this.#awaits = 'new-sparse'
      return undefined
    }
    return this.#finish(sparse?.numbers, sparse?.size)
  }

  #expectExtension(extension: Extension, size: number): void {
    if (!(size >= 0)) throw malformed('size', extension)
    if (size > MAX_EXTENSION)
      throw new ImageError('limit', `An extended header of the tar is larger than 1 MiB (${size} bytes).`)
    this.#extension = extension
    this.#extensionSize = size
    if (size === 0) return this.#takeExtension(Buffer.alloc(0))
    this.#awaits = 'extension'
    this.wanted = size + paddingOf(size)
  }

  #takeExtension(bytes: Buffer): void {
    switch (this.#extension) {
      case 'x':
        this.#pax = parsePax(bytes)
        break
      case 'g':
        this.#takeGlobals(parsePax(bytes))
        break
      case 'L':
        this.#longName = readText(bytes, 0, bytes.length)
        break
      case 'K':
        this.#longLink = readText(bytes, 0, bytes.length)
        break
    }
    this.#awaits = 'header'
    this.wanted = BLOCK
  }

  /** Owners and times only: a global name or size would move every entry after it, and no engine follows one. */
  #takeGlobals({ uid, gid, uname, gname, mtime }: PaxRecords): void {
    if (uid !== undefined) this.#globals.uid = uid
    if (gid !== undefined) this.#globals.gid = gid
    if (uname !== undefined) this.#globals.uname = uname
    if (gname !== undefined) this.#globals.gname = gname
    if (mtime !== undefined) this.#globals.mtime = mtime
  }

  #takeOldSparse(buffer: Buffer, at: number, slots: number, isExtendedAt: number): TarEntry | undefined {
    const map = this.#oldMap as OldSparseMap
    map.add(buffer, at, slots)
    if (buffer[isExtendedAt] !== 0) {
      this.#awaits = 'old-sparse'
      return undefined
    }
    this.#awaits = 'header'
    return this.#finish(map.numbers, this.#oldSize)
  }

  #takeNewSparse(buffer: Buffer, at: number): TarEntry | undefined {
    this.#mapBlocks++
    const map = this.#newMap as NewSparseMap
    // The map is part of the content: it may not reach beyond it.
    const size = this.#pax?.size ?? (this.#header as TarHeader).size
    if (!(this.#mapBlocks * BLOCK <= size)) throw malformed('sparse map', this.#displayName())
    if (!map.add(buffer, at)) return undefined
    this.#awaits = 'header'
    return this.#finish(map.numbers, this.#pax?.sparse?.size)
  }

  /** A kind of entry no file system knows (a volume label, a vendor's own): its content is passed over. */
  #passOver(header: TarHeader): void {
    const size = this.#pax?.size ?? header.size
    if (!(size >= 0)) throw malformed('size', header.name)
    this.content = size
    this.padding = paddingOf(size)
    this.#reset()
  }

  /** Header and extensions together; `numbers` is the sparse map, `sparseSize` the file's size with its holes. */
  #finish(numbers?: readonly number[], sparseSize?: number): TarEntry {
    const header = this.#header as TarHeader
    const pax = this.#pax
    const globals = this.#globals
    const name = this.#longName || pax?.sparse?.name || pax?.path || header.name
    const type = typeOf(header.typeflag, name)
    const isFile = type === 'file'
    const declared = pax?.size ?? header.size
    if (!(declared >= 0)) throw malformed('size', name)
    // Links and directories have no content, whatever their size says: so Go reads them, and so every engine.
    const storedSize = isFile ? declared - this.#mapBlocks * BLOCK : 0
    if (numbers && !isFile) throw malformed('sparse map', name)
    const size = numbers ? checked(sparseSize ?? Number.NaN, 'size', name) : storedSize
    const time = pax?.mtime ?? globals.mtime
    const entry: Mutable<TarEntry> = {
      path: cleanPath(name),
      type,
      size,
      mode: checked(header.mode, 'mode', name) & 0o7777,
      uid: ownerOf(pax?.uid ?? globals.uid ?? header.uid, 'user', name),
      gid: ownerOf(pax?.gid ?? globals.gid ?? header.gid, 'group', name),
      mtime: time ? time.seconds : checkedTime(header.mtime, name),
      mtimeNanoseconds: time ? time.nanoseconds : 0,
      offset: this.#position,
      storedSize,
    }
    this.#addRare(entry, header, pax)
    if (numbers) entry.sparse = sparseRegions(numbers, size, storedSize)
    this.content = storedSize
    this.padding = paddingOf(storedSize)
    this.#reset()
    return entry
  }

  /** What many entries lack stays away from them, so that no field is undefined. */
  #addRare(entry: Mutable<TarEntry>, header: TarHeader, pax: PaxRecords | undefined): void {
    const { type, path } = entry
    const uname = pax?.uname || this.#globals.uname || header.uname
    const gname = pax?.gname || this.#globals.gname || header.gname
    if (uname !== '') entry.uname = uname
    if (gname !== '') entry.gname = gname
    if (type === 'symlink' || type === 'link') {
      const linkname = this.#longLink || pax?.linkpath || header.linkname
      const target = type === 'link' ? cleanPath(linkname) : linkname
      if (target !== '') entry.linkname = target
    } else if (type === 'char' || type === 'block') {
      entry.device = {
        major: checked(pax?.devmajor ?? header.devmajor, 'device number', path),
        minor: checked(pax?.devminor ?? header.devminor, 'device number', path),
      }
    }
    // fromEntries defines, it does not assign: a "__proto__" of the image is a name like any other.
    if (pax?.xattrs) entry.xattrs = Object.fromEntries(pax.xattrs)
  }

  #reset(): void {
    this.#pax = undefined
    this.#longName = ''
    this.#longLink = ''
    this.#header = undefined
    this.#oldMap = undefined
    this.#newMap = undefined
    this.#mapBlocks = 0
  }

  #displayName(): string {
    return this.#pax?.sparse?.name ?? this.#header?.name ?? ''
  }
}

/** v7 had no directories: a file whose name ends in a slash is one. */
function typeOf(typeflag: string, name: string): EntryType {
  if (typeflag === '\0' && name.endsWith('/')) return 'directory'
  return TYPES[typeflag] as EntryType
}

function checked(value: number, field: string, name: string): number {
  if (!(value >= 0)) throw malformed(field, name)
  return value
}

function checkedTime(value: number, name: string): number {
  if (Number.isNaN(value)) throw malformed('time', name)
  return value
}

function ownerOf(value: number, field: string, name: string): number {
  if (!(value >= 0 && value <= MAX_OWNER)) throw malformed(field, name)
  return value
}

function malformed(field: string, name: string): ImageError {
  return new ImageError('malformed', `The tar entry "${visible(name.slice(0, 200))}" has a bad ${field}.`)
}
