import { expect, it } from 'vitest'
import { Listed } from '../../main/engine/listed.ts'
import { searchQuerySchema, type SearchHit } from '../../shared/query.ts'
import type { Digest } from '../../shared/digest.ts'
import { entry, hardLink, tableOf } from '../support/entries.ts'
import { knownImage } from '../support/known-images.ts'
import { memoryFates } from '../support/memory-fates.ts'
import { memoryHashes } from '../support/memory-hashes.ts'

const digestOf = (digit: string): Digest => `sha256:${digit.repeat(64)}`
const TABLES = [
  tableOf([entry('etc/key'), entry('etc/hosts'), hardLink('etc/link', 'nowhere')]),
  tableOf([entry('etc/.wh.key'), entry('etc/hosts')]),
]
const INFO = knownImage(digestOf('a'), [digestOf('1'), digestOf('2')])

async function searched(
  fates: ReturnType<typeof memoryFates>,
  tables: Listed['tables'] = TABLES,
): Promise<{ hits: readonly SearchHit[]; problems: string[] }> {
  const problems: string[] = []
  const listed = new Listed(tables, INFO, { hashes: memoryHashes(), fates }, ({ path }) =>
    problems.push(path),
  )
  const query = searchQuerySchema.parse({ pattern: 'etc/*' })
  const { hits } = await listed.names.window(query, { layers: [], offset: 0, limit: 10 })
  await listed.tree()
  return { hits, problems }
}

it('folds an image for a search once, and tells what is wrong with it each time, once', async () => {
  const fates = memoryFates()
  const first = await searched(fates)
  expect(first.problems).toEqual(['etc/link'])
  expect(first.hits.map(({ path, state }) => `${path} ${state}`)).toEqual([
    'etc/key deleted',
    'etc/hosts replaced',
    'etc/link present',
    'etc/hosts present',
  ])
  expect(fates.kept.size).toBe(1)
  // What is kept is believed.
  const [[key, kept] = []] = [...fates.kept]
  if (!key || !kept) throw new Error('nothing was kept')
  await fates.put(key, { ...kept, problems: [{ layer: 0, path: 'kept', message: '' }] })
  expect(await searched(fates)).toEqual({ hits: first.hits, problems: ['kept'] })
})

it('keeps nothing while layers are still to be read', async () => {
  const fates = memoryFates()
  const { hits } = await searched(fates, [TABLES[0] ?? null, null])
  expect(hits.map(({ state }) => state)).toEqual(['present', 'present', 'present'])
  expect(fates.kept.size).toBe(0)
})

it('answers where nothing can be kept', async () => {
  const fates = memoryFates()
  const full = { ...fates, put: async () => Promise.reject(new Error('ENOSPC')) }
  expect((await searched(full)).hits).toHaveLength(4)
})
