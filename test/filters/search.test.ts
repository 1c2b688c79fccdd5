import { NO_FILTER } from '../../shared/search-filter.ts'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { LayerSearcher, type LayerSearcherOptions } from '../../main/filters/search.ts'
import { pipe } from '../../main/image/pipe.ts'
import { TarfileImage } from '../../main/inputs/stored/tarfile.ts'
import { testContext, type TestContext } from '../support/context.ts'
import { sampleImage, writeDockerArchive } from '../support/image-builder.ts'
import { testTask } from '../support/task.ts'

let context: TestContext

beforeEach(async () => {
  context = await testContext()
})

afterEach(async () => {
  await context[Symbol.asyncDispose]()
})

async function search(
  pattern: string,
  flavour: 'docker-24' | 'docker-25-gzip',
  options: Partial<LayerSearcherOptions> = {},
): Promise<LayerSearcher> {
  const path = context.path(`${flavour}.tar`)
  await writeDockerArchive(sampleImage(), path, { flavour })
  const task = testTask()
  await using input = await TarfileImage.open({ kind: 'tar', path }, context, task)
  const query = { pattern, isRegex: false, isCaseSensitive: true, isWholeName: true, filter: NO_FILTER }
  const searcher = new LayerSearcher({ query, index: context.index, ...options })
  await pipe(input, searcher, task)
  return searcher
}

it.each(['docker-24', 'docker-25-gzip'] as const)('finds names in every layer of %s', async (flavour) => {
  const { hits } = await search('etc/*', flavour)
  const found = hits.map(({ path, layerIndex, state, by }) => [path, layerIndex, state, by])
  expect(found).toEqual(
    expect.arrayContaining([
      ['etc/passwd', 0, 'deleted', 1],
      ['etc/motd', 0, 'replaced', 1],
      ['etc/motd', 1, 'present', undefined],
    ]),
  )
})

it('asks for nothing of layers that are indexed', async () => {
  const first = await search('*', 'docker-25-gzip')
  expect(context.index.layers.size).toBe(2)
  const diffID = sampleImage().layers[0]!.diffID
  const searcher = new LayerSearcher({
    query: { pattern: '*', isRegex: false, isCaseSensitive: true, isWholeName: true, filter: NO_FILTER },
    index: context.index,
  })
  expect(await searcher.fetchCallback(diffID)).toBe('skip')
  expect(await searcher.fetchCallback(`sha256:${'0'.repeat(64)}`)).toBe('list')
  expect((await search('*', 'docker-25-gzip')).hits).toEqual(first.hits)
})

it('tells of each layer as soon as it is listed', async () => {
  const seen: [number, number][] = []
  await search('motd', 'docker-24', {
    onLayer: ({ layerIndex, rows }) => void seen.push([layerIndex, rows.length]),
  })
  expect(seen).toEqual([
    [0, 1],
    [1, 1],
  ])
})

it('refuses an expression that is none before anything is read', () => {
  const query = { pattern: '(', isRegex: true, isCaseSensitive: true, isWholeName: false, filter: NO_FILTER }
  expect(() => new LayerSearcher({ query, index: context.index })).toThrow(
    expect.objectContaining({ code: 'usage' }),
  )
})
