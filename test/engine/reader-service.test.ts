import { NO_FILTER } from '../../shared/search-filter.ts'
import { execFileSync } from 'node:child_process'
import { mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ReaderService } from '../../main/engine/reader-service.ts'
import { runJob } from '../../main/engine/run-job.ts'
import { openWorkspace, type Workspace } from '../../main/store/workspace.ts'
import { isCancelled } from '../../shared/errors.ts'
import type { RowsQuery } from '../../shared/files.ts'
import type { FileSource } from '../../shared/uri.ts'
import { buildImage, writeDockerArchive, type BuiltImage } from '../support/image-builder.ts'
import { testTask } from '../support/task.ts'

const NEVER = new AbortController().signal
const QUERY: RowsQuery = {
  tree: { isMerged: true },
  view: 'list',
  sort: { by: 'name', isDescending: false },
  changes: [],
  filter: '',
  expanded: [],
  collapsed: [],
  offset: 0,
  limit: 100,
}
const EVERYTHING = {
  pattern: '*',
  isRegex: false,
  isCaseSensitive: true,
  isWholeName: true,
  filter: NO_FILTER,
}
const ALL = { layers: [], offset: 0, limit: 100 }

let folder: string
let workspace: Workspace
let service: ReaderService

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'occystrap-reader-'))
  workspace = openWorkspace({ cacheDir: join(folder, 'cache'), configDir: join(folder, 'config') })
  service = new ReaderService(workspace)
})

afterEach(async () => {
  await service[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const LAYERS: Parameters<typeof buildImage>[0] = {
  references: ['sample:1'],
  layers: [
    [
      { path: 'etc/', type: 'directory' },
      { path: 'etc/passwd', content: 'root\n' },
      { path: 'etc/motd', content: 'Welcome.\n' },
      { path: 'etc/link', type: 'symlink', linkname: '/etc/passwd' },
      { path: 'etc/hard', type: 'link', linkname: 'etc/motd' },
    ],
    [
      { path: 'etc/passwd', content: 'root and others\n' },
      { path: 'etc/.wh.motd', content: '' },
    ],
  ],
}

async function write(
  name: string,
  image: BuiltImage = buildImage(LAYERS),
  options: Parameters<typeof writeDockerArchive>[2] = { flavour: 'docker-24' },
): Promise<FileSource> {
  const path = join(folder, name)
  await writeDockerArchive(image, path, options)
  return { kind: 'tar', path }
}

async function text(
  source: FileSource,
  path: string,
  tree: RowsQuery['tree'] = { isMerged: true },
): Promise<string> {
  const chunk = await service.read({ source, tree, path, offset: 0, length: 1000 }, NEVER)
  return Buffer.from(chunk.base64, 'base64').toString()
}

async function paths(source: FileSource): Promise<string[]> {
  return (await service.rows({ source, query: QUERY }, NEVER)).rows.map((row) => row.path)
}

describe('an image that can be listed at once', () => {
  it('is recognised and inspected', async () => {
    const source = await write('a.tar')
    const [candidate] = await service.recognise({ path: source.path }, NEVER)
    expect(candidate).toMatchObject({ source, imageID: buildImage(LAYERS).imageID })
    expect((await service.inspect({ source }, NEVER)).layers).toHaveLength(2)
  })

  it('shows its files', async () => {
    const source = await write('a.tar')
    expect(await paths(source)).toEqual(['etc/hard', 'etc/link', 'etc/motd', 'etc/passwd'])
    const query = { ...QUERY, view: 'tree' as const }
    expect(await service.locate({ source, query, path: 'etc/link' }, NEVER)).toEqual({
      index: 2,
      expanded: ['etc'],
    })
    expect(await service.typeAhead({ source, query: QUERY, text: 'pa', from: 0 }, NEVER)).toEqual({
      index: 3,
    })
    expect((await service.history({ source, path: 'etc/motd' }, NEVER)).map(({ change }) => change)).toEqual([
      'added',
      'deleted',
    ])
  })

  it('answers searches with what became of each hit, by window', async () => {
    const source = await write('a.tar')
    const search = (
      range: Partial<typeof ALL> & { layers?: number[] },
    ): ReturnType<ReaderService['search']> =>
      service.search({ source, query: { ...EVERYTHING, pattern: '*o*' }, ...ALL, ...range }, NEVER)
    const all = await search({})
    expect(all.hits.map(({ path, layerIndex, state, by }) => [path, layerIndex, state, by])).toEqual([
      ['etc/motd', 0, 'deleted', 1],
    ])
    const every = await service.search({ source, query: EVERYTHING, ...ALL }, NEVER)
    expect([every.total, every.perLayer]).toEqual([6, [5, 1]])
    const window = await service.search({ source, query: EVERYTHING, layers: [], offset: 4, limit: 1 }, NEVER)
    expect(window.hits.map(({ path }) => path)).toEqual(['etc/hard'])
    const second = await service.search({ source, query: EVERYTHING, ...ALL, layers: [1] }, NEVER)
    expect([second.total, second.hits.map(({ path, state }) => [path, state])]).toEqual([
      1,
      [['etc/passwd', 'present']],
    ])
  })

  it('reads files: through links, of earlier layers, and what was deleted', async () => {
    const source = await write('a.tar')
    expect(await text(source, 'etc/passwd')).toBe('root and others\n')
    expect(await text(source, 'etc/passwd', { isMerged: true, layer: 0 })).toBe('root\n')
    expect(await text(source, 'etc/link')).toBe('root and others\n')
    expect(await text(source, 'etc/hard')).toBe('Welcome.\n')
    expect(await text(source, 'etc/motd', { isMerged: false, layer: 1 })).toBe('Welcome.\n')
  })

  it('says why a path cannot be read', async () => {
    const source = await write('a.tar')
    const failure = (path: string, tree?: RowsQuery['tree']): Promise<string> =>
      text(source, path, tree).catch((error: Error) => error.message)
    expect(await failure('etc/motd')).toBe('etc/motd was deleted in layer 1.')
    expect(await failure('etc/none')).toBe('The image has no etc/none.')
    expect(await failure('etc')).toBe('etc is a directory and has no content.')
    expect(await failure('etc/hard', { isMerged: false, layer: 1 })).toBe(
      'Layer 1 has no etc/hard of its own.',
    )
  })

  it('reads any window of a file and tells what it looks like', async () => {
    const image = buildImage({
      layers: [[{ path: 'f', content: 'text, then much more of it'.repeat(1000) }]],
    })
    const source = await write('a.tar', image)
    const read = (offset: number, length: number): ReturnType<ReaderService['read']> =>
      service.read({ source, tree: { isMerged: true }, path: 'f', offset, length }, NEVER)
    const middle = await read(25_990, 100)
    expect(middle).toMatchObject({ size: 26_000, offset: 25_990, looksLike: 'text' })
    expect(Buffer.from(middle.base64, 'base64').toString()).toBe('more of it')
    expect((await read(26_000, 100)).base64).toBe('')
    expect((await read(90_000, 100)).base64).toBe('')
  })

  it('fills the holes of a sparse file, also where that is larger than any disk', async () => {
    const HOLE = 2 ** 42
    const layer = join(folder, 'layer')
    execFileSync('mkdir', [layer])
    await writeFile(join(layer, 'sparse'), 'start')
    await truncate(join(layer, 'sparse'), HOLE)
    execFileSync('sh', ['-c', 'printf end >> sparse; tar --sparse -cf ../layer.tar sparse'], { cwd: layer })
    const tar = execFileSync('cat', [join(folder, 'layer.tar')])
    expect(tar.length).toBeLessThan(100_000)
    const source = await write('a.tar', buildImage({ layers: [tar] }))
    const read = async (offset: number, length: number): Promise<string> => {
      const input = { source, tree: { isMerged: true }, path: 'sparse', offset, length }
      return Buffer.from((await service.read(input, NEVER)).base64, 'base64').toString('latin1')
    }
    expect(await read(0, 7)).toBe('start\0\0')
    expect(await read(HOLE - 2, 10)).toBe('\0\0end')
    expect(await read(HOLE + 1, 1)).toBe('n')
    expect(await read(HOLE / 2, 3)).toBe('\0\0\0')
  })
})

describe('an image with compressed layers', () => {
  it('names them as pending until a job has read them', async () => {
    const source = await write('a.tar', buildImage(LAYERS), { flavour: 'docker-25-gzip' })
    expect(await service.rows({ source, query: QUERY }, NEVER)).toMatchObject({
      total: 0,
      pendingLayers: [0, 1],
    })
    const found = await service.search({ source, query: EVERYTHING, ...ALL }, NEVER)
    expect(found).toMatchObject({ total: 0, pendingLayers: [0, 1] })
    await expect(text(source, 'etc/passwd')).rejects.toMatchObject({
      remedy: 'Wait until all layers are read.',
    })
    expect((await service.inspect({ source }, NEVER)).size).toBeNull()
    await runJob({ kind: 'index', input: source }, workspace, testTask())
    const { size, layers } = await service.inspect({ source }, NEVER)
    expect(size).toBe(layers.reduce((sum, layer) => sum + layer.size!, 0))
    expect(await paths(source)).toEqual(['etc/hard', 'etc/link', 'etc/motd', 'etc/passwd'])
    expect(await text(source, 'etc/passwd')).toBe('root and others\n')
    expect((await service.search({ source, query: EVERYTHING, ...ALL }, NEVER)).pendingLayers).toEqual([])
  })
})

describe('the images held open', () => {
  it('are opened anew when their file has changed', async () => {
    const source = await write('a.tar')
    expect(await paths(source)).toHaveLength(4)
    await write('b.tar', buildImage({ layers: [[{ path: 'only' }]] }))
    await rename(join(folder, 'b.tar'), source.path)
    expect(await paths(source)).toEqual(['only'])
  })

  it('are closed when there are too many, and come back when they are asked for', async () => {
    const sources = await Promise.all(
      Array.from({ length: 7 }, (_, i) =>
        write(`${i}.tar`, buildImage({ layers: [[{ path: `file-${i}` }]] })),
      ),
    )
    for (let round = 0; round < 2; round++)
      expect(await Promise.all(sources.map((source) => paths(source)))).toEqual(
        sources.map((_, i) => [`file-${i}`]),
      )
    expect(openDescriptors(folder)).toBeLessThanOrEqual(4)
    await service.inspect({ source: sources[6]!, isFresh: true }, NEVER)
    await service[Symbol.asyncDispose]()
    expect(openDescriptors(folder)).toBe(0)
  })

  it('are tried again after a failure', async () => {
    const path = join(folder, 'a.tar')
    await expect(paths({ kind: 'tar', path })).rejects.toMatchObject({ code: 'ENOENT' })
    await writeFile(path, 'no image')
    await expect(paths({ kind: 'tar', path })).rejects.toMatchObject({ code: 'not-an-image' })
    expect(await paths(await write('a.tar'))).toHaveLength(4)
  })

  it('end their opening when the only one who waited has gone', async () => {
    const source = await write('a.tar', buildImage(LAYERS), { flavour: 'docker-24', compress: 'gzip' })
    const controller = new AbortController()
    const rows = service.rows({ source, query: QUERY }, controller.signal)
    controller.abort()
    expect(isCancelled(await rows.catch((error: unknown) => error))).toBe(true)
    expect(await paths(source)).toHaveLength(4)
  })
})

/** How many files below the folder this process holds open. */
function openDescriptors(folder: string): number {
  const listing = execFileSync('sh', ['-c', `ls -l /proc/${process.pid}/fd`], { encoding: 'utf8' })
  return listing
    .split('\n')
    .filter((line) => line.includes(`-> ${folder}`) && !/\/(?:cache|config)\//.test(line)).length
}
