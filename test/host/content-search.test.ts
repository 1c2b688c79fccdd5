import { isUtf8 } from 'node:buffer'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { OpenedImage } from '../../main/engine/opened-image.ts'
import { openWorkspace } from '../../main/store/workspace.ts'
import { contentQuerySchema, type ContentHit, type ContentQuery } from '../../shared/query.ts'
import { command, tryCommand } from '../support/command.ts'
import { describeWith } from '../support/needs.ts'
import { linesOf } from '../support/occystrap.ts'
import { realImages, type RealImages } from '../support/real-images.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'
import { testTask } from '../support/task.ts'

const TOOLS = [
  'dockerd',
  'docker',
  'podman',
  'skopeo',
  'mmdebstrap',
  'python3',
  'zstd',
  'xz',
  'bzip2',
] as const
const PYTHON = join(import.meta.dirname, '../support/files-by-python.py')
const NOISE = Buffer.from('srv/random.bin').toString('base64')
const EVERY_LINE = { perLayer: Infinity, perFile: Infinity }

/** What `files-by-python.py` says of a file. */
interface FileOnDisk {
  readonly layer: number
  /** In base64. */
  readonly path: string
  /** Below the folder. */
  readonly file: string
}

interface Asked {
  readonly pattern: string
  /** Options of grep. */
  readonly flags: string
}

/** Of what is the same in our expressions and in grep's. */
const QUERIES: readonly Asked[] = [
  { pattern: 'Debian', flags: '-F' },
  { pattern: 'needle in a haystack', flags: '-F' },
  { pattern: 'e', flags: '-F' },
  { pattern: '.', flags: '-F' },
  { pattern: 'nothing says this', flags: '-F' },
  { pattern: 'debian', flags: '-Fi' },
  { pattern: 'GNU', flags: '-Fw' },
  { pattern: 'in', flags: '-Fw' },
  { pattern: 'ÜBER', flags: '-Fi' },
  { pattern: 'ö', flags: '-F' },
  { pattern: '^#!/bin/(ba|da)?sh', flags: '-E' },
  { pattern: '[0-9]{1,3}(\\.[0-9]{1,3}){3}', flags: '-E' },
  { pattern: '^[a-z_]+:[x*!]:', flags: '-E' },
  { pattern: '(esac|fi|done)$', flags: '-E' },
  // Not of an empty line: in one that ends with CR LF grep sees the CR.
  { pattern: '^ *#$', flags: '-E' },
  { pattern: 'copyright|licen[cs]e', flags: '-Ei' },
  { pattern: '[A-Z][a-z]+ing', flags: '-Ew' },
  { pattern: '\\w+_key\\b', flags: '-E' },
]

describeWith({ tools: TOOLS, root: true }, 'lines in files are found as grep finds them', () => {
  let images: RealImages
  let folder: TemporaryFolder
  let image: OpenedImage
  let files: Map<string, FileOnDisk>
  /** Text in UTF-8 to the end, or by its beginning none: what grep takes for binary only by chance of its buffers is left out. */
  let clear: Set<string>

  beforeAll(async () => {
    images = await realImages()
    folder = await TemporaryFolder.make()
    const listed = linesOf<FileOnDisk>(await command('python3', [PYTHON, images.dockerArchive, folder.path]))
    files = new Map(listed.map((file) => [file.file, file]))
    clear = new Set()
    for (const file of listed) {
      const bytes = await readFile(folder.at(file.file))
      const nul = bytes.indexOf(0)
      if (nul < 0 ? isUtf8(bytes) : nul < 32 * 1024) clear.add(keyOf(file))
    }
    image = await open(images.dockerArchive)
    return async () => {
      await image[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    }
  })

  async function open(path: string): Promise<OpenedImage> {
    const workspace = openWorkspace({ cacheDir: folder.at('cache'), configDir: folder.at('config') })
    const opened = await OpenedImage.open({ kind: 'tar', path }, workspace, testTask())
    await opened.tables(testTask())
    return opened
  }

  /** `layer path` and the number of the line, sorted. */
  async function byGrep({ pattern, flags }: Asked, ...more: string[]): Promise<string[]> {
    // Empty files are matched by nothing; a status of 1 is that nothing was found.
    const { stdout, status } = await tryCommand(
      'grep',
      [
        '-rnZ',
        '--no-messages',
        flags,
        ...more,
        '-e',
        pattern,
        ...new Set([...files.values()].map(({ layer }) => `${layer}`)),
      ],
      { cwd: folder.path, env: { LC_ALL: 'C.UTF-8' } },
    )
    expect(status).toBeLessThan(2)
    const lines = stdout.toString('latin1').matchAll(/^(\d+\/\d+)\0(\d+):/gm)
    return [...lines].map(([, file = '', line]) => `${keyOf(files.get(file) as FileOnDisk)} ${line}`).sort()
  }

  async function byUs(asked: Asked, isBinary: boolean, opened = image): Promise<string[]> {
    const lines: string[] = []
    for await (const batch of opened.contentHits(queryOf(asked, isBinary), testTask(), {
      limits: EVERY_LINE,
    }))
      for (const hit of batch) lines.push(`${keyOfHit(hit)} ${hit.line}`)
    return lines.sort()
  }

  test.each(QUERIES)('grep $flags -I "$pattern"', async (asked) => {
    const isClear = (line: string): boolean => clear.has(line.slice(0, line.lastIndexOf(' ')))
    expect((await byUs(asked, false)).filter(isClear)).toEqual((await byGrep(asked, '-I')).filter(isClear))
  })

  test.each(QUERIES)('grep $flags -a "$pattern"', async (asked) => {
    // Which characters make words differs by the version of Unicode, and noise has them all.
    const isCertain = (line: string): boolean => !asked.flags.includes('w') || !line.includes(NOISE)
    expect((await byUs(asked, true)).filter(isCertain)).toEqual((await byGrep(asked, '-a')).filter(isCertain))
  })

  test('in layers that are compressed, too', async () => {
    const gzip = images.archives.find(({ name }) => name.includes('gzip layers'))
    await using compressed = await open(gzip?.path as string)
    for (const asked of QUERIES)
      expect(await byUs(asked, false, compressed)).toEqual(await byUs(asked, false))
  })

  test('what a layer adds and another deletes is found with its fate', async () => {
    const hits: ContentHit[] = []
    const query = queryOf({ pattern: 'gone', flags: '-F' }, false)
    for await (const batch of image.contentHits(query, testTask())) hits.push(...batch)
    expect(hits.filter(({ path }) => path.endsWith('deleted.txt'))).toMatchObject([
      { line: 1, state: 'deleted' },
    ])
  })
})

function queryOf({ pattern, flags }: Asked, isBinary: boolean): ContentQuery {
  return contentQuerySchema.parse({
    pattern,
    isRegex: flags.includes('E'),
    isCaseSensitive: !flags.includes('i'),
    isWholeWord: flags.includes('w'),
    isBinary,
  })
}

function keyOf({ layer, path }: FileOnDisk): string {
  return `${layer} ${path}`
}

function keyOfHit({ layerIndex, path }: ContentHit): string {
  return `${layerIndex} ${Buffer.from(path, 'latin1').toString('base64')}`
}
