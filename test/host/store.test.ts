import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { reportOf } from '../../shared/errors.ts'
import { INDEX_FORMAT } from '../../main/store/index-file.ts'
import { openWorkspace, type Workspace } from '../../main/store/workspace.ts'
import { command } from '../support/command.ts'
import { entry, tableOf } from '../support/entries.ts'
import { describeWith } from '../support/needs.ts'
import { Tmpfs } from '../support/tmpfs.ts'

const MIB = 1024 ** 2
const SIZE = 64 * MIB
const LAYER = `sha256:${'1'.repeat(64)}` as const

describeWith({ tools: [], root: true }, 'a small disk', () => {
  test('is filled by the cache up to a reserve, and then left as it was', async () => {
    await using disk = await Tmpfs.mount(SIZE)
    const { cache } = open(disk)
    const written = await fill(cache)
    expect(written).toBeGreaterThan(SIZE * 0.8)
    expect(written).toBeLessThan(SIZE * 0.96)
    expect(await readdir(join(disk.path, 'cache', 'layers'))).toEqual([])
  })

  test('that is full refuses a cached layer and an index, leaves nothing, and still answers', async () => {
    await using disk = await Tmpfs.mount(SIZE)
    const workspace = open(disk)
    await workspace.index.put(LAYER, { table: tableOf([entry('a')]), size: 1 })
    await writeFile(join(disk.path, 'filler'), Buffer.alloc(SIZE)).catch(() => {})
    const names = Array.from({ length: 5000 }, (_, i) => entry(`${i}-${Math.sin(i)}`))
    const put = workspace.index.put(`sha256:${'2'.repeat(64)}`, { table: tableOf(names), size: 1 })
    expect(reportOf(await put.catch((error: unknown) => error)).code).toBe('no-space')
    await expect(workspace.cache.create({ archive: 'a' })).rejects.toMatchObject({ code: 'no-space' })
    expect(await readdir(join(disk.path, 'cache', 'index', `v${INDEX_FORMAT}`))).toEqual(['1'.repeat(64)])
    expect((await open(disk).index.get(LAYER))?.table.path(0)).toBe('a')
  })

  test('that can only be read still answers', async () => {
    await using disk = await Tmpfs.mount(SIZE)
    await open(disk).index.put(LAYER, { table: tableOf([entry('a')]), size: 1 })
    {
      await using writer = await open(disk).cache.create({ layer: LAYER })
      await using lease = await writer.commit()
      expect(lease.path).toContain(disk.path)
    }
    await command('mount', ['-o', 'remount,ro', disk.path])
    const workspace = open(disk)
    expect((await workspace.index.get(LAYER))?.size).toBe(1)
    await using lease = await workspace.cache.find({ layer: LAYER })
    expect(lease).toBeDefined()
  })
})

function open(disk: Tmpfs): Workspace {
  return openWorkspace({ cacheDir: join(disk.path, 'cache'), configDir: join(disk.path, 'config') })
}

/** Writes until the cache refuses; answers the bytes it took. */
async function fill(cache: Workspace['cache']): Promise<number> {
  await using writer = await cache.create({ archive: 'large' })
  const chunk = Buffer.alloc(MIB)
  for (let written = 0; ; written += chunk.length) {
    try {
      await writer.write(chunk)
    } catch (error) {
      expect(error).toMatchObject({ code: 'no-space' })
      return written
    }
  }
}
