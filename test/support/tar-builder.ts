import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { EntryType } from '../../shared/files.ts'

interface UstarFields {
  name: string
  mode: number
  uid: number
  gid: number
  size: number
  mtime: Date
  type: string
  typeflag: number
  linkname: string | null
  devmajor: number
  devminor: number
}

const require = createRequire(import.meta.url)

/** tar-stream's header codec, used on its own: a tar writer that is not ours, so that both sides of a test are not one mistake. */
const codec = require(join(dirname(require.resolve('tar-stream')), 'headers.js')) as {
  encode(fields: UstarFields): Buffer | null
}

/** One member of a tar to be built; everything but the path has a plain default (a file, 0644 or 0755, root, 1970). */
export interface FileSpec {
  /** Text (written as UTF-8), or the bytes of a name that is not UTF-8. */
  readonly path: string | Uint8Array
  readonly type?: EntryType
  readonly content?: string | Uint8Array
  readonly mode?: number
  readonly uid?: number
  readonly gid?: number
  /** Seconds, fractional ones as a PAX record. */
  readonly mtime?: number
  readonly linkname?: string
  readonly device?: { readonly major: number; readonly minor: number }
  readonly xattrs?: Readonly<Record<string, string | Uint8Array>>
  /** Further PAX records, as they stand. */
  readonly pax?: Readonly<Record<string, string | Uint8Array>>
}

const STREAM_TYPES: Readonly<Record<EntryType, string>> = {
  file: 'file',
  directory: 'directory',
  symlink: 'symlink',
  link: 'link',
  fifo: 'fifo',
  char: 'character-device',
  block: 'block-device',
}

export const END_OF_TAR = Buffer.alloc(1024)

/** A whole tar in memory, end-of-archive blocks included. */
export function packTar(files: readonly FileSpec[]): Buffer {
  return Buffer.concat([...files.map(packMember), END_OF_TAR])
}

/** One member: PAX header where wanted, header, content, padding. */
export function packMember(file: FileSpec): Buffer {
  const type = file.type ?? 'file'
  const content = type === 'file' ? Buffer.from(file.content ?? '') : Buffer.alloc(0)
  const records = paxRecords(file)
  const fields: UstarFields = {
    name: typeof file.path === 'string' ? file.path : 'name',
    mode: file.mode ?? (type === 'directory' ? 0o755 : type === 'symlink' ? 0o777 : 0o644),
    uid: file.uid ?? 0,
    gid: file.gid ?? 0,
    size: content.length,
    mtime: new Date(Math.floor(file.mtime ?? 0) * 1000),
    type: STREAM_TYPES[type],
    typeflag: type === 'directory' ? 5 : 0,
    linkname: file.linkname ?? null,
    devmajor: file.device?.major ?? 0,
    devminor: file.device?.minor ?? 0,
  }
  let header = codec.encode(fields)
  if (header === null) {
    records.set('path', Buffer.from(file.path))
    if (file.linkname !== undefined) records.set('linkpath', Buffer.from(file.linkname))
    header = codec.encode({ ...fields, name: 'name', linkname: file.linkname === undefined ? null : 'link' })
  }
  if (header === null) throw new Error(`tar-stream cannot write ${String(file.path)}`)
  return Buffer.concat([packPax(records), header, padded(content)])
}

function paxRecords(file: FileSpec): Map<string, Buffer> {
  const records = new Map<string, Buffer>()
  if (typeof file.path !== 'string') records.set('path', Buffer.from(file.path))
  if (file.mtime !== undefined && !Number.isInteger(file.mtime))
    records.set('mtime', Buffer.from(String(file.mtime)))
  for (const [name, value] of Object.entries(file.xattrs ?? {}))
    records.set(`SCHILY.xattr.${name}`, Buffer.from(value))
  for (const [name, value] of Object.entries(file.pax ?? {})) records.set(name, Buffer.from(value))
  return records
}

function packPax(records: ReadonlyMap<string, Buffer>): Buffer {
  if (records.size === 0) return Buffer.alloc(0)
  const body = Buffer.concat([...records].map(([name, value]) => paxRecord(name, value)))
  const header = codec.encode({
    name: 'PaxHeader',
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: body.length,
    mtime: new Date(0),
    type: 'pax-header',
    typeflag: 0,
    linkname: null,
    devmajor: 0,
    devminor: 0,
  })
  if (header === null) throw new Error('tar-stream cannot write a PAX header')
  return Buffer.concat([header, padded(body)])
}

/** `<length> <name>=<value>\n`, where the length counts its own digits (POSIX pax, extended header records). */
function paxRecord(name: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${name}=`), value, Buffer.from('\n')])
  let length = rest.length + 1
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return Buffer.concat([Buffer.from(String(length)), rest])
}

function padded(content: Buffer): Buffer {
  const padding = (512 - (content.length % 512)) % 512
  return padding === 0 ? content : Buffer.concat([content, Buffer.alloc(padding)])
}
