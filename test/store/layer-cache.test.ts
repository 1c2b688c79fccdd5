import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CacheKey, CacheLease } from '../../main/image/cache.ts'
import { ownerMark } from '../../main/image/process-owner.ts'
import { FileLayerCache } from '../../main/store/layer-cache.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'occystrap-cache-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

const keyOf = (digit: number): CacheKey => ({ layer: `sha256:${String(digit).repeat(64)}` })

async function put(cache: FileLayerCache, key: CacheKey, content: string): Promise<CacheLease> {
  await using writer = await cache.create(key)
  await writer.write(Buffer.from(content))
  return writer.commit()
}

async function text(lease: CacheLease | undefined): Promise<string | undefined> {
  return lease && readFile(lease.path, 'utf8')
}

describe('the layer cache', () => {
  it('keeps what was committed, for others to find', async () => {
    const cache = new FileLayerCache(folder, { limit: () => 1000 })
    expect(await cache.find(keyOf(1))).toBeUndefined()
    await using made = await put(cache, keyOf(1), 'one')
    await using archive = await put(cache, { archive: '/a/b.tar.gz:5:6' }, 'inflated')
    await using found = await new FileLayerCache(folder, { limit: () => 1000 }).find(keyOf(1))
    expect([await text(made), await text(archive), await text(found)]).toEqual(['one', 'inflated', 'one'])
    expect(await cache.size()).toBe(11)
  })

  it('shows nothing before commit and leaves nothing without it', async () => {
    const cache = new FileLayerCache(folder, { limit: () => 1000 })
    {
      await using writer = await cache.create(keyOf(1))
      await writer.write(Buffer.from('half'))
      expect(await cache.find(keyOf(1))).toBeUndefined()
    }
    expect(await readdir(folder)).toEqual([])
  })

  it('keeps the folder and its files for the user alone', async () => {
    const own = join(folder, 'made')
    await using lease = await put(new FileLayerCache(own, { limit: () => 1000 }), keyOf(1), 'x')
    expect((await stat(own)).mode & 0o777).toBe(0o700)
    expect((await stat(lease.path)).mode & 0o777).toBe(0o600)
  })

  it('evicts the least recently used beyond its limit', async () => {
    const cache = new FileLayerCache(folder, { limit: () => 10 })
    for (const digit of [1, 2]) {
      await (await put(cache, keyOf(digit), 'four'))[Symbol.asyncDispose]()
      await utimes(join(folder, `layer-${String(digit).repeat(64)}`), digit, digit)
    }
    // Finding the older one makes it the more recent.
    await (await cache.find(keyOf(1)))![Symbol.asyncDispose]()
    await (await put(cache, keyOf(3), 'four'))[Symbol.asyncDispose]()
    const kept = await Promise.all([1, 2, 3].map(async (digit) => isThere(cache, keyOf(digit))))
    expect(kept).toEqual([true, false, true])
  })

  it('never takes bytes from under a reader', async () => {
    const cache = new FileLayerCache(folder, { limit: () => 1000 })
    const lease = await put(cache, keyOf(1), 'held')
    // Another instance with no room at all, and one that clears everything.
    await (await put(new FileLayerCache(folder, { limit: () => 0 }), keyOf(2), 'x'))[Symbol.asyncDispose]()
    expect(await cache.clear()).toBe(0)
    expect(await text(lease)).toBe('held')
    await lease[Symbol.asyncDispose]()
    expect(await cache.clear()).toBe(4)
    expect(await readdir(folder)).toEqual([])
  })

  it('holds no more than its limit once what was too large is let go', async () => {
    const cache = new FileLayerCache(folder, { limit: () => 2 })
    const lease = await put(cache, keyOf(1), 'large')
    expect(await text(lease)).toBe('large')
    await lease[Symbol.asyncDispose]()
    expect(await readdir(folder)).toEqual([])
  })

  it('clears what dead owners left, and only that', async () => {
    const [host] = ownerMark().split('-')
    const names = [`layer-x.${host}-4194999-1.0.tmp`, `lease.${host}-4194999-1.1.tmp`]
    const living = [`layer-x.${ownerMark()}.0.tmp`, 'layer-x.00000000-1-1.0.tmp']
    for (const name of [...names, ...living]) await writeFile(join(folder, name), 'x')
    await using lease = await put(new FileLayerCache(folder, { limit: () => 1000 }), keyOf(1), 'one')
    const left = await readdir(folder)
    expect(left).toEqual(expect.arrayContaining(living))
    expect(left).not.toContain(names[0])
    expect(left).not.toContain(names[1])
    expect(await text(lease)).toBe('one')
  })

  it('reads right whatever eight processes do to it at once, and whichever is killed', async () => {
    const script = join(import.meta.dirname, '../support/cache-worker.ts')
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, seed) => run(script, [folder, String(seed)], seed % 4 === 3)),
    )
    expect(results.filter((result) => result !== 'killed')).toEqual(Array.from({ length: 6 }, () => 'right'))
    const cache = new FileLayerCache(folder, { limit: () => 0 })
    await (await put(cache, keyOf(9), 'x'))[Symbol.asyncDispose]()
    expect(await readdir(folder)).toEqual([])
  })
})

async function isThere(cache: FileLayerCache, key: CacheKey): Promise<boolean> {
  const lease = await cache.find(key)
  await lease?.[Symbol.asyncDispose]()
  return lease !== undefined
}

function run(script: string, args: readonly string[], isKilled: boolean): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += String(chunk)
    if (isKilled) child.kill('SIGKILL')
  })
  child.on('close', (code) => resolve(code === null ? 'killed' : output.trim().split('\n').at(-1)!))
  return promise
}
