import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { PartialBlob } from '../../main/image/cache.ts'
import { ownerMark } from '../../main/image/process-owner.ts'
import { FileLayerCache } from '../../main/store/layer-cache.ts'
import { claimPartial, partialState } from '../../main/store/partial-files.ts'
import { sha256 } from '../support/digests.ts'

const CONTENT = Buffer.from('0123456789'.repeat(100))
const BLOB = sha256(CONTENT)
const NAME = `blob-${BLOB.slice(7)}`

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'occystrap-test-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true })
})

const cacheOf = (limit = 1_000_000): FileLayerCache => new FileLayerCache(folder, { limit: () => limit })

/** Where a process that is gone left so many bytes. */
async function left(bytes: number, pid = 999_999_998): Promise<void> {
  await writeFile(join(folder, `${NAME}.${deadOwner(pid)}.0.part`), CONTENT.subarray(0, bytes))
}

/** The mark of a process of this machine that there is none of. */
function deadOwner(pid: number): string {
  return `${ownerMark().slice(0, 8)}-${pid}-1`
}

const names = async (): Promise<string[]> => (await readdir(folder)).sort()

async function text(partial: PartialBlob): Promise<string> {
  return readFile(partial.path, 'utf8')
}

test('what came is kept for the next try, and the whole has its name', async () => {
  const cache = cacheOf()
  {
    await using partial = await cache.resume(BLOB)
    expect(partial.size).toBe(0)
    await partial.append([CONTENT.subarray(0, 5), CONTENT.subarray(5, 300)])
  }
  expect(await names()).toEqual([`${NAME}.part`])
  expect(await cache.find({ blob: BLOB })).toBeUndefined()
  {
    await using partial = await cacheOf().resume(BLOB)
    expect([partial.size, await text(partial)]).toEqual([300, CONTENT.toString('utf8', 0, 300)])
    await partial.append([CONTENT.subarray(300)])
    await using lease = await partial.commit()
    expect(await readFile(lease.path)).toEqual(CONTENT)
  }
  expect(await names()).toEqual([NAME])
  await using found = await cache.find({ blob: BLOB })
  expect(await readFile(found!.path)).toEqual(CONTENT)
})

test('two that fetch it at once have a file each, and both succeed', async () => {
  const [first, second] = [await cacheOf().resume(BLOB), await cacheOf().resume(BLOB)]
  expect(first.path).not.toBe(second.path)
  for (const partial of [first, second]) await partial.append([CONTENT])
  const leases = [await first.commit(), await second.commit()]
  for (const lease of leases) expect(await readFile(lease.path)).toEqual(CONTENT)
  for (const lease of leases) await lease[Symbol.asyncDispose]()
  expect(await names()).toEqual([NAME])
})

test('of a hundred that want one beginning, one gets it', async () => {
  await left(500)
  const claimed = await Promise.all(Array.from({ length: 100 }, () => claimPartial(folder, NAME)))
  expect(new Set(claimed).size).toBe(100)
  const sizes = await Promise.all(claimed.map(async (path) => (await stat(path)).size))
  expect(sizes.filter((size) => size === 500)).toHaveLength(1)
  expect(sizes.filter((size) => size === 0)).toHaveLength(99)
})

test('the longest of several beginnings is taken, whoever left it', async () => {
  await left(100)
  await left(700, 999_999_997)
  await writeFile(join(folder, `${NAME}.part`), CONTENT.subarray(0, 400))
  await writeFile(join(folder, `blob-${'f'.repeat(64)}.part`), Buffer.alloc(900))
  await using partial = await cacheOf().resume(BLOB)
  expect(partial.size).toBe(700)
})

test('a shorter beginning does not take the place of a longer one', async () => {
  const [longer, shorter] = [await cacheOf().resume(BLOB), await cacheOf().resume(BLOB)]
  await longer.append([CONTENT.subarray(0, 800)])
  await shorter.append([CONTENT.subarray(0, 10)])
  await longer[Symbol.asyncDispose]()
  await shorter[Symbol.asyncDispose]()
  expect((await stat(join(folder, `${NAME}.part`))).size).toBe(800)
  expect(await names()).toEqual([`${NAME}.part`])
})

test('of what had not begun nothing is left', async () => {
  await (await cacheOf().resume(BLOB))[Symbol.asyncDispose]()
  await using partial = await cacheOf().resume(BLOB)
  await partial.append([CONTENT])
  await partial.clear()
  expect([partial.size, await text(partial)]).toEqual([0, ''])
  await partial[Symbol.asyncDispose]()
  expect(await names()).toEqual([])
})

test('what a living process writes is in use, what a dead one left waits', async () => {
  await using partial = await cacheOf().resume(BLOB)
  const [name] = await names()
  expect([name, partialState(name!)]).toEqual([partial.path.slice(folder.length + 1), 'in-use'])
  expect(partialState(`${NAME}.${deadOwner(999_999_998)}.0.part`)).toBe('waiting')
  expect(partialState(`${NAME}.part`)).toBe('waiting')
  for (const other of [NAME, `${NAME}.part.tmp`, 'x.parts', '']) expect(partialState(other)).toBe('none')
})

test('a beginning that nobody fetches on counts, and is evicted like the rest; one in use is not', async () => {
  const cache = cacheOf(600)
  await left(500)
  expect(await cache.size()).toBe(500)
  const other = sha256('other')
  await using partial = await cache.resume(other)
  await partial.append([Buffer.alloc(550)])
  await using lease = await partial.commit()
  expect((await stat(lease.path)).size).toBe(550)
  expect((await names()).filter((name) => name.startsWith(NAME))).toEqual([])
  await using used = await cache.resume(BLOB)
  await used.append([Buffer.alloc(1000)])
  expect(await cache.clear()).toBe(0)
  expect((await stat(used.path)).size).toBe(1000)
})

test('nothing is written after commit or disposal', async () => {
  const partial = await cacheOf().resume(BLOB)
  await partial.append([CONTENT])
  await using _ = await partial.commit()
  await expect(partial.append([CONTENT])).rejects.toThrow(/after commit/)
  await partial[Symbol.asyncDispose]()
  await expect(partial.clear()).rejects.toThrow(/after commit/)
  await using found = await cacheOf().find({ blob: BLOB })
  expect((await stat(found!.path)).size).toBe(CONTENT.length)
})

test('a process that is killed leaves what it had written, for the next', async () => {
  const source = `
    import { FileLayerCache } from ${JSON.stringify(join(import.meta.dirname, '../../main/store/layer-cache.ts'))}
    const cache = new FileLayerCache(${JSON.stringify(folder)}, { limit: () => 1e6 })
    const partial = await cache.resume(${JSON.stringify(BLOB)})
    await partial.append([Buffer.from(${JSON.stringify(CONTENT.toString('utf8', 0, 321))})])
    console.log('written')
    setInterval(() => {}, 1000)
  `
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  {
    // As long as it lives it keeps it.
    await using partial = await cacheOf().resume(BLOB)
    expect(partial.size).toBe(0)
  }
  child.kill('SIGKILL')
  await once(child, 'close')
  await using partial = await cacheOf().resume(BLOB)
  expect([partial.size, await text(partial)]).toEqual([321, CONTENT.toString('utf8', 0, 321)])
})
