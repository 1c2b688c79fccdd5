import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TarEntry } from '../../main/image/element.ts'
import { decodeHeader, encodeHeader, endOfArchive, paddingOf } from '../../main/image/tar-header.ts'
import { TarParser } from '../../main/image/tar-parser.ts'
import { base256, entryOf, python, rawHeader, tarOf, temporaryFolder } from '../support/tar-fixtures.ts'

function entriesOf(tar: Uint8Array): TarEntry[] {
  const entries: TarEntry[] = []
  const parser = new TarParser({
    onEntry(entry) {
      entries.push(entry)
      return false
    },
  })
  parser.push(tar)
  parser.end()
  return entries
}

const component = fc
  .string({ unit: 'binary-ascii', minLength: 1, maxLength: 60 })
  .map((text) => text.replace(/[\0/]/g, 'é'))
  .filter((text) => text !== '.' && text !== '..')
const path = fc.array(component, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('/'))
const seconds = fc.integer({ min: -(2 ** 40), max: 2 ** 40 })
const owner = fc.oneof(fc.nat(0o7777777), fc.integer({ min: 0, max: 2 ** 32 - 2 }))
const ownerName = fc.string({ unit: 'grapheme-ascii', maxLength: 40 })
const xattrs = fc.dictionary(
  fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 20 }),
  fc.uint8Array({ maxLength: 80 }),
  { minKeys: 1, maxKeys: 4, noNullPrototype: true },
)
const sparse = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 5000 })), { maxLength: 30 })
  .map((pairs) => {
    let end = 0
    return pairs.map(([hole, length]) => {
      const offset = end + hole
      end = offset + length
      return [offset, length] as const
    })
  })

const anyFields = fc.record(
  {
    path,
    type: fc.constantFrom<TarEntry['type']>('file', 'directory', 'symlink', 'link', 'fifo', 'char', 'block'),
    size: fc.oneof(fc.nat(100), fc.maxSafeNat()),
    mode: fc.nat(0o7777),
    uid: owner,
    gid: owner,
    mtime: seconds,
    mtimeNanoseconds: fc.oneof(fc.constant(0), fc.nat(999_999_999)),
    target: path,
    device: fc.record({ major: owner, minor: owner }),
    uname: ownerName,
    gname: ownerName,
    xattrs,
    sparse,
    hole: fc.nat(10_000),
  },
  { requiredKeys: ['path', 'type', 'size', 'mode', 'uid', 'gid', 'mtime', 'mtimeNanoseconds'] },
)

type Fields = typeof anyFields extends fc.Arbitrary<infer T> ? T : never

/** The fields that fit together, as an entry; content is left to the caller. */
function entryFrom(fields: Fields): TarEntry {
  const { target = 'target', device, sparse, hole = 0, uname, gname, xattrs, ...rest } = fields

  const last = sparse?.at(-1)
  const isSparse = rest.type === 'file' && sparse !== undefined
  const isFile = rest.type === 'file'
  const size = isSparse ? (last ? last[0] + last[1] : 0) + hole : isFile ? rest.size : 0
  return {
    ...rest,
    size,
    storedSize: isSparse ? sparse.reduce((sum, [, length]) => sum + length, 0) : size,
    offset: 0,
    ...(uname === undefined || uname === '' ? {} : { uname }),
    ...(gname === undefined || gname === '' ? {} : { gname }),
    ...(xattrs ? { xattrs } : {}),
    ...(isSparse ? { sparse } : {}),
    ...(rest.type === 'symlink' || rest.type === 'link' ? { linkname: target } : {}),
    ...(rest.type === 'char' || rest.type === 'block' ? { device: device ?? { major: 0, minor: 0 } } : {}),
  }
}

/** Any entry our model can hold. */
const anyEntry = anyFields.map(entryFrom)

describe('encodeHeader', () => {
  test('what it writes is read back as it was', () => {
    fc.assert(
      fc.property(anyEntry, (entry) => {
        const header = encodeHeader(entry)
        expect(header.length % 512).toBe(0)
        const read: TarEntry[] = []
        new TarParser({ onEntry: (found) => (read.push(found), false) }).push(header)
        expect(read).toEqual([{ ...entry, offset: header.length }])
      }),
      { numRuns: 500 },
    )
  })

  test('ustar alone where it can hold the entry', () => {
    const long = `${'d'.repeat(100)}/${'n'.repeat(100)}`
    for (const entry of [
      entryOf({ path: 'etc/passwd', size: 8 * 2 ** 30 - 1 }),
      entryOf({ path: long }),
      entryOf({ path: 'gr\xc3\xbc\xc3\x9fe', uid: 0o7777777, gid: 0o7777777 }),
      entryOf({ path: 'l', type: 'symlink', linkname: 't'.repeat(100) }),
    ])
      expect(encodeHeader(entry)).toHaveLength(512)
    for (const entry of [
      entryOf({ path: 'big', size: 8 * 2 ** 30 }),
      entryOf({ path: 'n'.repeat(101) }),
      entryOf({ path: 'p/'.repeat(200) + 'x' }),
      entryOf({ path: 'owner', uid: 0o10000000 }),
      entryOf({ path: 'early', mtime: -1 }),
      entryOf({ path: 'exact', mtimeNanoseconds: 1 }),
      entryOf({ path: 'l', type: 'symlink', linkname: 't'.repeat(101) }),
      entryOf({ path: 'caps', xattrs: { 'security.capability': Uint8Array.of(1) } }),
    ])
      expect(encodeHeader(entry)).toHaveLength(1536)
  })

  test('attributes are written in one order, whatever theirs', () => {
    const one = entryOf({ path: 'f', xattrs: { 'user.b': Uint8Array.of(1), 'user.a': Uint8Array.of(2) } })
    const other = entryOf({ path: 'f', xattrs: { 'user.a': Uint8Array.of(2), 'user.b': Uint8Array.of(1) } })
    expect(encodeHeader(one)).toEqual(encodeHeader(other))
  })

  const content = Buffer.from('content\n')
  const foreignRound = [
    [entryOf({ path: '', type: 'directory', mode: 0o755 })],
    [entryOf({ path: 'usr', type: 'directory', mode: 0o1777 })],
    [entryOf({ path: 'usr/file', size: 8, mode: 0o4755, uid: 1000, gid: 3_000_000 }), content],
    [
      entryOf({ path: `${'long/'.repeat(60)}name`, size: 8, mtime: 5, mtimeNanoseconds: 500_000_000 }),
      content,
    ],
    [entryOf({ path: 'gr\xc3\xbc\xc3\x9fe', size: 8 }), content],
    [entryOf({ path: 'usr/hard', type: 'link', linkname: 'usr/file' })],
    [entryOf({ path: 'usr/soft', type: 'symlink', linkname: `../${'t'.repeat(120)}` })],
    [entryOf({ path: 'usr/null', type: 'char', device: { major: 1, minor: 3 } })],
    [entryOf({ path: 'usr/sda', type: 'block', device: { major: 8, minor: 0 } })],
    [entryOf({ path: 'usr/pipe', type: 'fifo' })],
    [
      entryOf({
        path: `sparse/${'s'.repeat(120)}`,
        size: 100_000,
        storedSize: 8,
        sparse: [[50_000, 8]],
      }),
      content,
    ],
  ] as const

  test('GNU tar reads it', () => {
    using folder = temporaryFolder()
    const file = join(folder.path, 'a.tar')
    writeFileSync(file, tarOf(...foreignRound))
    const listing = execFileSync('tar', ['--numeric-owner', '--full-time', '--utc', '-tvf', file], {
      encoding: 'latin1',
      env: { ...process.env, LC_ALL: 'C' },
    })
    const lines = listing
      .trimEnd()
      .split('\n')
      .map((line) => line.replaceAll(/ +/g, ' '))
    expect(lines).toEqual([
      'drwxr-xr-x 0/0 0 2023-11-14 22:13:20 ./',
      'drwxrwxrwt 0/0 0 2023-11-14 22:13:20 usr/',
      '-rwsr-xr-x 1000/3000000 8 2023-11-14 22:13:20 usr/file',
      `-rw-r--r-- 0/0 8 1970-01-01 00:00:05.5 ${'long/'.repeat(60)}name`,
      '-rw-r--r-- 0/0 8 2023-11-14 22:13:20 gr\\303\\274\\303\\237e',
      'hrw-r--r-- 0/0 0 2023-11-14 22:13:20 usr/hard link to usr/file',
      `lrw-r--r-- 0/0 0 2023-11-14 22:13:20 usr/soft -> ../${'t'.repeat(120)}`,
      'crw-r--r-- 0/0 1,3 2023-11-14 22:13:20 usr/null',
      'brw-r--r-- 0/0 8,0 2023-11-14 22:13:20 usr/sda',
      'prw-r--r-- 0/0 0 2023-11-14 22:13:20 usr/pipe',
      `-rw-r--r-- 0/0 100000 2023-11-14 22:13:20 sparse/${'s'.repeat(120)}`,
    ])
    const sparse = execFileSync('tar', ['-xOf', file, `sparse/${'s'.repeat(120)}`])
    expect(sparse).toEqual(Buffer.concat([Buffer.alloc(50_000), content, Buffer.alloc(49_992)]))
  })

  test("Python's tarfile reads it", () => {
    const tar = tarOf(
      ...foreignRound,
      [entryOf({ path: 'early', mtime: -5, mtimeNanoseconds: 250_000_000 })],
      [entryOf({ path: 'caps', size: 8, xattrs: { 'user.text': Buffer.from('plain') } }), content],
    )
    const code = `
import io, json, sys, tarfile
with tarfile.open(fileobj=io.BytesIO(sys.stdin.buffer.read())) as tar:
    print(json.dumps([[m.name, m.type.decode(), m.size, m.mode, m.uid, m.gid, m.mtime, m.linkname, m.pax_headers.get('SCHILY.xattr.user.text')] for m in tar]))
`
    const members: unknown[][] = JSON.parse(python(code, tar).toString())
    expect(members).toHaveLength(foreignRound.length + 2)
    expect(members[2]).toEqual(['usr/file', '0', 8, 0o4755, 1000, 3_000_000, 1_700_000_000, '', null])
    expect(members[3]).toEqual([`${'long/'.repeat(60)}name`, '0', 8, 0o644, 0, 0, 5.5, '', null])
    expect(members[4]?.[0]).toBe('grüße')
    expect(members[6]?.[7]).toBe(`../${'t'.repeat(120)}`)
    expect(members[10]?.slice(0, 3)).toEqual([`sparse/${'s'.repeat(120)}`, '0', 100_000])
    expect(members[11]?.[6]).toBe(-4.75)
    expect(members[12]?.[8]).toBe('plain')
  })
})

describe('decodeHeader', () => {
  test('a block of zeros is none', () => {
    expect(decodeHeader(endOfArchive.subarray(0, 512))).toBeUndefined()
  })

  test('a wrong checksum is refused, a signed one is not', () => {
    const block = rawHeader({ name: 'gr\xc3\xbc\xc3\x9fe' })
    const wrong = Buffer.from(block)
    wrong[0] = 0x68
    expect(() => decodeHeader(wrong)).toThrowError(expect.objectContaining({ code: 'malformed' }))
    expect(decodeHeader(rawHeader({ name: 'gr\xc3\xbc\xc3\x9fe', isSigned: true }))?.name).toBe(
      'gr\xc3\xbc\xc3\x9fe',
    )
  })

  test('numbers of every spelling', () => {
    const size = (bytes: Uint8Array) => decodeHeader(rawHeader({ size: bytes }))?.size
    expect(size(Buffer.from('00000000017\0'))).toBe(15)
    expect(size(Buffer.from('         17 '))).toBe(15)
    expect(size(Buffer.from('17\0 garbage!'.slice(0, 12)))).toBe(15)
    expect(size(Buffer.from('777777777777'))).toBe(8 ** 12 - 1)
    expect(size(Buffer.alloc(12))).toBe(0)
    expect(size(base256(2n ** 53n - 1n, 12))).toBe(2 ** 53 - 1)
    expect(size(base256(2n ** 53n, 12))).toBeNaN()
    expect(size(base256(-(2n ** 53n) + 1n, 12))).toBe(-(2 ** 53) + 1)
    expect(size(base256(-1n, 12))).toBe(-1)
    expect(size(Buffer.from('0000000008\0\0'))).toBeNaN()
    expect(size(Buffer.from('-0000000017\0'))).toBeNaN()
    expect(size(Buffer.from('17 1\0\0\0\0\0\0\0\0'))).toBeNaN()
  })

  test('the prefix belongs to ustar only', () => {
    expect(decodeHeader(rawHeader({ name: 'n', prefix: 'p' }))?.name).toBe('p/n')
    expect(decodeHeader(rawHeader({ name: 'n', prefix: 'p', magic: 'ustar  \0' }))?.name).toBe('n')
  })
})

test('padding fills the block', () => {
  expect([0, 1, 511, 512, 513].map(paddingOf)).toEqual([0, 511, 1, 0, 511])
  expect(entriesOf(Buffer.alloc(1024))).toEqual([])
})
