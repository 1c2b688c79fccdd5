import { readdir, writeFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { sha256Of } from '../../main/image/hashing.ts'
import { FileDocumentStore } from '../../main/store/documents.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

it('keeps documents by their digests, and believes no other', async () => {
  await using folder = await TemporaryFolder.make()
  const store = new FileDocumentStore(folder.at('documents'))
  const bytes = Buffer.from('{"config":{}}')
  const digest = sha256Of(bytes)
  expect(await store.get(digest)).toBeUndefined()
  await store.put(digest, bytes)
  expect(await store.get(digest)).toEqual(bytes)
  expect(await store.size()).toBe(bytes.length)
  const [name = ''] = await readdir(folder.at('documents'))
  await writeFile(folder.at('documents', name), '{"config":{"User":"root"}}')
  expect(await store.get(digest)).toBeUndefined()
  expect(await readdir(folder.at('documents'))).toEqual([])
  await store.put(digest, bytes)
  expect(await store.clear()).toBe(bytes.length)
})
