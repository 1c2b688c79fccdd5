import { ImageError } from '../../shared/errors.ts'
import type { EntryType } from '../../shared/files.ts'
import type { TarEntry } from './element.ts'
import { formatPaxRecord, formatPaxTime } from './pax.ts'
import {
  BLOCK,
  MAX_OCTAL_11,
  MAX_OCTAL_7,
  hasText,
  isChecksumValid,
  isZeroBlock,
  readNumber,
  readText,
  writeChecksum,
  writeOctal,
} from './tar-fields.ts'

/** One header block as it stands. Numbers are NaN where a field is neither octal nor base-256; text is latin-1. */
export interface TarHeader {
  /** The type flag's character; '\0' and '0' are files. */
  readonly typeflag: string
  /** `prefix/name` where the block is ustar's. */
  readonly name: string
  readonly linkname: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: number
  readonly mtime: number
  readonly uname: string
  readonly gname: string
  readonly devmajor: number
  readonly devminor: number
}

/** Two zero blocks: the end of every tar we write. */
export const endOfArchive: Uint8Array = new Uint8Array(2 * BLOCK)

/** Zeros between content of this size and the next header. */
export function paddingOf(size: number): number {
  const rest = size % BLOCK
  return rest === 0 ? 0 : BLOCK - rest
}

/** The header in the first 512 bytes; undefined for a block of zeros. Fails with `malformed` where the checksum is wrong. */
export function decodeHeader(block: Uint8Array): TarHeader | undefined {
  return decodeHeaderAt(Buffer.from(block.buffer, block.byteOffset, block.byteLength), 0)
}

/** The same in the midst of a buffer, where a whole block must stand. */
export function decodeHeaderAt(buffer: Buffer, at: number): TarHeader | undefined {
  if (buffer[at] === 0 && isZeroBlock(buffer, at)) return undefined
  if (!isChecksumValid(buffer, at))
    throw new ImageError('malformed', 'A tar header has a wrong checksum.', {
      remedy: 'The file may be damaged; fetch or save it again.',
    })
  const hasMagic = hasText(buffer, at + 257, 'ustar')
  // GNU's magic goes on with a space; its blocks have times, not a prefix, where ustar has one.
  const isUstar = hasMagic && buffer[at + 262] === 0
  const isStar = isUstar && hasText(buffer, at + 508, 'tar\0')
  const prefix = isUstar ? readText(buffer, at + 345, isStar ? 131 : 155) : ''
  const name = readText(buffer, at, 100)
  return {
    typeflag: String.fromCharCode(buffer[at + 156] as number),
    name: prefix === '' ? name : `${prefix}/${name}`,
    linkname: readText(buffer, at + 157, 100),
    mode: readNumber(buffer, at + 100, 8),
    uid: readNumber(buffer, at + 108, 8),
    gid: readNumber(buffer, at + 116, 8),
    size: readNumber(buffer, at + 124, 12),
    mtime: readNumber(buffer, at + 136, 12),
    uname: hasMagic ? readText(buffer, at + 265, 32) : '',
    gname: hasMagic ? readText(buffer, at + 297, 32) : '',
    devmajor: hasMagic ? readNumber(buffer, at + 329, 8) : 0,
    devminor: hasMagic ? readNumber(buffer, at + 337, 8) : 0,
  }
}

const TYPEFLAGS: Readonly<Record<EntryType, string>> = {
  file: '0',
  link: '1',
  symlink: '2',
  char: '3',
  block: '4',
  directory: '5',
  fifo: '6',
}

/**
 * The blocks before an entry's content: a ustar header, and a PAX header before it only for what ustar cannot hold. The same entry gives
 * the same bytes. For a sparse file its map follows (format 1.0), then `storedSize` bytes of content. Names that are not ASCII stand
 * as they are: what Docker, Podman and GNU tar write and read.
 */
export function encodeHeader(entry: TarEntry): Uint8Array {
  const map = entry.sparse ? sparseMap(entry.sparse, entry.size) : undefined
  const size = entry.type === 'file' ? entry.storedSize + (map?.length ?? 0) : 0
  const path = nameOf(entry)
  const split = splitName(path)
  const records = paxRecords(entry, size, split === undefined ? path : undefined)
  const blocks: Buffer[] = []
  if (records !== '') {
    blocks.push(
      encodeBlock({
        typeflag: 'x',
        name: shortened(`PaxHeaders.0/${entry.path.slice(entry.path.lastIndexOf('/') + 1)}`),
        prefix: '',
        size: records.length,
        entry: undefined,
      }),
      padded(records),
    )
  }
  blocks.push(
    encodeBlock({
      typeflag: TYPEFLAGS[entry.type],
      name: split?.name ?? shortened(path),
      prefix: split?.prefix ?? '',
      size,
      entry,
    }),
  )
  if (map) blocks.push(map)
  return blocks.length === 1 ? (blocks[0] as Buffer) : Buffer.concat(blocks)
}

/** As tar writes it: the root is `./`, other directories end in a slash. */
function nameOf(entry: TarEntry): string {
  if (entry.type !== 'directory') return entry.path === '' ? '.' : entry.path
  return entry.path === '' ? './' : `${entry.path}/`
}

/** Name and prefix of a ustar header; undefined where no slash divides the path into parts that fit. */
function splitName(path: string): { readonly name: string; readonly prefix: string } | undefined {
  if (path.length <= 100) return { name: path, prefix: '' }
  // The leftmost slash that leaves a name of at most 100 bytes; the name must not be empty.
  const slash = path.indexOf('/', path.length - 101)
  if (slash < 1 || slash > 155 || slash >= path.length - 1) return undefined
  return { name: path.slice(slash + 1), prefix: path.slice(0, slash) }
}

function shortened(name: string): string {
  return name.slice(0, 100)
}

/** The records of an entry's PAX header, sorted by key; empty where ustar holds it all. */
function paxRecords(entry: TarEntry, size: number, longPath: string | undefined): string {
  const records = new Map<string, string>()
  if (longPath !== undefined && !entry.sparse) records.set('path', longPath)
  if (entry.linkname !== undefined && entry.linkname.length > 100) records.set('linkpath', entry.linkname)
  if (size > MAX_OCTAL_11) records.set('size', String(size))
  if (entry.uid > MAX_OCTAL_7) records.set('uid', String(entry.uid))
  if (entry.gid > MAX_OCTAL_7) records.set('gid', String(entry.gid))
  if (entry.mtime < 0 || entry.mtime > MAX_OCTAL_11 || entry.mtimeNanoseconds !== 0)
    records.set('mtime', formatPaxTime({ seconds: entry.mtime, nanoseconds: entry.mtimeNanoseconds }))
  if (entry.uname !== undefined && entry.uname.length > 32) records.set('uname', entry.uname)
  if (entry.gname !== undefined && entry.gname.length > 32) records.set('gname', entry.gname)
  if (entry.device && entry.device.major > MAX_OCTAL_7)
    records.set('SCHILY.devmajor', String(entry.device.major))
  if (entry.device && entry.device.minor > MAX_OCTAL_7)
    records.set('SCHILY.devminor', String(entry.device.minor))
  for (const [name, value] of Object.entries(entry.xattrs ?? {})) {
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    // A record's key ends at its first `=`; libarchive's form has the name encoded.
    if (name.includes('=')) records.set(`LIBARCHIVE.xattr.${percentEncoded(name)}`, bytes.toString('base64'))
    else records.set(`SCHILY.xattr.${name}`, bytes.toString('latin1'))
  }
  if (entry.sparse) {
    records.set('GNU.sparse.major', '1')
    records.set('GNU.sparse.minor', '0')
    records.set('GNU.sparse.name', entry.path)
    records.set('GNU.sparse.realsize', String(entry.size))
  }
  const keys = [...records.keys()].sort()
  return keys.map((key) => formatPaxRecord(key, records.get(key) as string)).join('')
}

function percentEncoded(name: string): string {
  return name.replace(
    /[^A-Za-z0-9._-]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  )
}

/** A hole at the end is closed by an empty piece, as GNU tar writes it: without one it leaves that hole out on a pipe. */
function sparseMap(sparse: NonNullable<TarEntry['sparse']>, size: number): Buffer {
  const last = sparse.at(-1)
  const isClosed = last !== undefined && last[0] + last[1] === size
  const pieces = isClosed ? sparse : [...sparse, [size, 0] as const]
  return padded([pieces.length, ...pieces.flat()].map((number) => `${number}\n`).join(''))
}

function padded(text: string): Buffer {
  const bytes = Buffer.alloc(text.length + paddingOf(text.length))
  bytes.write(text, 'latin1')
  return bytes
}

interface BlockFields {
  readonly typeflag: string
  readonly name: string
  readonly prefix: string
  readonly size: number
  /** undefined for the header of a PAX header, which has no owner and no time. */
  readonly entry: TarEntry | undefined
}

/** What does not fit a field stands as 0 there, and in the PAX header, as Go and Python write it. */
function encodeBlock({ typeflag, name, prefix, size, entry }: BlockFields): Buffer {
  const block = Buffer.alloc(BLOCK)
  block.write(name, 0, 'latin1')
  writeOctal(block, entry?.mode ?? 0o644, 100, 8)
  writeOctal(block, fitting(entry?.uid, MAX_OCTAL_7), 108, 8)
  writeOctal(block, fitting(entry?.gid, MAX_OCTAL_7), 116, 8)
  writeOctal(block, fitting(size, MAX_OCTAL_11), 124, 12)
  writeOctal(block, fitting(entry?.mtime, MAX_OCTAL_11), 136, 12)
  block.write(typeflag, 156, 'latin1')
  block.write(entry?.linkname?.slice(0, 100) ?? '', 157, 'latin1')
  block.write('ustar\x0000', 257, 'latin1')
  block.write(entry?.uname?.slice(0, 32) ?? '', 265, 'latin1')
  block.write(entry?.gname?.slice(0, 32) ?? '', 297, 'latin1')
  writeOctal(block, fitting(entry?.device?.major, MAX_OCTAL_7), 329, 8)
  writeOctal(block, fitting(entry?.device?.minor, MAX_OCTAL_7), 337, 8)
  block.write(prefix, 345, 'latin1')
  writeChecksum(block)
  return block
}

function fitting(value: number | undefined, limit: number): number {
  return value !== undefined && value >= 0 && value <= limit ? value : 0
}
