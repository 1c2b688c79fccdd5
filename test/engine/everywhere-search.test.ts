import * as fc from 'fast-check'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EverywhereSearch, type EverywhereRange } from '../../main/engine/everywhere-search.ts'
import { Listed } from '../../main/engine/listed.ts'
import { ReaderService } from '../../main/engine/reader-service.ts'
import { runJob } from '../../main/engine/run-job.ts'
import { openWorkspace, type Workspace } from '../../main/store/workspace.ts'
import type { TarEntry } from '../../main/image/element.ts'
import { hexOf, type Digest } from '../../shared/digest.ts'
import { searchQuerySchema, type EverywhereWindow, type FateFilter } from '../../shared/query.ts'
import { entry, hardLink, tableOf } from '../support/entries.ts'
import { buildImage, writeDockerArchive } from '../support/image-builder.ts'
import { knownImage } from '../support/known-images.ts'
import { layerStack } from '../support/layer-arbitrary.ts'
import { memoryFates } from '../support/memory-fates.ts'
import { memoryHashes } from '../support/memory-hashes.ts'
import { testTask } from '../support/task.ts'

const digestOf = (digit: string): Digest => `sha256:${digit.repeat(64)}`
const [BASE, TOP, OTHER] = [digestOf('a'), digestOf('b'), digestOf('c')]
const [ONE, TWO] = [digestOf('1'), digestOf('2')]

let folder: string
let workspace: Workspace
let search: EverywhereSearch

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'occystrap-everywhere-'))
  fresh()
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

/** As a process that has just started. */
function fresh(): void {
  workspace = openWorkspace({ cacheDir: join(folder, 'cache'), configDir: join(folder, 'config') })
  search = new EverywhereSearch(workspace)
}

async function index(diffID: Digest, entries: readonly TarEntry[]): Promise<void> {
  await workspace.index.put(diffID, { table: tableOf(entries), size: 1024 })
}

let opened = 0
async function remember(imageID: Digest, layers: readonly Digest[]): Promise<void> {
  await workspace.catalogue.remember(knownImage(imageID, layers), {
    kind: 'tar',
    path: `/image-${opened++}.tar`,
  })
  // The order is by milliseconds.
  await new Promise((resolve) => setTimeout(resolve, 2))
}

type Asked = Partial<Omit<EverywhereRange, 'query'>> & { fates?: FateFilter[]; fields?: object }

function ask(
  pattern: string,
  { fates = [], fields = {}, ...range }: Asked = {},
  signal?: AbortSignal,
): Promise<EverywhereWindow> {
  const query = searchQuerySchema.parse({ pattern, filter: { fates }, ...fields })
  return search.window({ query, images: [], offset: 0, limit: 100, ...range }, signal)
}

const told = ({ hits }: EverywhereWindow): string[] =>
  hits.map(({ imageID, layerIndex, path, state, by }) =>
    [imageID[7], layerIndex, path, state, ...(by === undefined ? [] : [by])].join(' '),
  )

it('finds files by their content, in layers whose hashes are known', async () => {
  await index(BASE, [entry('a'), entry('b')])
  await index(TOP, [entry('a')])
  await remember(ONE, [BASE, TOP])
  await remember(TWO, [BASE])
  const sha256 = '5'.repeat(64)
  const hashes = Buffer.concat([Buffer.alloc(32, 0x44), Buffer.alloc(32, 0x55)])
  await workspace.hashes.put(BASE, { rows: Int32Array.of(0, 1), hashes })
  const filter = { sha256 }
  expect(told(await ask('', { fields: { filter } }))).toEqual(['2 0 b present', '1 0 b present'])
  expect(told(await ask('a', { fields: { filter } }))).toEqual([])
})

/** Two images over one base: the first replaces a file of it and deletes one, the other has nothing more. */
async function twoImages(): Promise<void> {
  await index(BASE, [
    entry('etc/passwd', { size: 10 }),
    entry('etc/motd', { size: 20 }),
    hardLink('etc/hard', 'etc/motd'),
  ])
  await index(TOP, [entry('etc/passwd', { size: 11 }), entry('etc/.wh.motd')])
  await remember(ONE, [BASE, TOP])
  await remember(TWO, [BASE])
}

describe('a search of all images opened before', () => {
  it('finds nothing where there are none', async () => {
    expect(await ask('*')).toMatchObject({ total: 0, images: [], hits: [] })
  })

  it('has the hits of a shared layer in each image, with what became of them there', async () => {
    await twoImages()
    const window = await ask('etc/*')
    expect(window.images.map(({ imageID, count }) => [imageID, count])).toEqual([
      [TWO, 3],
      [ONE, 4],
    ])
    expect(window.total).toBe(7)
    expect(told(window)).toEqual([
      '2 0 etc/passwd present',
      '2 0 etc/motd present',
      '2 0 etc/hard present',
      '1 0 etc/passwd replaced 1',
      '1 0 etc/motd deleted 1',
      '1 0 etc/hard present',
      '1 1 etc/passwd present',
    ])
    expect(window.hits[2]).toEqual({
      imageID: TWO,
      diffID: BASE,
      layerIndex: 0,
      path: 'etc/hard',
      type: 'link',
      size: 20,
      createdBy: 'RUN step 0',
      state: 'present',
    })
  })

  it('answers by window, over images and layers', async () => {
    await twoImages()
    const all = told(await ask('etc/*'))
    for (let offset = 0; offset < 8; offset++)
      for (const limit of [1, 2, 5]) {
        const window = await ask('etc/*', { offset, limit })
        expect(told(window)).toEqual(all.slice(offset, offset + limit))
        expect(window.total).toBe(7)
      }
  })

  it('searches some images only', async () => {
    await twoImages()
    const window = await ask('passwd', { images: [ONE] })
    expect(told(window)).toEqual(['1 0 etc/passwd replaced 1', '1 1 etc/passwd present'])
    expect(window.images.map(({ imageID }) => imageID)).toEqual([ONE])
    expect((await ask('passwd')).total).toBe(3)
  })

  it('asks for fates image by image', async () => {
    await twoImages()
    expect(told(await ask('', { fates: ['deleted'] }))).toEqual(['1 0 etc/motd deleted 1'])
    expect(told(await ask('', { fates: ['hidden'] }))).toEqual([
      '1 0 etc/passwd replaced 1',
      '1 0 etc/motd deleted 1',
    ])
    const window = await ask('', { fates: ['modified'] })
    expect(told(window)).toEqual(['1 1 etc/passwd present'])
    expect(window.images.map(({ count }) => count)).toEqual([0, 1])
  })

  it('filters', async () => {
    await twoImages()
    expect((await ask('', { fields: { filter: { types: ['link'] } } })).total).toBe(2)
    expect((await ask('', { fields: { filter: { minSize: 11 } } })).total).toBe(3)
    expect((await ask('', { fields: { filter: { exclude: ['etc'] } } })).total).toBe(0)
  })

  it('names the layers that nobody has read, and searches them once they are', async () => {
    await twoImages()
    await remember(TWO, [BASE, OTHER])
    expect(await ask('late')).toMatchObject({
      total: 0,
      images: [{ imageID: TWO, pendingLayers: [1] }, { pendingLayers: [] }],
    })
    await index(OTHER, [entry('etc/late'), entry('etc/motd')])
    search.expire()
    expect(told(await ask('late'))).toEqual(['2 1 etc/late present'])
    expect((await ask('late')).images[0]?.pendingLayers).toEqual([])
    expect(told(await ask('motd', { images: [TWO] }))).toEqual([
      '2 0 etc/motd replaced 1',
      '2 1 etc/motd present',
    ])
  })

  it('counts a layer that stands in an image twice, twice', async () => {
    await index(BASE, [entry('a')])
    await remember(ONE, [BASE, BASE])
    expect(told(await ask('a'))).toEqual(['1 0 a replaced 1', '1 1 a present'])
  })

  it('takes a damaged file of the index for a layer that nobody has read', async () => {
    await twoImages()
    const [format] = await readdir(join(folder, 'cache/index'))
    await writeFile(join(folder, 'cache/index', format ?? '', hexOf(TOP)), 'damaged')
    fresh()
    const window = await ask('passwd')
    expect(told(window)).toEqual(['2 0 etc/passwd present', '1 0 etc/passwd present'])
    expect(window.images.map(({ pendingLayers }) => pendingLayers)).toEqual([[], [1]])
  })

  it('no longer finds what is gone: images forgotten, an index cleared', async () => {
    await twoImages()
    expect((await ask('passwd')).total).toBe(3)
    await workspace.catalogue.forget(ONE)
    search.expire()
    expect(told(await ask('passwd'))).toEqual(['2 0 etc/passwd present'])
    await workspace.clearCache()
    search.expire()
    expect(await ask('passwd')).toMatchObject({ total: 0, images: [{ imageID: TWO, pendingLayers: [0] }] })
  })

  it('says what is wrong with an expression', async () => {
    await twoImages()
    await expect(ask('(', { fields: { isRegex: true } })).rejects.toMatchObject({ code: 'usage' })
    expect((await ask('passwd')).total).toBe(3)
  })

  it('ends a search when another is begun, and when nobody waits for it', async () => {
    await index(
      BASE,
      Array.from({ length: 200_000 }, (_, i) => entry(`folder/${i}`)),
    )
    await remember(ONE, [BASE])
    await ask('warm')
    const slow = { fields: { isRegex: true, isWholeName: false } }
    const first = ask('(?:.*){3}é', slow)
    const second = ask('folder/77')
    await expect(first).rejects.toMatchObject({ code: 'cancelled' })
    expect((await second).total).toBe(1)
    const controller = new AbortController()
    const third = ask('(?:.*){3}ü', slow, controller.signal)
    setTimeout(() => controller.abort(), 5)
    await expect(third).rejects.toMatchObject({ name: 'AbortError' })
    expect((await ask('folder/77')).total).toBe(1)
  })

  it('agrees with the search of one image', async () => {
    await fc.assert(
      fc.asyncProperty(
        layerStack,
        fc.constantFrom<FateFilter[]>([], ['added'], ['modified'], ['surviving'], ['deleted'], ['hidden']),
        async (layers, fates) => {
          const tables = layers.map(tableOf)
          const store = {
            catalogue: {
              all: async () => [
                {
                  imageID: ONE,
                  source: { kind: 'tar', path: '/a' },
                  opened: 1,
                  layers: layers.map((_, i) => ({ diffID: digestOf(`${i}`) })),
                },
              ],
            },
            index: {
              all: async () => new Set(layers.map((_, i) => digestOf(`${i}`))),
              borrow: async (diffID: Digest) => ({
                table: tables[Number(diffID[7])],
                [Symbol.dispose]: () => {},
              }),
            },
            fates: memoryFates(),
          } as unknown as Workspace
          const query = searchQuerySchema.parse({ pattern: '', filter: { fates } })
          const range = { offset: 0, limit: 1000 }
          const { hits } = await new EverywhereSearch(store).window({ query, images: [], ...range })
          const info = knownImage(
            ONE,
            layers.map((_, i) => digestOf(`${i}`)),
          )
          const listed = new Listed(tables, info, { hashes: memoryHashes(), fates: memoryFates() }, () => {})
          const expected = await listed.names.window(query, { layers: [], ...range })
          const expectedHits = expected.hits.map((hit) =>
            Object.assign(hit, { imageID: ONE, createdBy: undefined }),
          )
          expect(hits).toEqual(expectedHits)
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('images opened in the window', () => {
  it('are searched when their layers have been read, also from where they are no more', async () => {
    const image = buildImage({
      references: ['sample:1'],
      layers: [[{ path: 'etc/motd', content: 'Welcome.\n' }], [{ path: 'etc/late', content: 'x' }]],
    })
    const path = join(folder, 'a.tar')
    await writeDockerArchive(image, path, { flavour: 'docker-24' })
    const source = { kind: 'tar', path } as const
    const signal = new AbortController().signal
    const query = searchQuerySchema.parse({ pattern: 'motd' })
    {
      await using service = new ReaderService(workspace)
      await service.inspect({ source }, signal)
      await service.inspect({ source }, signal)
    }
    await runJob({ kind: 'index', input: source }, workspace, testTask())
    await rm(path)
    await using service = new ReaderService(workspace)
    const window = await service.searchEverywhere({ query, images: [], offset: 0, limit: 10 }, signal)
    expect(told(window).map((line) => line.slice(2))).toEqual(['0 etc/motd present'])
    expect(window.images).toMatchObject([
      { imageID: image.imageID, source, reference: 'docker.io/library/sample:1', pendingLayers: [] },
    ])
  })
})
