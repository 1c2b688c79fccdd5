import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ownerMark } from '../../main/image/process-owner.ts'
import { defaultFolders } from '../../main/store/folders.ts'
import { RecentStore } from '../../main/store/recent.ts'
import { SettingsStore } from '../../main/store/settings.ts'
import type { Digest } from '../../shared/digest.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'occystrap-settings-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

describe('settings', () => {
  it('are the defaults until something is set', async () => {
    const settings = new SettingsStore(join(folder, 'deep', 'config'))
    expect(await settings.get()).toEqual({
      theme: 'system',
      cacheLimit: 10e9,
      folders: {},
      view: {},
      registries: [],
      caFile: '',
    })
    expect(await readdir(folder)).toEqual([])
    await settings.set({ theme: 'dark' })
    expect((await new SettingsStore(join(folder, 'deep', 'config')).get()).theme).toBe('dark')
    expect((await stat(join(folder, 'deep'))).mode & 0o077).toBe(0)
  })

  it('keep the keys of a newer version', async () => {
    await writeFile(join(folder, 'settings.json'), '{"theme":"light","novelty":{"a":1}}')
    await new SettingsStore(folder).set({ cacheLimit: 5 })
    expect(JSON.parse(await readFile(join(folder, 'settings.json'), 'utf8'))).toMatchObject({
      theme: 'light',
      cacheLimit: 5,
      novelty: { a: 1 },
    })
  })

  it.each(['', '{', 'null', '[]', '{"theme":"purple"}', '\0\0\0'])(
    'survive a file that holds %j',
    async (damage) => {
      await writeFile(join(folder, 'settings.json'), damage)
      const settings = new SettingsStore(folder)
      expect((await settings.get()).theme).toBe('system')
      expect((await settings.set({ theme: 'dark' })).theme).toBe('dark')
      expect(await readFile(join(folder, 'settings.json.bad'), 'utf8')).toBe(damage)
      expect((await settings.get()).theme).toBe('dark')
    },
  )

  it('lose nothing of what several instances set at once', async () => {
    const script = join(import.meta.dirname, '../support/settings-worker.ts')
    await Promise.all(Array.from({ length: 6 }, (_, worker) => run(script, [folder, String(worker)])))
    const { view } = await new SettingsStore(folder).get()
    expect(Object.keys(view)).toHaveLength(6 * 20)
    expect(await readdir(folder)).toEqual(['settings.json'])
  })

  it('are not kept locked by a process that died', async () => {
    const [host] = ownerMark().split('-')
    await writeFile(join(folder, 'settings.json.lock'), `${host}-4194999-1`)
    await new SettingsStore(folder).set({ theme: 'dark' })
    expect(await readdir(folder)).toEqual(['settings.json'])
  })

  it('say who is in the way when the lock is held', async () => {
    await writeFile(join(folder, 'settings.json.lock'), ownerMark())
    await expect(new SettingsStore(folder).set({ theme: 'dark' })).rejects.toMatchObject({ code: 'busy' })
  })
})

describe('recent images', () => {
  const imageID: Digest = `sha256:${'a'.repeat(64)}`
  const image = (
    path: string,
  ): { source: { kind: 'tar'; path: string }; title: string; imageID: Digest; size: null } => ({
    source: { kind: 'tar', path },
    title: path,
    imageID,
    size: null,
  })

  it('come latest first, once each, marked where they are gone', async () => {
    const recent = new RecentStore(folder)
    expect(await recent.list()).toEqual([])
    const there = join(folder, 'there.tar')
    await writeFile(there, '')
    await recent.remember(image(there))
    await recent.remember(image('/gone.tar'))
    await recent.remember(image(there))
    expect((await recent.list()).map(({ title, isMissing }) => [title, isMissing])).toEqual([
      [there, false],
      ['/gone.tar', true],
    ])
    await recent.forget({ path: there, kind: 'tar' })
    expect((await recent.list()).map(({ title }) => title)).toEqual(['/gone.tar'])
  })

  it('are fifty at most', async () => {
    const recent = new RecentStore(folder)
    for (let i = 0; i < 52; i++) await recent.remember(image(`/${i}.tar`))
    const titles = (await recent.list()).map(({ title }) => title)
    expect([titles.length, titles[0], titles.at(-1)]).toEqual([50, '/51.tar', '/2.tar'])
  })
})

describe('default folders', () => {
  it('are where each platform wants them', () => {
    expect(defaultFolders('linux', {}, '/home/u')).toEqual({
      cacheDir: '/home/u/.cache/occystrap',
      configDir: '/home/u/.config/occystrap',
    })
    expect(defaultFolders('linux', { XDG_CACHE_HOME: '/c', XDG_CONFIG_HOME: 'relative' }, '/home/u')).toEqual(
      {
        cacheDir: '/c/occystrap',
        configDir: '/home/u/.config/occystrap',
      },
    )
    expect(defaultFolders('darwin', {}, '/Users/u').cacheDir).toBe('/Users/u/Library/Caches/occystrap')
  })
})

async function run(script: string, args: readonly string[]): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const child = spawn(process.execPath, [script, ...args], { stdio: 'inherit' })
  child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`exit status ${code}`))))
  await promise
}
