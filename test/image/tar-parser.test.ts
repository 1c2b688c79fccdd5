import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TarEntry } from '../../main/image/element.ts'
import { TarParser } from '../../main/image/tar-parser.ts'
import type { ErrorCode } from '../../shared/errors.ts'
import { ImageError } from '../../shared/errors.ts'
import {
  END,
  base256,
  entryOf,
  gnuTar,
  makeSparseFile,
  makeTree,
  padded,
  paxHeader,
  paxRecord,
  python,
  rawHeader,
  tarOf,
  temporaryFolder,
  withChecksums,
} from '../support/tar-fixtures.ts'
import type { RawFields } from '../support/tar-fixtures.ts'

interface Parsed {
  readonly entries: TarEntry[]
  /** Contents by row, stored bytes as latin-1. */
  readonly contents: string[]
  readonly code: ErrorCode | undefined
}

/** Parses the tar pushed in pieces of these sizes by turns; every piece is overwritten once it was pushed. */
function parse(tar: Uint8Array, ...sizes: readonly number[]): Parsed {
  const entries: TarEntry[] = []
  const contents: string[] = []
  let open = ''
  const parser = new TarParser({
    onEntry(entry) {
      entries.push(entry)
      open = ''
      return true
    },
    onData(chunk) {
      open += Buffer.from(chunk).toString('latin1')
    },
    onEnd() {
      contents.push(open)
    },
  })
  try {
    for (let at = 0, i = 0; at < tar.length; i++) {
      const size = Math.max(1, sizes[i % sizes.length] ?? tar.length)
      const piece = Uint8Array.from(tar.subarray(at, at + size))
      parser.push(piece)
      piece.fill(0xdd)
      at += size
    }
    parser.end()
    return { entries, contents, code: undefined }
  } catch (error) {
    if (!(error instanceof ImageError)) throw error
    return { entries, contents, code: error.code }
  }
}

function only(tar: Uint8Array): TarEntry {
  const { entries, code } = parse(tar)
  expect(code).toBeUndefined()
  expect(entries).toHaveLength(1)
  return entries[0]!
}

const file = (fields: RawFields = {}, content = '') =>
  Buffer.concat([rawHeader({ size: content.length, ...fields }), padded(content)])

describe('foreign archives', () => {
  test.each(['v7', 'oldgnu', 'gnu', 'ustar', 'posix'])('GNU tar, %s', (format) => {
    using folder = temporaryFolder()
    makeTree(folder.path)
    // v7 and ustar cannot hold the long names: GNU tar leaves those files out.
    const isShort = format === 'v7' || format === 'ustar'
    const options = isShort ? ['--exclude=n*', '--exclude=long-link', '--exclude=d*'] : []
    const { entries, contents, code } = parse(gnuTar(folder.path, format, '--sort=name', ...options))
    expect(code).toBeUndefined()
    const rows = new Map(entries.map((entry, row) => [entry.path, { entry, content: contents[row] }]))
    const deep = `tree/${'d'.repeat(90)}/${'e'.repeat(90)}`
    expect([...rows.keys()].sort()).toEqual(
      [
        'tree',
        'tree/block',
        'tree/empty',
        'tree/empty-folder',
        'tree/f\xff\xfe',
        'tree/gr\xc3\xbc\xc3\x9fe',
        'tree/hard',
        'tree/hello',
        'tree/large',
        'tree/link',
        ...(isShort
          ? []
          : [`tree/${'d'.repeat(90)}`, deep, `${deep}/deep`, 'tree/long-link', `tree/${'n'.repeat(200)}`]),
      ].sort(),
    )
    expect(rows.get('tree')?.entry.type).toBe('directory')
    expect(rows.get('tree/large')?.content).toBe('l'.repeat(100_001))
    expect(rows.get('tree/f\xff\xfe')?.content).toBe('not utf-8')
    expect(rows.get('tree/link')?.entry).toMatchObject({ type: 'symlink', linkname: 'hello', size: 0 })
    // Whichever name comes first holds the content.
    expect(rows.get('tree/hard')).toMatchObject({ content: 'hello\n', entry: { type: 'file', mode: 0o755 } })
    expect(rows.get('tree/hello')?.entry).toMatchObject({ type: 'link', linkname: 'tree/hard' })
    expect(rows.get('tree/hard')?.entry.mtime).toBe(1_500_000_000)
    expect(rows.get('tree/hard')?.entry.mtimeNanoseconds).toBe(format === 'posix' ? 250_000_000 : 0)
    if (!isShort) {
      expect(rows.get('tree/long-link')?.entry.linkname).toBe('t'.repeat(150))
      expect(rows.get(`${deep}/deep`)?.content).toBe('deep')
    }
  })

  test.each([
    ['oldgnu', '0.0'],
    ['gnu', '0.0'],
    ['posix', '0.0'],
    ['posix', '0.1'],
    ['posix', '1.0'],
  ])('GNU tar, sparse, %s %s', (format, version) => {
    using folder = temporaryFolder()
    makeTree(folder.path)
    makeSparseFile(join(folder.path, 'tree', 'sparse'))
    const { entries, contents, code } = parse(
      gnuTar(folder.path, format, '--sparse', '--hole-detection=raw', `--sparse-version=${version}`),
    )
    expect(code).toBeUndefined()
    const row = entries.findIndex((entry) => entry.path === 'tree/sparse')
    expect(entries[row]).toMatchObject({ type: 'file', size: 1_100_000, storedSize: contents[row]?.length })
    let logical = '\0'.repeat(1_100_000)
    let stored = 0
    for (const [offset, length] of entries[row]!.sparse ?? []) {
      const piece = contents[row]!.slice(stored, stored + length)
      logical = logical.slice(0, offset) + piece + logical.slice(offset + length)
      stored += length
    }
    expect(stored).toBeLessThan(20_000)
    expect(logical.length).toBe(1_100_000)
    expect(logical.slice(65_536, 65_536 + 4096)).toBe('x'.repeat(4096))
    expect(logical.slice(524_288, 524_288 + 10_000)).toBe('y'.repeat(10_000))
    expect(logical.replaceAll('\0', '')).toHaveLength(14_096)
    // What comes after it is still found.
    expect(entries.some((entry) => entry.path === 'tree/large' && entry.size === 100_001)).toBe(true)
  })

  test("Python's tarfile, all three formats", () => {
    for (const format of ['USTAR', 'GNU', 'PAX']) {
      const code = `
import io, sys, tarfile
out = io.BytesIO()
tar = tarfile.open(fileobj=out, mode='w', format=tarfile.${format}_FORMAT)
def add(name, data=b'', **fields):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in fields.items(): setattr(info, key, value)
    tar.addfile(info, io.BytesIO(data))
add('plain', b'data', mode=0o4711, uid=7, gid=8, uname='root', mtime=12)
add('d' * 80 + '/' + 'n' * 90, b'nested')
add('dir/', type=tarfile.DIRTYPE, mode=0o755)
add('null', type=tarfile.CHRTYPE, devmajor=1, devminor=3)
if '${format}' != 'USTAR':
    add('owner', uid=4294967294, gid=3000000, mtime=-7)
    add('l' * 300, type=tarfile.SYMTYPE, linkname='t' * 300)
tar.close()
sys.stdout.buffer.write(out.getvalue())
`
      const { entries, contents, code: error } = parse(python(code))
      expect(error).toBeUndefined()
      expect(entries[0]).toMatchObject({
        path: 'plain',
        mode: 0o4711,
        uid: 7,
        gid: 8,
        uname: 'root',
        mtime: 12,
      })
      expect(contents.slice(0, 2)).toEqual(['data', 'nested'])
      expect(entries[1]?.path).toBe(`${'d'.repeat(80)}/${'n'.repeat(90)}`)
      expect(entries[2]).toMatchObject({ path: 'dir', type: 'directory', mode: 0o755 })
      expect(entries[3]).toMatchObject({ type: 'char', device: { major: 1, minor: 3 } })
      if (format === 'USTAR') continue
      expect(entries[4]).toMatchObject({ uid: 4_294_967_294, gid: 3_000_000, mtime: -7 })
      expect(entries[5]).toMatchObject({ path: 'l'.repeat(300), linkname: 't'.repeat(300) })
    }
  })

  test("libarchive's attributes and v7's folders", () => {
    const value = Buffer.from([0, 0xff, 10])
    const entry = only(
      Buffer.concat([
        paxHeader({
          'LIBARCHIVE.xattr.user.a%20b': value.toString('base64'),
          'LIBARCHIVE.xattr.user.both': Buffer.from('other').toString('base64'),
          'SCHILY.xattr.user.both': value.toString('latin1'),
          'LIBARCHIVE.creationtime': '1',
          'SCHILY.xattr.__proto__': 'polluted',
        }),
        rawHeader({ name: 'folder/', typeflag: '\0', magic: '' }),
        END,
      ]),
    )
    expect(entry.type).toBe('directory')
    expect(Object.entries(entry.xattrs ?? {}).map(([k, v]) => [k, Buffer.from(v).toString('hex')])).toEqual([
      ['user.a b', '00ff0a'],
      ['user.both', '00ff0a'],
      ['__proto__', Buffer.from('polluted').toString('hex')],
    ])
    expect(Object.getPrototypeOf({})).not.toHaveProperty('polluted')
  })
})

describe('names', () => {
  test.each([
    ['./etc//passwd', 'etc/passwd'],
    ['/etc/passwd', 'etc/passwd'],
    ['../../etc/passwd', 'etc/passwd'],
    ['a/../../b/./c/', 'b/c'],
    ['./', ''],
    ['..', ''],
    ['a\\..\\b', 'a\\..\\b'],
    ['...', '...'],
    ['.wh..wh..opq', '.wh..wh..opq'],
    ['C:../x', 'C:../x'],
  ])('%s is %s', (name, path) => {
    expect(only(Buffer.concat([rawHeader({ name }), END])).path).toBe(path)
    expect(only(Buffer.concat([rawHeader({ typeflag: '1', linkname: name }), END])).linkname ?? '').toBe(path)
    expect(only(Buffer.concat([rawHeader({ typeflag: '2', linkname: name }), END])).linkname).toBe(name)
  })

  test('a NUL in a PAX name is refused, whatever the name', () => {
    for (const key of ['path', 'linkpath', 'GNU.sparse.name'])
      expect(parse(Buffer.concat([paxHeader({ [key]: 'a\0b' }), file(), END])).code).toBe('unsafe-path')
    expect(parse(Buffer.concat([paxHeader({ uname: 'a\0b' }), file(), END])).code).toBe('malformed')
  })

  test('a GNU long name ends at its NUL and serves one entry', () => {
    const long = Buffer.concat([rawHeader({ typeflag: 'L', size: 5 }), padded('long\0')])
    const link = Buffer.concat([rawHeader({ typeflag: 'K', size: 7 }), padded('target\0')])
    const { entries } = parse(Buffer.concat([long, link, file({ typeflag: '2' }), file(), END]))
    expect(entries.map(({ path, linkname }) => [path, linkname])).toEqual([
      ['long', 'target'],
      ['file', undefined],
    ])
  })
})

describe('sizes', () => {
  const hidden = file({ name: 'hidden' }, 'smuggled')

  test("PAX's size wins over the header's", () => {
    const tar = Buffer.concat([
      paxHeader({ size: '1024' }),
      rawHeader({ size: 0 }),
      hidden,
      file({ name: 'next' }),
      END,
    ])
    expect(parse(tar).entries.map(({ path, size }) => [path, size])).toEqual([
      ['file', 1024],
      ['next', 0],
    ])
  })

  test('and applies to the next file, not to the long name between', () => {
    const tar = Buffer.concat([
      paxHeader({ size: '1024' }),
      rawHeader({ typeflag: 'L', size: 5 }),
      padded('long\0'),
      rawHeader({ size: 0 }),
      hidden,
      file({ name: 'next' }, 'x'),
      END,
    ])
    expect(parse(tar).entries.map(({ path, size }) => [path, size])).toEqual([
      ['long', 1024],
      ['next', 1],
    ])
  })

  test('links, folders and devices have no content, whatever their size says', () => {
    for (const typeflag of ['1', '2', '3', '4', '5', '6']) {
      const tar = Buffer.concat([
        rawHeader({ typeflag, linkname: 'x', size: 512 }),
        file({ name: 'next' }),
        END,
      ])
      expect(parse(tar).entries.map(({ path, size, storedSize }) => [path, size, storedSize])).toEqual([
        ['file', 0, 0],
        ['next', 0, 0],
      ])
    }
  })

  test('a size, owner or time that cannot be is refused', () => {
    const bad: RawFields[] = [
      { size: base256(-1n, 12) },
      { size: base256(2n ** 53n, 12) },
      { size: Buffer.from('9'.repeat(12)) },
      { uid: base256(-1n, 8) },
      { uid: base256(2n ** 32n - 1n, 8) },
      { gid: base256(2n ** 40n, 8) },
      { mtime: base256(2n ** 60n, 12) },
      { typeflag: '3', devmajor: Buffer.from('xxxxxxxx') },
    ]
    for (const fields of bad) expect(parse(Buffer.concat([rawHeader(fields), END])).code).toBe('malformed')
    for (const record of ['uid', 'gid'])
      expect(parse(Buffer.concat([paxHeader({ [record]: '4294967295' }), file(), END])).code).toBe(
        'malformed',
      )
  })

  test('old times and great owners are read', () => {
    const tar = Buffer.concat([rawHeader({ mtime: base256(-5n, 12), uid: base256(2n ** 32n - 2n, 8) }), END])
    expect(only(tar)).toMatchObject({ mtime: -5, uid: 2 ** 32 - 2 })
    const time = (mtime: string) => {
      const { mtime: seconds, mtimeNanoseconds } = only(Buffer.concat([paxHeader({ mtime }), file(), END]))
      return [seconds, mtimeNanoseconds]
    }
    expect(time('1.5')).toEqual([1, 500_000_000])
    expect(time('-1.5')).toEqual([-2, 500_000_000])
    expect(time('-3')).toEqual([-3, 0])
    expect(time('7.1234567899')).toEqual([7, 123_456_789])
    expect(time('7.')).toEqual([7, 0])
  })
})

describe('extended headers', () => {
  test.each([
    ['no length', 'path=x\n'],
    ['a length too short', '3 path=x\n'],
    ['a length too long', '99 path=x\n'],
    ['no newline', '9 path=x!'],
    ['no key', '5 =x\n'],
    ['no equals sign', '7 path\n'],
    ['a sign', '+9 path=x\n'],
    ['trailing zeros', `${paxRecord('path', 'x')}\0\0`],
    ['a size of words', paxRecord('size', 'ten')],
    ['a negative size', paxRecord('size', '-1')],
    ['a size beyond 2^53', paxRecord('size', '9007199254740992')],
    ['a time of words', paxRecord('mtime', 'now')],
    ['a sparse map out of turn', paxRecord('GNU.sparse.numbytes', '1')],
  ])('with %s are refused', (_, text) => {
    expect(parse(Buffer.concat([paxHeader(text), file(), END])).code).toBe('malformed')
  })

  test('an empty value gives the field back to the header', () => {
    const entry = only(
      Buffer.concat([paxHeader({ path: '', mtime: '', uid: '' }), file({ name: 'own', uid: 5 }), END]),
    )
    expect(entry).toMatchObject({ path: 'own', uid: 5, mtime: 0 })
  })

  test('one of 1 MiB is read, a larger one is refused before its bytes come', () => {
    const large = paxHeader({ comment: 'c'.repeat(1024 * 1024 - 20) })
    expect(parse(Buffer.concat([large, file(), END]), 70_000).entries).toHaveLength(1)
    for (const typeflag of ['x', 'g', 'L', 'K']) {
      expect(parse(rawHeader({ typeflag, size: 1024 * 1024 + 1 })).code).toBe('limit')
      expect(parse(rawHeader({ typeflag, size: base256(2n ** 52n, 12) })).code).toBe('limit')
    }
  })

  test('global ones give owners and times, never names or sizes', () => {
    const globals = paxHeader({ uid: '9', mtime: '3', path: 'everywhere', size: '512', comment: 'c' }, 'g')
    const { entries } = parse(
      Buffer.concat([globals, file({ name: 'a' }), paxHeader({ uid: '1' }), file({ name: 'b' }), END]),
    )
    expect(entries.map(({ path, uid, mtime, size }) => [path, uid, mtime, size])).toEqual([
      ['a', 9, 3, 0],
      ['b', 1, 3, 0],
    ])
  })

  test('of vendors are passed over with their content', () => {
    const { entries } = parse(
      Buffer.concat([file({ typeflag: 'V' }, 'volume'), file({ typeflag: 'Z' }, 'z'), file(), END]),
    )
    expect(entries).toHaveLength(1)
  })
})

describe('sparse maps', () => {
  const map10 = (text: string, size: number, realsize = 10_000) =>
    Buffer.concat([
      paxHeader({
        'GNU.sparse.major': '1',
        'GNU.sparse.minor': '0',
        'GNU.sparse.realsize': String(realsize),
      }),
      rawHeader({ size }),
      padded(text),
      padded('data'),
      END,
    ])
  const map01 = (map: string, size = 4) =>
    Buffer.concat([
      paxHeader({ 'GNU.sparse.size': '10000', 'GNU.sparse.map': map }),
      rawHeader({ size }),
      padded('data'),
      END,
    ])

  test('are read where they make sense', () => {
    expect(only(map10('1\n5000\n4\n', 516))).toMatchObject({
      size: 10_000,
      storedSize: 4,
      sparse: [[5000, 4]],
    })
    expect(only(map01('5000,2,7000,2'))).toMatchObject({
      size: 10_000,
      storedSize: 4,
      sparse: [
        [5000, 2],
        [7000, 2],
      ],
    })
    expect(only(map01('0,0,5000,4,10000,0')).sparse).toEqual([[5000, 4]])
  })

  test.each([
    ['a piece beyond the end', map01('9998,4')],
    ['pieces that overlap', map01('5000,2,5001,2')],
    ['pieces in the wrong order', map01('7000,2,5000,2')],
    ['more data than is stored', map01('5000,5')],
    ['less data than is stored', map01('5000,3')],
    ['half a piece', map01('5000')],
    ['words', map01('a,b')],
    ['a map longer than the content', map10('1\n5000\n4\n', 4)],
    ['a map without numbers', map10('\n', 516)],
    ['a number without an end', map10('1'.repeat(40), 516)],
    [
      'a map on a folder',
      Buffer.concat([
        paxHeader({ 'GNU.sparse.size': '1', 'GNU.sparse.map': '0,1' }),
        rawHeader({ typeflag: '5' }),
        END,
      ]),
    ],
  ])('are refused with %s', (_, tar) => {
    expect(parse(tar).code).toBe('malformed')
  })

  test('of more than 65,536 pieces are refused', () => {
    expect(parse(map10('65537\n', 516)).code).toBe('limit')
    const repeated = paxRecord('GNU.sparse.offset', '0') + paxRecord('GNU.sparse.numbytes', '0')
    expect(parse(Buffer.concat([paxHeader(repeated), file(), END])).code).toBe('malformed')
    expect(parse(map01(Array.from({ length: 65_537 }, () => '0,0').join(',')), 4).code).toBe('limit')
    const full = Buffer.from('00000000000\0'.repeat(2).repeat(21), 'latin1')
    const extension = Buffer.concat([full, Buffer.from([1]), Buffer.alloc(7)])
    const head = rawHeader({ typeflag: 'S', magic: 'ustar  \0', patches: [[482, Buffer.from([1])]] })
    const endless = Buffer.concat([head, ...Array.from({ length: 3200 }, () => extension)])
    expect(parse(endless).code).toBe('limit')
  })
})

describe('the end', () => {
  const tar = Buffer.concat([file({}, 'content'), file({ name: 'second' }, 'more')])

  test('may lack its zero blocks and the last padding', () => {
    for (const bytes of [
      tar,
      Buffer.concat([tar, END.subarray(512)]),
      tar.subarray(0, 3 * 512 + 4),
      Buffer.alloc(0),
    ])
      expect(parse(bytes).code).toBeUndefined()
  })

  test('ends it: what follows is not read', () => {
    expect(parse(Buffer.concat([tar, END, Buffer.alloc(4096, 'junk')])).entries).toHaveLength(2)
  })

  test('after half an end is damage, as in Go', () => {
    expect(parse(Buffer.concat([END.subarray(512), tar, END])).code).toBe('malformed')
  })

  test('anywhere else is truncation', () => {
    for (const end of [1, 511, 513, 518, 1025, 1535, 1536 + 3])
      expect(parse(tar.subarray(0, end)).code).toBe('truncated')
    const pax = paxHeader({ path: 'x' })
    for (const end of [512, 700, 1024]) expect(parse(pax.subarray(0, end)).code).toBe('truncated')
  })
})

test('how it is cut changes nothing', () => {
  using folder = temporaryFolder()
  makeTree(folder.path)
  makeSparseFile(join(folder.path, 'tree', 'sparse'))
  const tars = [
    gnuTar(folder.path, 'posix', '--sparse', '--hole-detection=raw'),
    gnuTar(folder.path, 'gnu', '--sparse', '--hole-detection=raw'),
    tarOf([entryOf({ path: 'x'.repeat(3000), size: 3 }), Buffer.from('abc')]),
  ]
  const wholes = tars.map((tar) => parse(tar))
  expect(wholes.map(({ code }) => code)).toEqual([undefined, undefined, undefined])
  fc.assert(
    fc.property(
      fc.nat(2),
      fc.array(fc.oneof(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 1, max: 70_000 })), {
        minLength: 1,
        maxLength: 5,
      }),
      (which, sizes) => {
        expect(parse(tars[which]!, ...sizes)).toEqual(wholes[which])
      },
    ),
    {
      numRuns: 60,
      examples: [
        [2, [1]],
        [0, [511, 1]],
        [1, [513]],
      ],
    },
  )
})

test('mutated archives fail with our errors only, and never hang', () => {
  using folder = temporaryFolder()
  makeTree(folder.path)
  const seed = Buffer.concat([
    paxHeader({ path: 'p', 'SCHILY.xattr.user.x': 'v', size: '7', mtime: '1.5' }),
    file({ size: 7 }, 'content'),
    rawHeader({ typeflag: 'L', size: 5 }),
    padded('long\0'),
    file(
      {
        typeflag: 'S',
        magic: 'ustar  \0',
        patches: [
          [386, Buffer.from('00000000000\x0000000000001\0')],
          [483, Buffer.from('00000000001\0')],
        ],
      },
      'x',
    ),
    paxHeader({ 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': '100' }),
    file({ size: 516 }, `1\n5\n4\n${'\0'.repeat(506)}data`),
    END,
  ])
  expect(parse(seed)).toMatchObject({ code: undefined, contents: ['content', 'x', 'data'] })
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(seed.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      fc.nat(seed.length),
      fc.integer({ min: 1, max: 2000 }),
      (changes, cut, size) => {
        const tar = Buffer.from(seed)
        for (const [at, byte] of changes) tar[at] = byte
        const bytes = withChecksums(tar).subarray(0, seed.length - (cut % 1024))
        // Throws for anything but an ImageError; and the cut must not matter here either.
        expect(parse(bytes, size)).toEqual(parse(bytes))
      },
    ),
    { numRuns: 3000 },
  )
})
