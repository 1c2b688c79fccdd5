import { ImageError } from '../../shared/errors.ts'
import { visible } from '../../shared/path-bytes.ts'

const SPACE = 0x20
const EQUALS = 0x3d
const NEWLINE = 0x0a
/** A sparse map longer than this is refused (CVE-2025-58183: an unbounded map took all memory). */
export const MAX_SPARSE_REGIONS = 65_536

/** What the records of an extended header say; text is latin-1, one character per byte. An empty text takes the header's own value. */
export interface PaxRecords {
  path?: string
  linkpath?: string
  size?: number
  uid?: number
  gid?: number
  uname?: string
  gname?: string
  mtime?: PaxTime
  devmajor?: number
  devminor?: number
  xattrs?: Map<string, Uint8Array>
  sparse?: PaxSparse
}

export interface PaxTime {
  readonly seconds: number
  readonly nanoseconds: number
}

/** The `GNU.sparse.*` keys of the formats 0.0, 0.1 and 1.0 (GNU tar manual, "Storing Sparse Files"). */
interface PaxSparse {
  major?: string
  minor?: string
  name?: string
  size?: number
  /** Offsets and lengths by turns; undefined where the map stands before the content (1.0). */
  numbers?: number[]
}

/** Reads `length key=value\n` records. Anything else is refused: readers that guess have been led to see other entries than the rest. */
export function parsePax(bytes: Buffer): PaxRecords {
  const records: PaxRecords = {}
  let at = 0
  while (at < bytes.length) {
    const space = bytes.indexOf(SPACE, at)
    const length = space < 0 ? Number.NaN : decimal(bytes.toString('latin1', at, space))
    const end = at + length
    if (!(end <= bytes.length) || end <= space + 1 || bytes[end - 1] !== NEWLINE) throw malformed('record')
    const equals = bytes.indexOf(EQUALS, space + 1)
    if (equals < 0 || equals >= end || equals === space + 1) throw malformed('record')
    apply(records, bytes.toString('latin1', space + 1, equals), bytes.subarray(equals + 1, end - 1))
    at = end
  }
  return records
}

function apply(records: PaxRecords, key: string, value: Buffer): void {
  switch (key) {
    case 'path':
    case 'linkpath':
    case 'uname':
    case 'gname':
      records[key] = textOf(key, value)
      return
    case 'size':
    case 'uid':
    case 'gid':
      setNumber(records, key, key, value)
      return
    case 'SCHILY.devmajor':
      setNumber(records, 'devmajor', key, value)
      return
    case 'SCHILY.devminor':
      setNumber(records, 'devminor', key, value)
      return
    case 'mtime':
      if (value.length === 0) delete records.mtime
      else records.mtime = timeOf(value.toString('latin1'))
      return
    default:
      if (key.startsWith('GNU.sparse.')) applySparse((records.sparse ??= {}), key.slice(11), value)
      else applyXattr(records, key, value)
  }
}

function applyXattr(records: PaxRecords, key: string, value: Buffer): void {
  if (key.startsWith('SCHILY.xattr.')) {
    records.xattrs ??= new Map()
    // A copy: the records outlive the buffer they were read from.
    records.xattrs.set(key.slice(13), Uint8Array.from(value))
  } else if (key.startsWith('LIBARCHIVE.xattr.')) {
    // libarchive writes both forms of the same attribute; the binary one wins.
    const name = percentDecoded(key.slice(17))
    records.xattrs ??= new Map()
    if (!records.xattrs.has(name))
      records.xattrs.set(name, Uint8Array.from(Buffer.from(value.toString('latin1'), 'base64')))
  }
}

function applySparse(sparse: PaxSparse, key: string, value: Buffer): void {
  const text = value.toString('latin1')
  switch (key) {
    case 'major':
    case 'minor':
      sparse[key] = text
      return
    case 'name':
      sparse.name = textOf('GNU.sparse.name', value)
      return
    case 'size':
    case 'realsize':
      sparse.size = numberOf(`GNU.sparse.${key}`, value)
      return
    case 'offset':
    case 'numbytes':
      addNumber((sparse.numbers ??= []), text, key === 'offset' ? 0 : 1)
      return
    case 'map':
      sparse.numbers = []
      if (text === '') return
      for (const [index, part] of text.split(',', 2 * MAX_SPARSE_REGIONS + 1).entries())
        addNumber(sparse.numbers, part, index % 2)
      return
    default:
  }
}

/** Format 0.0 repeats `offset` and `numbytes` by turns; `parity` is the turn this number must have. */
function addNumber(numbers: number[], text: string, parity: number): void {
  const value = decimal(text)
  if (Number.isNaN(value) || numbers.length % 2 !== parity) throw malformed('sparse map')
  if (numbers.length >= 2 * MAX_SPARSE_REGIONS)
    throw new ImageError('limit', `A sparse file in the tar has more than ${MAX_SPARSE_REGIONS} pieces.`)
  numbers.push(value)
}

function setNumber(
  records: PaxRecords,
  field: 'size' | 'uid' | 'gid' | 'devmajor' | 'devminor',
  key: string,
  value: Buffer,
): void {
  if (value.length === 0) delete records[field]
  else records[field] = numberOf(key, value)
}

function numberOf(key: string, value: Buffer): number {
  const number = decimal(value.toString('latin1'))
  if (Number.isNaN(number)) throw malformed(`"${key}"`)
  return number
}

/** NUL ends a name for the system but not for a string: what is checked would not be what is written. */
function textOf(key: string, value: Buffer): string {
  const text = value.toString('latin1')
  if (!text.includes('\0')) return text
  if (key === 'uname' || key === 'gname') throw malformed(`"${key}"`)
  throw new ImageError('unsafe-path', `A name in the tar holds a NUL byte: "${visible(text.slice(0, 200))}".`)
}

function timeOf(text: string): PaxTime {
  const match = /^(-?)(\d{1,16})(?:\.(\d*))?$/.exec(text)
  if (!match) throw malformed('"mtime"')
  const [, sign, digits = '', fraction = ''] = match
  const seconds = Number(digits)
  const nanoseconds = Number(fraction.slice(0, 9).padEnd(9, '0'))
  if (!Number.isSafeInteger(seconds)) throw malformed('"mtime"')
  if (sign === '') return { seconds, nanoseconds }
  return nanoseconds === 0
    ? { seconds: 0 - seconds, nanoseconds }
    : { seconds: -seconds - 1, nanoseconds: 1e9 - nanoseconds }
}

/** NaN for what is not a plain decimal within the safe integers. */
function decimal(text: string): number {
  if (!/^\d{1,16}$/.test(text)) return Number.NaN
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : Number.NaN
}

function percentDecoded(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function malformed(what: string): ImageError {
  return new ImageError('malformed', `An extended header of the tar has a bad ${what}.`)
}

/** One record; its length counts its own digits. `key` and `value` are latin-1. */
export function formatPaxRecord(key: string, value: string): string {
  const rest = key.length + value.length + 3
  let length = rest + String(rest).length
  if (String(length).length !== String(rest).length) length = rest + String(length).length
  return `${length} ${key}=${value}\n`
}

/** Seconds and nanoseconds as `mtime` has them: a decimal without trailing zeros, rounded nowhere. */
export function formatPaxTime({ seconds, nanoseconds }: PaxTime): string {
  if (nanoseconds === 0) return String(seconds)
  const [sign, whole, fraction] =
    seconds < 0 ? ['-', -seconds - 1, 1e9 - nanoseconds] : ['', seconds, nanoseconds]
  return `${sign}${whole}.${String(fraction).padStart(9, '0').replace(/0+$/, '')}`
}
