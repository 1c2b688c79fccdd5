import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { linkSync, openSync, closeSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TarEntry } from '../../main/image/element.ts'
import { encodeHeader, endOfArchive, paddingOf } from '../../main/image/tar-header.ts'

/** A private folder, gone at the end of the scope. */
export function temporaryFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'occystrap-test-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** An entry with everything left out filled in; `size` of a file is its content's. */
export function entryOf(fields: Partial<TarEntry> & { readonly path: string }): TarEntry {
  const size = fields.size ?? 0
  return {
    type: 'file',
    size,
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: 1_700_000_000,
    mtimeNanoseconds: 0,
    offset: 0,
    storedSize: fields.storedSize ?? size,
    ...fields,
  }
}

/** A tar of our own writer. */
export function tarOf(...members: (readonly [entry: TarEntry, content?: Uint8Array])[]): Buffer {
  const parts: Uint8Array[] = []
  for (const [entry, content = new Uint8Array()] of members)
    parts.push(encodeHeader(entry), content, new Uint8Array(paddingOf(content.length)))
  return Buffer.concat([...parts, endOfArchive])
}

export interface RawFields {
  readonly name?: string
  readonly typeflag?: string
  readonly linkname?: string
  /** 'ustar\0' + '00' unless said; '' for v7. */
  readonly magic?: string
  /** Numbers become octal; bytes stand as they are. */
  readonly size?: number | Uint8Array
  readonly mode?: number | Uint8Array
  readonly uid?: number | Uint8Array
  readonly gid?: number | Uint8Array
  readonly mtime?: number | Uint8Array
  readonly prefix?: string
  readonly devmajor?: number | Uint8Array
  readonly devminor?: number | Uint8Array
  /** Bytes set after all else and before the checksum. */
  readonly patches?: readonly (readonly [at: number, bytes: Uint8Array])[]
  /** Sum signed bytes, as Sun's tar did. */
  readonly isSigned?: boolean
}

/** One header block built by hand, byte by byte, independent of our writer. */
export function rawHeader(fields: RawFields = {}): Buffer {
  const block = Buffer.alloc(512)
  const number = (value: number | Uint8Array | undefined, at: number, length: number) => {
    if (typeof value === 'object') block.set(value, at)
    else block.write((value ?? 0).toString(8).padStart(length - 1, '0'), at, 'latin1')
  }
  block.write(fields.name ?? 'file', 0, 100, 'latin1')
  number(fields.mode ?? 0o644, 100, 8)
  number(fields.uid, 108, 8)
  number(fields.gid, 116, 8)
  number(fields.size, 124, 12)
  number(fields.mtime, 136, 12)
  block.write(fields.typeflag ?? '0', 156, 1, 'latin1')
  block.write(fields.linkname ?? '', 157, 100, 'latin1')
  block.write(fields.magic ?? 'ustar\x0000', 257, 8, 'latin1')
  if (fields.magic !== '') {
    number(fields.devmajor, 329, 8)
    number(fields.devminor, 337, 8)
    if (fields.prefix !== undefined) block.write(fields.prefix, 345, 155, 'latin1')
  }
  for (const [at, bytes] of fields.patches ?? []) block.set(bytes, at)
  block.fill(0x20, 148, 156)
  let sum = 0
  for (const byte of block) sum += fields.isSigned === true && byte > 127 ? byte - 256 : byte
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

/** Content and the zeros up to the next block. */
export function padded(content: Uint8Array | string): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'latin1') : Buffer.from(content)
  return Buffer.concat([bytes, Buffer.alloc(paddingOf(bytes.length))])
}

/** `length key=value\n`, the length found by trying. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  for (let digits = 1; ; digits++)
    if (String(rest.length + digits).length === digits) return `${rest.length + digits}${rest}`
}

/** An extended header (`x` or `g`) of these records, or of this very text. */
export function paxHeader(records: Readonly<Record<string, string>> | string, typeflag = 'x'): Buffer {
  const text =
    typeof records === 'string'
      ? records
      : Object.entries(records)
          .map(([key, value]) => paxRecord(key, value))
          .join('')
  return Buffer.concat([rawHeader({ name: 'PaxHeaders/x', typeflag, size: text.length }), padded(text)])
}

/** A number in GNU's base-256, over the whole field. */
export function base256(value: bigint, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  let rest = BigInt.asUintN(length * 8, value)
  for (let i = length - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 0xffn)
    rest >>= 8n
  }
  bytes[0] = (bytes[0] as number) | 0x80
  return bytes
}

/** A new checksum in every block that looks like a header, so that a change elsewhere in it is not caught by the old one. */
export function withChecksums(tar: Buffer): Buffer {
  for (let at = 0; at + 512 <= tar.length; at += 512) {
    if (tar.toString('latin1', at + 257, at + 262) !== 'ustar') continue
    tar.fill(0x20, at + 148, at + 156)
    const sum = tar.subarray(at, at + 512).reduce((total, byte) => total + byte, 0)
    tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1')
  }
  return tar
}

export const END = Buffer.alloc(1024)

/** Files of every kind a user may make, below `folder/tree`, for foreign tools to pack. Names beyond ASCII and beyond UTF-8 included. */
export function makeTree(folder: string): void {
  const tree = join(folder, 'tree')
  mkdirSync(join(tree, 'empty-folder'), { recursive: true })
  mkdirSync(join(tree, 'd'.repeat(90), 'e'.repeat(90)), { recursive: true })
  writeFileSync(join(tree, 'hello'), 'hello\n', { mode: 0o755 })
  writeFileSync(join(tree, 'empty'), '')
  writeFileSync(join(tree, 'block'), Buffer.alloc(512, 'b'))
  writeFileSync(join(tree, 'large'), Buffer.alloc(100_001, 'l'))
  writeFileSync(join(tree, 'd'.repeat(90), 'e'.repeat(90), 'deep'), 'deep')
  writeFileSync(join(tree, 'n'.repeat(200)), 'long')
  writeFileSync(join(tree, 'grüße'), 'utf-8')
  writeFileSync(Buffer.concat([Buffer.from(`${tree}/`), Buffer.from([0x66, 0xff, 0xfe])]), 'not utf-8')
  symlinkSync('hello', join(tree, 'link'))
  symlinkSync('t'.repeat(150), join(tree, 'long-link'))
  linkSync(join(tree, 'hello'), join(tree, 'hard'))
  utimesSync(join(tree, 'hello'), 1_500_000_000, 1_500_000_000.25)
}

/** A file of 1 MiB and a bit with two pieces of data in it. */
export function makeSparseFile(path: string): void {
  writeFileSync(path, '')
  truncateSync(path, 1_100_000)
  const fd = openSync(path, 'r+')
  writeSync(fd, Buffer.alloc(4096, 'x'), 0, 4096, 65_536)
  writeSync(fd, Buffer.alloc(10_000, 'y'), 0, 10_000, 524_288)
  closeSync(fd)
}

/** GNU tar's archive of `folder/tree`. */
export function gnuTar(folder: string, format: string, ...options: readonly string[]): Buffer {
  return execFileSync('tar', [`--format=${format}`, ...options, '-cf', '-', '-C', folder, 'tree'], {
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
}

/** Runs Python with the code and these bytes on its standard input; its standard output. */
export function python(code: string, input: Uint8Array | string = ''): Buffer {
  return execFileSync('python3', ['-c', code], { input, maxBuffer: 64 * 1024 * 1024 })
}

/** Chunks of these sizes by turns. */
export async function* chunksOf(
  bytes: Uint8Array,
  ...sizes: readonly number[]
): AsyncGenerator<Uint8Array, void, undefined> {
  let at = 0
  for (let i = 0; at < bytes.length; i++) {
    const size = Math.max(1, sizes[i % sizes.length] ?? bytes.length)
    yield bytes.subarray(at, at + size)
    at += size
  }
}

/**
 * The same, as a source that reuses its buffer: what was handed out is overwritten when the next chunk is asked for. Whoever keeps a chunk
 * too long reads 0xdd.
 */
export async function* reusedChunksOf(
  bytes: Uint8Array,
  ...sizes: readonly number[]
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of chunksOf(bytes, ...sizes)) {
    const copy = Uint8Array.from(chunk)
    yield copy
    copy.fill(0xdd)
  }
}

/** All bytes of a source; copies, as chunks may be reused. */
export async function bytesOf(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of source) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}
