import { execFileSync } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FolderPicker } from '../../main/serve/picker.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

let folder: TemporaryFolder
let picker: FolderPicker

beforeEach(async () => {
  folder = await TemporaryFolder.make()
  picker = new FolderPicker([folder.at('.config')])
})

afterEach(() => folder[Symbol.asyncDispose]())

const names = async (path: string, showHidden = false): Promise<string[]> =>
  (await picker.list({ path, showHidden })).entries.map((entry) => entry.name)

test('folders first, then files, as people sort them', async () => {
  for (const name of ['b', 'a10', 'a9']) await mkdir(folder.at(name))
  for (const name of ['2.tar', '10.tar', '1.tar']) await writeFile(folder.at(name), name)
  expect(await names(folder.path)).toEqual(['a9', 'a10', 'b', '1.tar', '2.tar', '10.tar'])
  const { entries, parent, isTruncated } = await picker.list({ path: folder.path, showHidden: false })
  expect(entries.find((entry) => entry.name === '10.tar')).toMatchObject({
    path: folder.at('10.tar'),
    type: 'file',
    size: 6,
  })
  expect([folder.path.startsWith(parent ?? '?'), isTruncated]).toEqual([true, false])
})

test('it starts at home, and the root has no parent', async () => {
  expect((await picker.list({ showHidden: false })).path).toBe(homedir())
  expect((await picker.list({ path: '/', showHidden: false })).parent).toBeNull()
})

test('hidden ones only where they are asked for', async () => {
  await writeFile(folder.at('.hidden'), '')
  await writeFile(folder.at('shown'), '')
  expect(await names(folder.path)).toEqual(['shown'])
  expect(await names(folder.path, true)).toEqual(['.hidden', 'shown'])
})

test('a link is shown as what it leads to; a pipe, a socket and a link to nothing are not shown', async () => {
  await writeFile(folder.at('file'), '12345')
  await symlink(folder.at('file'), folder.at('link'))
  await symlink('/dev/null', folder.at('device'))
  await symlink('/nowhere', folder.at('dangling'))
  execFileSync('mkfifo', [folder.at('pipe')])
  const { entries } = await picker.list({ path: folder.path, showHidden: false })
  expect(entries.map((entry) => [entry.name, entry.type, entry.size])).toEqual([
    ['file', 'file', 5],
    ['link', 'file', 5],
  ])
})

test('more than 5,000 entries are cut, and that is said', async () => {
  await Promise.all(Array.from({ length: 5001 }, (_, i) => writeFile(folder.at(`f${i}`), '')))
  const { entries, isTruncated } = await picker.list({ path: folder.path, showHidden: false })
  expect([entries.length, isTruncated]).toEqual([5000, true])
})

test('the kernel’s folders and ours are refused, by any name', async () => {
  await mkdir(folder.at('.config'))
  await symlink('/proc/self', folder.at('self'))
  for (const path of [
    '/proc',
    '/proc/self',
    '/sys',
    '/dev',
    '/dev/shm/..',
    folder.at('.config'),
    folder.at('self'),
  ])
    await expect(picker.list({ path, showHidden: true })).rejects.toMatchObject({ code: 'permission' })
  await expect(picker.list({ path: 'relative', showHidden: true })).rejects.toMatchObject({ code: 'usage' })
  expect(await names(folder.path, true)).not.toContain('.config')
})

test('a folder is made under a plain name only', async () => {
  expect(await picker.createFolder({ parent: folder.path, name: 'new' })).toEqual({ path: folder.at('new') })
  for (const name of ['..', '.', 'a/b', 'a\\b', 'a\nb', 'a\0b'])
    await expect(picker.createFolder({ parent: folder.path, name })).rejects.toMatchObject({ code: 'usage' })
  await expect(picker.createFolder({ parent: folder.path, name: 'new' })).rejects.toMatchObject({
    code: 'EEXIST',
  })
  await expect(picker.createFolder({ parent: '/proc', name: 'new' })).rejects.toMatchObject({
    code: 'permission',
  })
})
