import { mkdir, symlink } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Grants, isAtOrBelow } from '../../main/rpc/grants.ts'
import type { JobSpec } from '../../shared/job.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

let folder: TemporaryFolder
let grants: Grants

beforeEach(async () => {
  folder = await TemporaryFolder.make()
  grants = new Grants([folder.at('config'), folder.at('cache')])
})

afterEach(() => folder[Symbol.asyncDispose]())

const refused = expect.objectContaining({ code: 'permission' })

test('nothing may be written until it was chosen', async () => {
  await expect(grants.assertWritable(folder.at('a.tar'))).rejects.toThrow(refused)
  await grants.grant(folder.at('a.tar'))
  await grants.assertWritable(folder.at('a.tar'))
  await expect(grants.assertWritable(folder.at('b.tar'))).rejects.toThrow(refused)
})

test('a chosen folder is chosen with all below it, whether that is there or not', async () => {
  await grants.grant(folder.at('out'))
  await grants.assertWritable(folder.at('out'))
  await grants.assertWritable(folder.at('out/new/deep/a.tar'))
  await expect(grants.assertWritable(folder.path)).rejects.toThrow(refused)
})

test('containment is by components: a sibling with a longer name is not inside (CVE-2025-59343)', async () => {
  await grants.grant(folder.at('out'))
  await expect(grants.assertWritable(folder.at('out2'))).rejects.toThrow(refused)
  await expect(grants.assertWritable(`${folder.at('out')}/../secret`)).rejects.toThrow(refused)
  expect(isAtOrBelow('/a/..b', '/a')).toBe(true)
  expect(isAtOrBelow('/ab', '/a')).toBe(false)
  expect(isAtOrBelow('/', '/a')).toBe(false)
})

test('a link in a chosen folder leads nowhere else', async () => {
  await mkdir(folder.at('out'))
  await mkdir(folder.at('elsewhere'))
  await symlink(folder.at('elsewhere'), folder.at('out/link'))
  await grants.grant(folder.at('out'))
  await expect(grants.assertWritable(folder.at('out/link/a.tar'))).rejects.toThrow(refused)
})

test('a folder of ours cannot be chosen, by no name', async () => {
  await mkdir(folder.at('config'))
  await symlink(folder.at('config'), folder.at('link'))
  for (const path of [
    folder.at('config'),
    folder.at('config/x'),
    folder.at('cache/layers'),
    folder.at('link/x'),
  ])
    await expect(grants.grant(path)).rejects.toThrow(refused)
})

test('a relative path is nowhere', async () => {
  await expect(grants.grant('a.tar')).rejects.toThrow(expect.objectContaining({ code: 'usage' }))
  await expect(grants.assertWritable('../a.tar')).rejects.toThrow(expect.objectContaining({ code: 'usage' }))
})

test('a folder that was not chosen is mounted by a line for a terminal, not from the window', async () => {
  const path = folder.at('mounts')
  await expect(grants.assertAllowed({ kind: 'unmount', path })).rejects.toMatchObject({
    code: 'permission',
    remedy: `Export to it again, or run this in a terminal: occystrap unmount ${path}`,
  })
  await mkdir(path)
  await symlink(path, folder.at('link'))
  await grants.grant(folder.at('link'))
  await grants.assertAllowed({ kind: 'unmount', path })
  await expect(
    grants.assertAllowed({ kind: 'mount', path: `${path}/..`, imageID: `sha256:${'0'.repeat(64)}` }),
  ).rejects.toThrow(refused)
})

test('every kind of job is held to it', async () => {
  const input = { kind: 'tar', path: '/any/image.tar' } as const
  const path = folder.at('x')
  const specs: JobSpec[] = [
    {
      kind: 'convert',
      input,
      filters: [],
      output: { kind: 'tar', path, compression: 'none', overwrite: true },
    },
    { kind: 'convert', input, filters: [], output: { kind: 'dir', path, uniqueNames: false } },
    { kind: 'save-path', input, path: 'etc', isMerged: true, destination: path },
    { kind: 'save-hits', input, hits: [{ layer: 0, path: 'etc' }], destination: path },
    {
      kind: 'save-layer',
      input,
      diffID: `sha256:${'0'.repeat(64)}`,
      isUncompressed: true,
      destination: path,
    },
    { kind: 'mount', path, imageID: `sha256:${'0'.repeat(64)}` },
    { kind: 'unmount', path },
  ]
  for (const spec of specs) await expect(grants.assertAllowed(spec)).rejects.toThrow(refused)
  await grants.assertAllowed({ kind: 'index', input })
  await grants.grant(path)
  for (const spec of specs) await grants.assertAllowed(spec)
})
