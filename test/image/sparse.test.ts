import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { expandSparse } from '../../main/image/sparse.ts'
import { readTar } from '../../main/image/tar-reader.ts'
import {
  bytesOf,
  entryOf,
  gnuTar,
  makeSparseFile,
  makeTree,
  reusedChunksOf,
  temporaryFolder,
} from '../support/tar-fixtures.ts'

test('what GNU tar packed sparse comes out whole', async () => {
  using folder = temporaryFolder()
  makeTree(folder.path)
  const path = join(folder.path, 'tree', 'sparse')
  makeSparseFile(path)
  for (const format of ['gnu', 'posix']) {
    const tar = gnuTar(folder.path, format, '--sparse', '--hole-detection=raw')
    let found = false
    for await (const { entry, body } of readTar(reusedChunksOf(tar, 3000))) {
      if (entry.path !== 'tree/sparse') continue
      found = true
      expect((await bytesOf(expandSparse(entry, body))).equals(readFileSync(path))).toBe(true)
    }
    expect(found).toBe(true)
  }
})

test('pieces stand where the map says, however they are cut', async () => {
  const pieces = fc.array(fc.tuple(fc.nat(3000), fc.integer({ min: 1, max: 3000 })), { maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(
      pieces,
      fc.nat(3000),
      fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 3 }),
      async (holes, tail, sizes) => {
        const sparse: [number, number][] = []
        let size = 0
        for (const [hole, length] of holes) {
          sparse.push([size + hole, length])
          size += hole + length
        }
        size += tail
        const expected = Buffer.alloc(size)
        for (const [offset, length] of sparse) expected.fill(0x61 + (offset % 26), offset, offset + length)
        const stored = Buffer.concat(
          sparse.map(([offset, length]) => expected.subarray(offset, offset + length)),
        )
        const entry = entryOf({ path: 's', size, storedSize: stored.length, sparse })
        expect((await bytesOf(expandSparse(entry, reusedChunksOf(stored, ...sizes)))).equals(expected)).toBe(
          true,
        )
      },
    ),
    { numRuns: 100 },
  )
})

test('a hole larger than memory is zeros one after the other', async () => {
  const entry = entryOf({ path: 's', size: 3 * 2 ** 40, storedSize: 0, sparse: [] })
  let size = 0
  for await (const chunk of expandSparse(entry, reusedChunksOf(Buffer.alloc(0)))) {
    expect(chunk[0]).toBe(0)
    size += chunk.length
    if (size > 2 ** 24) break
  }
  expect(size).toBeGreaterThan(2 ** 24)
})

test('content that does not fit the map is told', async () => {
  const entry = entryOf({ path: 's', size: 100, storedSize: 10, sparse: [[50, 10]] })
  for (const length of [9, 11])
    await expect(bytesOf(expandSparse(entry, reusedChunksOf(Buffer.alloc(length, 1))))).rejects.toMatchObject(
      { code: 'truncated' },
    )
})

test('a file that is not sparse passes as it is', async () => {
  const entry = entryOf({ path: 'f', size: 3 })
  expect((await bytesOf(expandSparse(entry, reusedChunksOf(Buffer.from('abc'), 2)))).toString()).toBe('abc')
})
