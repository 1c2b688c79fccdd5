import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest'
import type { z } from 'zod'
import { ContentQuestion } from '../../main/engine/content-question.ts'
import {
  ContentSearch,
  type ContentSearchOptions,
  type SearchedImage,
} from '../../main/engine/content-search.ts'
import type { SearchRange } from '../../main/engine/name-search.ts'
import { Listed } from '../../main/engine/listed.ts'
import { OpenedImage } from '../../main/engine/opened-image.ts'
import { ReaderService } from '../../main/engine/reader-service.ts'
import type { Layer } from '../../main/image/element.ts'
import { openWorkspace, type Workspace } from '../../main/store/workspace.ts'
import { contentQuerySchema, type ContentHit, type ContentWindow } from '../../shared/query.ts'
import {
  buildImage,
  writeDockerArchive,
  writeOciArchive,
  type FileSpec,
  type LayerContent,
} from '../support/image-builder.ts'
import { testTask } from '../support/task.ts'
import { memoryFates } from '../support/memory-fates.ts'
import { memoryHashes } from '../support/memory-hashes.ts'

const ALL = { layers: [], offset: 0, limit: 1000 }

let folder: string
let workspace: Workspace

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'occystrap-contents-'))
  workspace = openWorkspace({ cacheDir: join(folder, 'cache'), configDir: join(folder, 'config') })
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

/** How layers are stored, and that they are in no file. */
const WAYS = ['plain', 'gzip', 'zstd', 'here'] as const
type Way = (typeof WAYS)[number]

async function opened(layers: readonly LayerContent[], way: Way = 'plain'): Promise<OpenedImage> {
  const path = join(folder, `${way}.tar`)
  const image = buildImage({ layers })
  if (way === 'gzip' || way === 'zstd') await writeOciArchive(image, path, { layers: way })
  else await writeDockerArchive(image, path, { flavour: 'docker-24' })
  return OpenedImage.open({ kind: 'tar', path }, workspace, testTask())
}

async function searchedOf(image: OpenedImage, way: Way = 'plain'): Promise<SearchedImage> {
  const tables = await image.tables(testTask())
  const layers = await image.layers()
  const hashes = memoryHashes()
  return {
    layers: way === 'here' ? layers.map(withoutFile) : layers,
    listed: new Listed(tables, image.info, { hashes, fates: memoryFates() }, () => {}),
    info: image.info,
    hashes,
  }
}

function withoutFile(layer: Layer): Layer {
  return {
    diffID: layer.diffID,
    size: layer.size,
    isVerified: layer.isVerified,
    entries: (signal) => layer.entries(signal),
    stream: (signal) => layer.stream(signal),
    contents: (ranges, signal) => layer.contents(ranges, signal),
  }
}

interface Result {
  readonly hits: readonly ContentHit[]
  readonly window: ContentWindow
}

async function search(
  layers: readonly LayerContent[],
  query: z.input<typeof contentQuerySchema>,
  { way = 'plain', ...options }: ContentSearchOptions & { readonly way?: Way } = {},
): Promise<Result> {
  await using image = await opened(layers, way)
  await using found = new ContentSearch(
    contentQuerySchema.parse(query),
    await searchedOf(image, way),
    options,
  )
  const hits: ContentHit[] = []
  for await (const batch of found.hits()) hits.push(...batch)
  return { hits, window: await found.window(ALL) }
}

/** `path:line:column:line with [match]` */
function shown({ hits }: Result): string[] {
  return hits.map(
    ({ path, line, column, text, from, to }) =>
      `${path}:${line}:${column}:${text.slice(0, from)}[${text.slice(from, to)}]${text.slice(to)}`,
  )
}

function utf16(text: string, isBig = false): Buffer {
  const bytes = Buffer.from(text, 'utf16le')
  return isBig ? bytes.swap16() : bytes
}

describe.each(WAYS)('files of a layer (%s)', (way) => {
  it('are searched line by line', async () => {
    const layer = [
      { path: 'etc/a.conf', content: 'first\nkey = 1\r\nkey = 2 key\n' },
      { path: 'etc/b.conf', content: 'nothing' },
      { path: 'etc/empty', content: '' },
      { path: 'etc/link', type: 'symlink', linkname: 'a.conf' },
      { path: 'etc/hard', type: 'link', linkname: 'etc/a.conf' },
      { path: 'last', content: 'the key' },
    ] as const
    const result = await search([layer], { pattern: 'key' }, { way })
    expect(shown(result)).toEqual([
      'etc/a.conf:2:1:[key] = 1',
      'etc/a.conf:3:1:[key] = 2 key',
      'last:1:5:the [key]',
    ])
    expect(result.window).toMatchObject({
      total: 3,
      files: 2,
      kept: 3,
      perLayer: [3],
      isRunning: false,
      binaryFiles: 0,
    })
    expect(result.window.done).toBe(result.window.size)
    expect(result.window.size).toBe(27 + 7 + 7)
  })

  it('are told with what became of them', async () => {
    const layers = [
      [
        { path: 'app/', type: 'directory' },
        { path: 'app/readme', content: 'no secret\n' },
      ],
      [
        { path: 'app/.env', content: 'A=1\nSECRET=hunter2\n' },
        { path: 'app/readme', content: 'hunter2?' },
      ],
      [{ path: 'app/.wh..env' }, { path: 'app/readme', content: 'none' }],
    ] as const
    const { hits } = await search(layers, { pattern: 'hunter2' }, { way })
    expect(hits).toMatchObject([
      { path: 'app/.env', layerIndex: 1, line: 2, column: 8, state: 'deleted', by: 2, createdBy: 'layer 2' },
      { path: 'app/readme', layerIndex: 1, state: 'replaced', by: 2 },
    ])
    const query = {
      pattern: '.',
      isRegex: true,
      filter: { fates: ['deleted' as const], include: ['*.env'] },
    }
    expect((await search(layers, query, { way })).hits).toHaveLength(2)
  })

  it('may be of any size', async () => {
    const long = 'x'.repeat(64 * 1024)
    const line = (n: number): string => `line ${n} ${'.'.repeat(n % 100)}\n`
    const large = Array.from({ length: 60_000 }, (_, n) => line(n)).join('')
    expect(large.length).toBeGreaterThan(3 * 1024 * 1024)
    const layer = [
      { path: 'large', content: `\ufeff${large}line the last needle` },
      { path: 'long', content: `${long}needle${long}\nneedle\n` },
      { path: 'after', content: 'needle' },
    ]
    for (const query of [{ pattern: 'needle' }, { pattern: 'ne+dle', isRegex: true }]) {
      const { hits } = await search([layer], query, { way })
      expect(hits.map(({ path, line: at, column }) => [path, at, column])).toEqual([
        ['large', 60_001, 15],
        ['long', 1, long.length + 1],
        ['long', 2, 1],
        ['after', 1, 1],
      ])
      expect(hits[1]?.text).toHaveLength(300)
      expect(hits[1]?.text.slice(hits[1].from, hits[1].to)).toBe('needle')
    }
    const every = await search([layer], { pattern: '^line 59\\d\\d9', isRegex: true }, { way })
    expect(every.hits.map(({ line: at }) => at)).toEqual(
      Array.from({ length: 100 }, (_, n) => 59_010 + n * 10),
    )
  })

  it('may have lines longer than are held', async () => {
    const part = 'xyz'.repeat(1024 * 1024)
    const content = `one\n${part}é${part}needle${part}\nneedle\n${part}${part}ne`
    const layer = [
      { path: 'long', content },
      { path: 'next', content: 'edle' },
    ]
    for (const query of [{ pattern: 'needle' }, { pattern: 'needle', isCaseSensitive: false }]) {
      const { hits } = await search([layer], query, { way })
      expect(hits.map(({ line, column }) => [line, column])).toEqual([
        [2, 2 * part.length + 2],
        [3, 1],
      ])
    }
  })
})

describe('text', () => {
  const lines = 'Grüße\nein Schlüssel\r\nзначение\n'

  it.each([
    ['UTF-8', Buffer.from(lines)],
    ['UTF-8 with a mark', Buffer.from(`\ufeff${lines}`)],
    ['UTF-16 LE with a mark', utf16(`\ufeff${lines}`)],
    ['UTF-16 BE with a mark', utf16(`\ufeff${lines}`, true)],
  ])('in %s is found', async (_, content) => {
    const found = async (pattern: string, fields = {}): Promise<string[]> =>
      shown(await search([[{ path: 'f', content }]], { pattern, ...fields }))
    expect(await found('Schlüssel')).toEqual(['f:2:5:ein [Schlüssel]'])
    expect(await found('ЗНАЧ', { isCaseSensitive: false })).toEqual(['f:3:1:[знач]ение'])
    expect(await found('^Gr.{2}e$', { isRegex: true })).toEqual(['f:1:1:[Grüße]'])
  })

  it('in UTF-16 is known without a mark, and in pieces', async () => {
    const text = `${'0123456789\n'.repeat(200_000)}needle\n`
    for (const isBig of [false, true]) {
      const { hits } = await search([[{ path: 'f', content: utf16(text, isBig) }]], { pattern: 'needle' })
      expect(hits).toMatchObject([{ line: 200_001, column: 1, text: 'needle' }])
    }
  })

  it('in another encoding is found by what is ASCII of it', async () => {
    const content = Buffer.from('pass\xf6rd: caf\xe9\n', 'latin1')
    expect(shown(await search([[{ path: 'f', content }]], { pattern: 'rd: caf' }))).toEqual([
      'f:1:6:pass\ufffd[rd: caf]\ufffd',
    ])
    expect(
      (await search([[{ path: 'f', content }]], { pattern: 'pass.rd', isRegex: true })).hits,
    ).toHaveLength(1)
  })

  it('of characters outside of the basic plane keeps them whole', async () => {
    const content = `${'😀'.repeat(400)}key${'😀'.repeat(400)}`
    const { hits } = await search([[{ path: 'f', content }]], { pattern: 'key' })
    expect(hits[0]).toMatchObject({ column: 401 })
    expect(hits[0]?.text.isWellFormed()).toBe(true)
  })
})

describe('what is not text', () => {
  const NUL = '\0'
  const layer: FileSpec[] = [
    { path: 'early', content: `key${NUL}\nkey\n` },
    { path: 'late', content: `key one\n${'.'.repeat(70_000)}\nkey two ${NUL} key\nkey three\n` },
    { path: 'late-none', content: `${'.'.repeat(70_000)}\n${NUL}\nkey\n` },
    { path: 'text', content: 'key\n' },
    { path: 'bytes', content: Buffer.from(`${NUL}\xff\xfe\nx\xe9 k\xc3\xa9y=\xff1\n`, 'latin1') },
  ]

  it('is left out and counted; a NUL far inside ends a file', async () => {
    const result = await search([layer], { pattern: 'key' })
    expect(shown(result)).toEqual(['late:1:1:[key] one', 'late:3:1:[key] two ', 'text:1:1:[key]'])
    expect(result.window).toMatchObject({ binaryFiles: 3, files: 2 })
  })

  it('is searched where that is asked for', async () => {
    const result = await search([layer], { pattern: 'key', isBinary: true })
    expect(result.hits.map(({ path, line }) => `${path}:${line}`)).toEqual([
      'early:1',
      'early:2',
      'late:1',
      'late:3',
      'late:4',
      'late-none:3',
      'text:1',
    ])
    expect(result.window.binaryFiles).toBe(0)
    const found = async (query: z.input<typeof contentQuerySchema>): Promise<string[]> =>
      shown(await search([layer.slice(-1)], { ...query, isBinary: true }))
    expect(await found({ pattern: 'kéy' })).toEqual(['bytes:2:4:x\ufffd [kéy]=\ufffd1'])
    expect(await found({ pattern: 'k..y=', isRegex: true })).toEqual(['bytes:2:4:x\ufffd [kéy=]\ufffd1'])
    expect(await found({ pattern: 'KÉ', isCaseSensitive: false })).toEqual([
      'bytes:2:4:x\ufffd [ké]y=\ufffd1',
    ])
  })

  it('is a sparse file with a hole between its parts', async () => {
    const sparse = (map: string, size: number, content: string): FileSpec => ({
      path: map,
      content,
      pax: {
        'GNU.sparse.size': `${size}`,
        'GNU.sparse.numblocks': `${map.split(',').length / 2}`,
        'GNU.sparse.map': map,
      },
    })
    const files = [
      sparse('0,4,10,4', 20, 'one\nkeyx'),
      sparse('5,3', 8, 'key'),
      sparse('0,8,8,4', 100, 'nothing\nkey\n'),
      sparse('0,2,10,1', 20, 'key'),
    ]
    const result = await search([files], { pattern: 'key' })
    expect(shown(result)).toEqual(['0,8,8,4:2:1:[key]'])
    expect(result.window.binaryFiles).toBe(3)
    const all = await search([files], { pattern: 'key', isBinary: true })
    expect(all.hits.map(({ path, line }) => `${path}:${line}`)).toEqual(['0,4,10,4:2', '5,3:1', '0,8,8,4:2'])
  })
})

describe('lines beyond a limit', () => {
  const many = (count: number): string => 'key\n'.repeat(count)

  it('are counted, of a file and of a layer', async () => {
    const layer = [
      { path: 'a', content: many(1500) },
      { path: 'b', content: `${many(10)}x\n` },
      { path: 'c', content: many(20) },
    ]
    for (const query of [{ pattern: 'key' }, { pattern: 'k.y', isRegex: true }]) {
      const one = await search([layer], query, { limits: { perLayer: 10_000, perFile: 1000 } })
      expect(one.window).toMatchObject({ total: 1530, kept: 1030, files: 3 })
      const few = await search([layer, layer], query, { limits: { perLayer: 12, perFile: 5 } })
      expect(few.window).toMatchObject({ total: 3060, kept: 24, perLayer: [12, 12] })
      expect(
        few.hits
          .slice(0, 12)
          .map(({ path }) => path)
          .join(''),
      ).toBe('aaaaabbbbbcc')
    }
  })
})

it('answers any window of it', async () => {
  const layers = [0, 1, 2].map((n) => [{ path: `f${n}`, content: 'key 1\nkey 2\nkey 3\n' }])
  await using image = await opened(layers)
  await using found = new ContentSearch(contentQuerySchema.parse({ pattern: 'key' }), await searchedOf(image))
  await found.settle(10_000, testTask().signal)
  const window = async (range: Partial<SearchRange>): Promise<string[]> =>
    (await found.window({ ...ALL, ...range })).hits.map(({ path, line }) => `${path}:${line}`)
  expect(await window({ offset: 2, limit: 3 })).toEqual(['f0:3', 'f1:1', 'f1:2'])
  expect(await window({ layers: [2], offset: 1 })).toEqual(['f2:2', 'f2:3'])
  expect(await found.window({ ...ALL, layers: [1] })).toMatchObject({
    total: 3,
    kept: 3,
    files: 1,
    perLayer: [3, 3, 3],
  })
  expect(await window({ offset: 9 })).toEqual([])
})

describe('an expression that explodes', () => {
  const layer = [{ path: 'f', content: `${'a'.repeat(40)}!\n` }]
  const hostile = { pattern: '(a+)+$', isRegex: true }

  it.each(['plain', 'gzip'] as const)('fails soon, and the next search does not (%s)', async (way) => {
    const started = performance.now()
    await expect(search([layer, layer, layer], hostile, { way, patience: 300 })).rejects.toMatchObject({
      code: 'limit',
    })
    expect(performance.now() - started).toBeLessThan(5000)
    expect((await search([layer], { pattern: 'aa!' }, { way })).hits).toHaveLength(1)
  })

  it('fails where nothing but this thread can search, too', async () => {
    await expect(search([layer], hostile, { way: 'here' })).rejects.toMatchObject({ code: 'limit' })
  })
})

test('an expression that is none is refused at once', async () => {
  await using image = await opened([[]])
  const query = contentQuerySchema.parse({ pattern: '(', isRegex: true })
  await expect(image.searchContents(query, ALL, testTask())).rejects.toMatchObject({ code: 'usage' })
})

test('what was cut is told', async () => {
  await using image = await opened([[{ path: 'f', content: 'key' }]])
  const searched = await searchedOf(image)
  const layers = searched.layers.map((layer): Layer => ({
    ...withoutFile(layer),
    async lend(signal) {
      const lent = await (layer.lend as NonNullable<Layer['lend']>)(signal)
      return { ...lent, size: 514 }
    },
  }))
  await using found = new ContentSearch(contentQuerySchema.parse({ pattern: 'key' }), { ...searched, layers })
  await found.settle(10_000, testTask().signal)
  await expect(found.window(ALL)).rejects.toMatchObject({ code: 'truncated' })
})

describe('a search of a window', () => {
  const large = [
    { path: 'large', content: 'none\n'.repeat(400_000) },
    { path: 'f', content: 'key\nother\n' },
  ]

  it('is answered whole where it is quick, and goes on otherwise', async () => {
    await using image = await opened([large])
    const query = contentQuerySchema.parse({ pattern: 'key' })
    const task = testTask()
    let window = await image.searchContents(query, ALL, task)
    for (let tries = 0; window.isRunning && tries < 200; tries++)
      window = await image.searchContents(query, ALL, task)
    expect(window).toMatchObject({ total: 1, isRunning: false, pendingLayers: [] })
  })

  it('is stopped by another, by silence and by the end of its image', async () => {
    await using image = await opened([
      [
        { path: 'large', content: 'none\n'.repeat(4_000_000) },
        { path: 'f', content: 'other' },
      ],
    ])
    const searched = await searchedOf(image)
    let lends = 0
    const layers = searched.layers.map((layer): Layer => ({
      ...withoutFile(layer),
      lend(signal) {
        lends++
        return (layer.lend as NonNullable<Layer['lend']>)(signal)
      },
    }))
    const counted = { ...searched, layers }
    const slow = contentQuerySchema.parse({ pattern: '(\\w*)*(o|n)(\\w*)*z', isRegex: true })
    const { signal } = testTask()
    await using question = new ContentQuestion({ idle: 100 })
    expect(await question.window(slow, counted, ALL, signal)).toMatchObject({ isRunning: true })
    expect(await question.window(slow, counted, ALL, signal)).toMatchObject({ isRunning: true })
    expect(lends).toBe(1)
    await sleep(300)
    expect(await question.window(slow, counted, ALL, signal)).toMatchObject({ isRunning: true })
    expect(lends).toBe(2)
    const quick = contentQuerySchema.parse({ pattern: 'other' })
    let window = await question.window(quick, counted, ALL, signal)
    while (window.isRunning) window = await question.window(quick, counted, ALL, signal)
    expect(window.total).toBe(1)
    expect(lends).toBe(3)
  })

  it('keeps what it has found while layers are still being listed', async () => {
    await using image = await opened([[{ path: 'a', content: 'key' }], [{ path: 'b', content: 'key' }]])
    const searched = await searchedOf(image)
    const { tables } = searched.listed
    const half = {
      ...searched,
      listed: new Listed(
        [tables[0] ?? null, null],
        image.info,
        { hashes: memoryHashes(), fates: memoryFates() },
        () => {},
      ),
    }
    const query = contentQuerySchema.parse({ pattern: 'key' })
    const { signal } = testTask()
    await using question = new ContentQuestion()
    const settled = async (of: SearchedImage): Promise<ContentWindow> => {
      for (;;) {
        const window = await question.window(query, of, ALL, signal)
        if (!window.isRunning) return window
      }
    }
    expect(await settled(half)).toMatchObject({ total: 1, pendingLayers: [1] })
    expect(await settled(searched)).toMatchObject({ total: 2, perLayer: [1, 1], pendingLayers: [] })
  })
})

test('a command line that is cancelled ends the search', async () => {
  await using image = await opened([[{ path: 'f', content: 'key\n'.repeat(500_000) }]])
  await image.tables(testTask())
  const task = testTask()
  const hits = image.contentHits(contentQuerySchema.parse({ pattern: 'k.y', isRegex: true }), task)
  task.cancel()
  await expect(hits.next()).rejects.toMatchObject({ name: 'AbortError' })
})

test('a command line is told of all lines, and then of what there was', async () => {
  await using image = await opened([
    [
      { path: 'f', content: 'key\n' },
      { path: 'b', content: 'key\0' },
    ],
  ])
  await image.tables(testTask())
  const hits = image.contentHits(contentQuerySchema.parse({ pattern: 'key' }), testTask())
  expect((await hits.next()).value).toMatchObject([{ path: 'f' }])
  expect(await hits.next()).toMatchObject({ done: true, value: { total: 1, binaryFiles: 1, hits: [] } })
})

test('the reader answers by window', async () => {
  await using service = new ReaderService(workspace)
  const path = join(folder, 'a.tar')
  await writeDockerArchive(buildImage({ layers: [[{ path: 'f', content: 'key\n' }]] }), path)
  const query = contentQuerySchema.parse({ pattern: 'key' })
  const { signal } = testTask()
  for (;;) {
    const window = await service.searchContents({ source: { kind: 'tar', path }, query, ...ALL }, signal)
    if (window.isRunning) continue
    expect(window).toMatchObject({ total: 1, hits: [{ path: 'f', text: 'key' }] })
    break
  }
})
