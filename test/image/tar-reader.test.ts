import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TarEntry } from '../../main/image/element.ts'
import { RandomAccess, readRange } from '../../main/image/random-access.ts'
import { hopTar, readTar, scanTar } from '../../main/image/tar-reader.ts'
import { TarParser } from '../../main/image/tar-parser.ts'
import { ImageError } from '../../shared/errors.ts'
import {
  END,
  bytesOf,
  entryOf,
  gnuTar,
  makeSparseFile,
  makeTree,
  padded,
  paxHeader,
  rawHeader,
  reusedChunksOf,
  tarOf,
  temporaryFolder,
  withChecksums,
} from '../support/tar-fixtures.ts'

/** What a way of reading found: the entries, and the code it ended with. */
interface Found {
  readonly entries: readonly TarEntry[]
  readonly code: string | undefined
}

async function found(read: (entries: TarEntry[]) => void | Promise<void>): Promise<Found> {
  const entries: TarEntry[] = []
  try {
    await read(entries)
    return { entries, code: undefined }
  } catch (error) {
    if (!(error instanceof ImageError)) throw error
    return { entries, code: error.code }
  }
}

const pushed = (tar: Uint8Array) =>
  found((entries) => {
    const parser = new TarParser({ onEntry: (entry) => (entries.push(entry), false) })
    parser.push(tar)
    parser.end()
  })

const read = (tar: Uint8Array, ...sizes: readonly number[]) =>
  found(async (entries) => {
    for await (const { entry } of readTar(reusedChunksOf(tar, ...sizes))) entries.push(entry)
  })

/** Hops over the tar where it stands between other bytes in a file. */
const hopped = (folder: string, tar: Uint8Array) =>
  found((entries) => {
    const path = join(folder, 'hopped')
    writeFileSync(path, Buffer.concat([Buffer.alloc(777, 'a'), tar, Buffer.alloc(777, 'z')]))
    using file = RandomAccess.open(path)
    hopTar(file, 777, tar.length, (entry) => entries.push(entry))
  })

function foreignTars(folder: string): Buffer[] {
  makeTree(folder)
  makeSparseFile(join(folder, 'tree', 'sparse'))
  return ['oldgnu', 'gnu', 'posix'].map((format) =>
    gnuTar(folder, format, '--sparse', '--hole-detection=raw'),
  )
}

test('pushed, read, hopped and scanned, a tar holds the same', async () => {
  using folder = temporaryFolder()
  for (const tar of foreignTars(folder.path)) {
    const expected = await pushed(tar)
    expect(expected.code).toBeUndefined()
    expect(expected.entries.length).toBeGreaterThan(12)
    expect(await hopped(folder.path, tar)).toEqual(expected)
    for (const sizes of [[tar.length], [1024], [511, 70_000, 3]])
      expect(await read(tar, ...sizes)).toEqual(expected)
    const table = await scanTar(reusedChunksOf(tar, 10_000))
    const withoutNames = expected.entries.map((entry) => {
      const { uname: _uname, gname: _gname, ...rest } = entry
      return rest
    })
    expect(Array.from({ length: table.length }, (_, row) => table.at(row))).toEqual(withoutNames)
  }
})

test('and so does one that is cut or altered', async () => {
  using folder = temporaryFolder()
  const seed = Buffer.concat([
    paxHeader({ path: 'p', size: '600' }),
    rawHeader({ size: 0 }),
    padded('c'.repeat(600)),
    rawHeader({ name: 'vendor', typeflag: 'Z', size: 700 }),
    padded('v'.repeat(700)),
    rawHeader({ name: 'last', size: 3 }),
    padded('end'),
    END,
  ])
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(seed.length - 1), fc.nat(255)), { maxLength: 2 }),
      fc.nat(seed.length),
      fc.array(fc.integer({ min: 1, max: 1500 }), { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      async (changes, length, sizes, isFresh) => {
        const tar = Buffer.from(seed)
        for (const [at, byte] of changes) tar[at] = byte
        const cut = (isFresh ? withChecksums(tar) : tar).subarray(0, length)
        const expected = await pushed(cut)
        expect(await read(cut, ...sizes)).toEqual(expected)
        expect(await hopped(folder.path, cut)).toEqual(expected)
      },
    ),
    { numRuns: 400 },
  )
})

test('the entry says where its content stands', async () => {
  using folder = temporaryFolder()
  for (const tar of foreignTars(folder.path)) {
    for await (const { entry, body } of readTar(reusedChunksOf(tar, 4096))) {
      const content = await bytesOf(body)
      expect(content).toHaveLength(entry.storedSize)
      expect(content.equals(tar.subarray(entry.offset, entry.offset + entry.storedSize))).toBe(true)
    }
  }
})

describe('readTar', () => {
  const tar = tarOf(
    [entryOf({ path: 'a', size: 5000 }), Buffer.alloc(5000, 'a')],
    [entryOf({ path: 'b', size: 3 }), Buffer.from('bbb')],
    [entryOf({ path: 'c', size: 0 })],
  )

  test('a body may be left, wholly or in part', async () => {
    const names: string[] = []
    for await (const { entry, body } of readTar(reusedChunksOf(tar, 700))) {
      names.push(entry.path)
      if (entry.path !== 'a') continue
      for await (const chunk of body) {
        expect(chunk.length).toBeLessThan(5000)
        break
      }
    }
    expect(names).toEqual(['a', 'b', 'c'])
  })

  test('leaving it leaves the source', async () => {
    let isLeft = false
    async function* source() {
      try {
        yield* reusedChunksOf(tar, 512)
      } finally {
        isLeft = true
      }
    }
    for await (const { entry } of readTar(source())) {
      expect(entry.path).toBe('a')
      break
    }
    expect(isLeft).toBe(true)
  })

  test('a body that ends too early is truncated', async () => {
    const run = async () => {
      for await (const { body } of readTar(reusedChunksOf(tar.subarray(0, 4000), 512))) await bytesOf(body)
    }
    await expect(run()).rejects.toMatchObject({ code: 'truncated' })
  })
})

describe('hopTar', () => {
  test('reads headers, not content', () => {
    using folder = temporaryFolder()
    const members = Array.from({ length: 40 }, (_, i) => {
      const content = Buffer.alloc(200_000, i)
      return [entryOf({ path: `file-${i}`, size: content.length }), content] as const
    })
    const path = join(folder.path, 'large.tar')
    writeFileSync(path, tarOf(...members))
    using file = RandomAccess.open(path)
    let bytes = 0
    const counted = Object.create(file, {
      read: {
        value(buffer: Uint8Array, position: number) {
          bytes += buffer.length
          return file.read(buffer, position)
        },
      },
    })
    let count = 0
    hopTar(counted, 0, file.size, () => count++)
    expect(count).toBe(40)
    expect(bytes).toBeLessThan(40 * 4096)
  })

  test('reads small files many at a time', () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'small.tar')
    writeFileSync(
      path,
      tarOf(...Array.from({ length: 2000 }, (_, i) => [entryOf({ path: `d/${i}` })] as const)),
    )
    using file = RandomAccess.open(path)
    let reads = 0
    const counted = Object.create(file, {
      read: { value: (buffer: Uint8Array, position: number) => (reads++, file.read(buffer, position)) },
    })
    let count = 0
    hopTar(counted, 0, file.size, () => count++)
    expect(count).toBe(2000)
    expect(reads).toBeLessThan(30)
  })

  test('a header of 1 MiB in its way', async () => {
    using folder = temporaryFolder()
    const value = new Uint8Array(1_000_000).fill(0x78)
    const tar = tarOf(
      [entryOf({ path: 'caps', xattrs: { 'user.large': value } })],
      [entryOf({ path: 'next' })],
    )
    const { entries, code } = await hopped(folder.path, tar)
    expect(code).toBeUndefined()
    expect(entries.map(({ path }) => path)).toEqual(['caps', 'next'])
    expect(Buffer.from(entries[0]!.xattrs!['user.large']!).equals(value)).toBe(true)
  })

  test('a file that shrank is truncated', () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'a.tar')
    writeFileSync(path, tarOf([entryOf({ path: 'a', size: 3 }), Buffer.from('abc')]))
    using file = RandomAccess.open(path)
    expect(() => hopTar(file, 0, file.size + 4096, () => {})).not.toThrow()
    writeFileSync(path, Buffer.alloc(100))
    expect(() => hopTar(file, 0, file.size, () => {})).toThrowError(
      expect.objectContaining({ code: 'truncated' }),
    )
  })
})

test('deep folders and many entries cost no more than their bytes', async () => {
  const deep = Array.from(
    { length: 1500 },
    (_, i) =>
      [entryOf({ path: Array.from({ length: i + 1 }, () => 'd').join('/'), type: 'directory' })] as const,
  )
  const table = await scanTar(reusedChunksOf(tarOf(...deep), 65_536))
  expect(table.length).toBe(1500)
  expect(table.path(1499)).toHaveLength(2999)
  const header = rawHeader({ name: 'empty' })
  async function* many() {
    const thousand = Buffer.concat(Array.from({ length: 1000 }, () => header))
    for (let i = 0; i < 100; i++) yield thousand
    yield END
  }
  expect((await scanTar(many())).length).toBe(100_000)
})

test('what stands after the end of the archive is drawn from the source too', async () => {
  let drawn = 0
  async function* source() {
    for await (const chunk of reusedChunksOf(
      Buffer.concat([tarOf([entryOf({ path: 'a' })]), Buffer.alloc(9000)]),
      512,
    )) {
      drawn += chunk.length
      yield chunk
    }
  }
  expect((await scanTar(source())).length).toBe(1)
  expect(drawn).toBe(512 + 1024 + 9000)
})

test('over a file by chunks read ahead', async () => {
  using folder = temporaryFolder()
  const content = Buffer.alloc(3_000_000, 'x')
  const path = join(folder.path, 'a.tar')
  writeFileSync(
    path,
    tarOf([entryOf({ path: 'large', size: content.length }), content], [entryOf({ path: 'next' })]),
  )
  using file = RandomAccess.open(path)
  const names: string[] = []
  for await (const { entry, body } of readTar(readRange(file, 0, file.size))) {
    names.push(entry.path)
    if (entry.path === 'large') expect((await bytesOf(body)).equals(content)).toBe(true)
  }
  expect(names).toEqual(['large', 'next'])
})
