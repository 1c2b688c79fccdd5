import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { FileHashing, TarScan } from '../../main/image/tar-scan.ts'
import { FileHashStore } from '../../main/store/file-hashes.ts'
import type { Digest } from '../../shared/digest.ts'
import { packTar, type FileSpec } from '../support/tar-builder.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

const ONE: Digest = `sha256:${'1'.repeat(64)}`
const TWO: Digest = `sha256:${'2'.repeat(64)}`

function sha256(content: string): string {
  return createHash('sha256').update(content).digest('hex')
}

const FILES: readonly FileSpec[] = [
  { path: 'a/', type: 'directory' },
  { path: 'a/one', content: 'same' },
  { path: 'a/link', type: 'link', linkname: 'a/one' },
  { path: 'a/two', content: 'other' },
  { path: 'a/soft', type: 'symlink', linkname: 'one' },
  { path: 'a/three', content: 'same' },
  { path: 'a/empty', content: '' },
  ...Array.from({ length: 1500 }, (_, i): FileSpec => ({ path: `many/${i}`, content: `file ${i}` })),
]

function scanned(size: number) {
  const hashing = new FileHashing()
  const scan = new TarScan(hashing)
  const tar = packTar(FILES)
  for (let at = 0; at < tar.length; at += size) scan.push(tar.subarray(at, at + size))
  scan.end()
  return hashing.hashes()
}

it('tells the rows of files by their content, and of nothing else', async () => {
  await using folder = await TemporaryFolder.make()
  const store = new FileHashStore(folder.at('hashes'))
  for (const size of [700, 4096, 10_000_000]) {
    await store.put(ONE, scanned(size))
    expect(await store.rowsOf(ONE, sha256('same'))).toEqual(Int32Array.of(1, 5))
    expect(await store.rowsOf(ONE, sha256('other'))).toEqual(Int32Array.of(3))
    expect(await store.rowsOf(ONE, sha256(''))).toEqual(Int32Array.of(6))
    expect(await store.rowsOf(ONE, sha256('file 1499'))).toEqual(Int32Array.of(1506))
    expect(await store.rowsOf(ONE, sha256('nothing'))).toEqual(new Int32Array(0))
  }
  expect([await store.has(ONE), await store.has(TWO), await store.rowsOf(TWO, sha256('same'))]).toEqual([
    true,
    false,
    undefined,
  ])
  expect(await store.size()).toBeGreaterThan(1500 * 36)
  expect(await store.clear()).toBeGreaterThan(1500 * 36)
  expect(await store.has(ONE)).toBe(false)
})

it('believes nothing of a damaged file', async () => {
  await using folder = await TemporaryFolder.make()
  const store = new FileHashStore(folder.path)
  await store.put(ONE, scanned(4096))
  const [name = ''] = await readdir(folder.path)
  const whole = await readFile(folder.at(name))
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.boolean(), async (at, isCut) => {
      const bytes = Buffer.from(isCut ? whole.subarray(0, at) : whole)
      if (!isCut) bytes[at]! ^= 1
      await writeFile(folder.at(name), bytes)
      expect(await store.rowsOf(ONE, sha256('same'))).toBeUndefined()
      expect(await store.has(ONE)).toBe(false)
    }),
    { numRuns: 50 },
  )
})

it('forgets the oldest beyond its limit', async () => {
  await using folder = await TemporaryFolder.make()
  await new FileHashStore(folder.path).put(ONE, scanned(4096))
  await new FileHashStore(folder.path, { limit: 1000 }).put(TWO, scanned(4096))
  expect(await readdir(folder.path)).toEqual(['2'.repeat(64)])
})
