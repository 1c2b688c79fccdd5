import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { RandomAccess, readRange } from '../../main/image/random-access.ts'
import { reportOf } from '../../shared/errors.ts'
import { bytesOf, temporaryFolder } from '../support/tar-fixtures.ts'

const content = randomBytes(3 * 1024 * 1024 + 17)

function fileIn(folder: string): string {
  const path = join(folder, 'file')
  writeFileSync(path, content)
  return path
}

test('reads at any place, and less at the end', () => {
  using folder = temporaryFolder()
  using file = RandomAccess.open(fileIn(folder.path))
  expect(file.size).toBe(content.length)
  const buffer = Buffer.alloc(100)
  expect(file.read(buffer, 1000)).toBe(100)
  expect(buffer.equals(content.subarray(1000, 1100))).toBe(true)
  expect(file.read(buffer, content.length - 10)).toBe(10)
  expect(file.read(buffer, content.length + 10)).toBe(0)
})

test('opens regular files only, and neither waits nor hangs', () => {
  using folder = temporaryFolder()
  const fifo = join(folder.path, 'fifo')
  execFileSync('mkfifo', [fifo])
  mkdirSync(join(folder.path, 'folder'))
  for (const path of [fifo, join(folder.path, 'folder'), '/dev/null'])
    expect(() => RandomAccess.open(path)).toThrowError(expect.objectContaining({ code: 'not-an-image' }))
  const link = join(folder.path, 'link')
  symlinkSync(fileIn(folder.path), link)
  using file = RandomAccess.open(link)
  expect(file.size).toBe(content.length)
  try {
    RandomAccess.open(join(folder.path, 'missing'))
    expect.unreachable()
  } catch (error) {
    expect(reportOf(error).code).toBe('not-found')
  }
})

test('a range in chunks, whatever its edges', async () => {
  using folder = temporaryFolder()
  using file = RandomAccess.open(fileIn(folder.path))
  for (const [offset, length] of [
    [0, content.length],
    [1, 1024 * 1024],
    [5, 1024 * 1024 + 1],
    [1000, 0],
    [content.length - 1, 1],
  ] as const)
    expect(
      (await bytesOf(readRange(file, offset, length))).equals(content.subarray(offset, offset + length)),
    ).toBe(true)
})

test('the consumer may be slower than the disk: no chunk changes under it', async () => {
  using folder = temporaryFolder()
  using file = RandomAccess.open(fileIn(folder.path))
  let position = 0
  for await (const chunk of readRange(file, 0, content.length)) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(content.subarray(position, position + chunk.length).equals(chunk)).toBe(true)
    position += chunk.length
  }
  expect(position).toBe(content.length)
})

test('a file shorter than the range is truncated', async () => {
  using folder = temporaryFolder()
  const path = fileIn(folder.path)
  using file = RandomAccess.open(path)
  await expect(bytesOf(readRange(file, 0, content.length + 1))).rejects.toMatchObject({ code: 'truncated' })
  truncateSync(path, 1000)
  await expect(bytesOf(readRange(file, 0, content.length))).rejects.toMatchObject({ code: 'truncated' })
})

test('abort ends a range with its reason', async () => {
  using folder = temporaryFolder()
  using file = RandomAccess.open(fileIn(folder.path))
  const abort = new AbortController()
  let count = 0
  const run = async () => {
    for await (const chunk of readRange(file, 0, content.length, abort.signal)) {
      count += chunk.length
      abort.abort()
    }
  }
  await expect(run()).rejects.toMatchObject({ name: 'AbortError' })
  expect(count).toBe(1024 * 1024)
  await expect(bytesOf(readRange(file, 0, 10, AbortSignal.abort()))).rejects.toMatchObject({
    name: 'AbortError',
  })
})

test('disposal may come twice, while a read is under way, and ends all further ones', async () => {
  using folder = temporaryFolder()
  const file = RandomAccess.open(fileIn(folder.path))
  const buffer = Buffer.alloc(1000)
  const reading = file.readAsync(buffer, 0)
  file[Symbol.dispose]()
  file[Symbol.dispose]()
  expect(await reading).toBe(1000)
  expect(buffer.equals(content.subarray(0, 1000))).toBe(true)
  expect(() => file.read(buffer, 0)).toThrow('is closed')
})
