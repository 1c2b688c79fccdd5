import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openWorkspace, type Workspace } from '../../main/store/workspace.ts'
import { entry, tableOf } from '../support/entries.ts'

const LAYER = `sha256:${'1'.repeat(64)}` as const
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'occystrap-workspace-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

function open(options: { cacheLimit?: number } = {}): Workspace {
  return openWorkspace({ cacheDir: join(folder, 'cache'), configDir: join(folder, 'config'), ...options })
}

async function cache(workspace: Workspace, archive: string): Promise<void> {
  await using writer = await workspace.cache.create({ archive })
  await writer.write(Buffer.alloc(100))
  await using lease = await writer.commit()
  void lease.path
}

it('makes no folder before something is kept', async () => {
  const workspace = open()
  expect(await workspace.index.get(LAYER)).toBeUndefined()
  expect(await workspace.cache.find({ layer: LAYER })).toBeUndefined()
  expect(await workspace.cacheSize()).toBe(0)
  expect(await workspace.clearCache()).toBe(0)
  expect(await readdir(folder)).toEqual([])
})

it('counts and clears what it keeps', async () => {
  const workspace = open()
  await workspace.index.put(LAYER, { table: tableOf([entry('a')]), size: 1 })
  const indexed = await workspace.cacheSize()
  await workspace.listings.put(LAYER, { table: tableOf([entry('a')]), size: 1 })
  await cache(workspace, 'one')
  expect(await workspace.cacheSize()).toBe(2 * indexed + 100)
  await workspace.hashes.put(LAYER, { rows: Int32Array.of(0), hashes: new Uint8Array(32) })
  const withHashes = await workspace.cacheSize()
  expect(withHashes).toBeGreaterThan(2 * indexed + 100)
  await workspace.fates.put(LAYER, { layers: [], problems: [] })
  await workspace.documents.put(LAYER, Buffer.from('{}'))
  const size = await workspace.cacheSize()
  expect(size).toBeGreaterThan(withHashes + 2)
  expect(await workspace.clearCache()).toBe(size)
  expect(await workspace.cacheSize()).toBe(0)
})

it('keeps the cache within what the settings say now, unless it was told otherwise', async () => {
  const workspace = open()
  await cache(workspace, 'one')
  await workspace.settings.set({ cacheLimit: 150 })
  await cache(workspace, 'two')
  expect(await workspace.cacheSize()).toBe(100)
  await cache(open({ cacheLimit: 1000 }), 'three')
  expect(await workspace.cacheSize()).toBe(200)
})
