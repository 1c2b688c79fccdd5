import { createRouterClient } from '@orpc/server'
import { writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createRouter } from '../../main/rpc/router.ts'
import { fakeServices, type FakeServices } from '../support/fake-services.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

const source = { kind: 'tar', path: '/images/a.tar' } as const
const info = {
  reference: 'docker.io/library/debian:12',
  references: ['docker.io/library/debian:12'],
  imageID: `sha256:${'0'.repeat(64)}`,
  platform: { os: 'linux', architecture: 'amd64' },
  config: {},
  size: 5,
  compressedSize: null,
  layers: [],
  history: [],
  format: 'docker archive',
  warnings: [],
}

let folder: TemporaryFolder
let services: FakeServices
const client = () => createRouterClient(createRouter(services))

beforeEach(async () => {
  folder = await TemporaryFolder.make()
  services = fakeServices(folder.path)
})

afterEach(() => folder[Symbol.asyncDispose]())

test('questions about images go to the reader as they are', async () => {
  services.answer = () => info
  expect(await client().images.inspect({ source })).toEqual(info)
  expect(services.calls).toEqual([{ method: 'inspect', input: { source } }])
})

test('an image is remembered under its name', async () => {
  const remember = vi.fn(async () => {})
  services = fakeServices(folder.path, { recent: { list: async () => [], remember, forget: async () => {} } })
  services.answer = () => info
  await client().images.remember({ source })
  expect(remember).toHaveBeenCalledWith({ source, title: info.reference, imageID: info.imageID, size: 5 })
  await client().images.remember({ source: { kind: 'tar', path: '/uploads/1/a.tar' } })
  expect(remember).toHaveBeenCalledOnce()
})

test('a change of one setting leaves the others alone', async () => {
  await client().settings.set({ cacheLimit: 7 })
  expect(await client().settings.set({ theme: 'dark' })).toMatchObject({ theme: 'dark', cacheLimit: 7 })
})

test('an export to a place nobody chose is refused; once chosen it is taken', async () => {
  const spec = {
    kind: 'convert' as const,
    input: source,
    output: { kind: 'tar' as const, path: folder.at('out.tar') },
  }
  await expect(client().jobs.submit(spec)).rejects.toMatchObject({ code: 'permission' })
  expect(services.processes.children).toHaveLength(0)
  await client().picker.choose({ path: folder.at('out.tar') })
  const { id } = await client().jobs.submit(spec)
  expect(services.processes.child(0).received[0]).toMatchObject({ type: 'start' })
  services.processes.child(0).say({ type: 'failed', error: { code: 'io', message: 'No.' } })
  services.processes.child(0).exit()
  await vi.waitFor(() => expect(services.engine.openJobs).toEqual([]))
  expect(await client().jobs.retry({ id })).toMatchObject({ phase: 'running' })
})

test('the picker cannot be used to write to our own folders', async () => {
  await writeFile(folder.at('config'), '')
  await expect(client().picker.choose({ path: folder.at('config') })).rejects.toMatchObject({
    code: 'permission',
  })
})

test('where the system has dialogs, only they give a place to write', async () => {
  const path = folder.at('chosen')
  const dialogs = { open: async () => ['/x'], save: async () => null, folder: async () => path }
  const { picker: _, ...rest } = fakeServices(folder.path, { dialogs })
  services = rest
  await expect(client().picker.choose({ path })).rejects.toMatchObject({ code: 'unsupported' })
  await expect(services.grants.assertWritable(path)).rejects.toMatchObject({ code: 'permission' })
  expect(await client().dialogs.folder({ purpose: 'export' })).toBe(path)
  await services.grants.assertWritable(path)
  expect(await client().dialogs.save({ suggestedName: 'a', purpose: 'export' })).toBeNull()
  await client().dialogs.open({ folders: false, purpose: 'open' })
  await expect(services.grants.assertWritable('/x')).rejects.toMatchObject({ code: 'permission' })
})
