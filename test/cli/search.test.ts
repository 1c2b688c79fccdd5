import { createHash } from 'node:crypto'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cli, jsonLines, type CliResult } from '../support/cli.ts'
import { testContext, type TestContext } from '../support/context.ts'
import { buildImage, sampleImage, writeDockerArchive } from '../support/image-builder.ts'

const SECRET = 'PASSWORD=tiger\n'
const SECRET_FILE = `# settings\n${SECRET}`

let context: TestContext

beforeAll(async () => {
  context = await testContext()
  await writeDockerArchive(sampleImage(), context.path('sample.tar'), { flavour: 'docker-25-gzip' })
  const app = buildImage({
    references: ['app:2'],
    layers: [
      [
        { path: 'bin/', type: 'directory' },
        { path: 'bin/su', content: 'x'.repeat(70_000), mode: 0o4755 },
        { path: 'etc/motd', content: 'first\n', uid: 1000, gid: 50 },
      ],
      [
        { path: 'app/.env', content: SECRET_FILE },
        { path: 'app/Read.me', content: 'the tiger is no secret\n' },
      ],
      [{ path: 'app/.wh..env' }, { path: 'etc/motd', content: 'second\n' }],
    ],
  })
  await writeDockerArchive(app, context.path('app.tar'), { flavour: 'docker-24' })
})

afterAll(() => context[Symbol.asyncDispose]())

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** `layer path` of each hit, with its line where there is one. */
function found(result: CliResult): string[] {
  expect(result.stderr).toBe('')
  return jsonLines(result).map(({ layerIndex, path, line }) =>
    [layerIndex, path, ...(line === undefined ? [] : [line])].join(' '),
  )
}

describe('search by name', () => {
  it.each<[string, string[], string[]]>([
    ['app.tar', ['*', '--type', 'directory'], ['0 bin']],
    ['app.tar', ['*', '--min-size', '70k'], ['0 bin/su']],
    ['app.tar', ['*', '--max-size', '6', '--type', 'file'], ['0 etc/motd']],
    ['app.tar', ['*', '--owner', '1000'], ['0 etc/motd']],
    ['app.tar', ['*', '--owner', ':50'], ['0 etc/motd']],
    ['app.tar', ['', '--mode', 'setuid'], ['0 bin/su']],
    ['app.tar', ['', '--deleted'], ['1 app/.env']],
    ['app.tar', ['*', '--change', 'modified'], ['2 etc/motd']],
    ['app.tar', ['*', '--change', 'hidden'], ['0 etc/motd', '1 app/.env']],
    ['app.tar', ['*', '--layer', '1', '--layer', '2'], ['1 app/.env', '1 app/Read.me', '2 etc/motd']],
    ['app.tar', ['*', '--include', 'app', '--exclude', '*.me'], ['1 app/.env']],
    ['app.tar', ['read.ME', '-i'], ['1 app/Read.me']],
    ['app.tar', ['mot.', '--regex', '-w'], ['0 etc/motd', '2 etc/motd']],
    ['app.tar', ['', '--sha256', sha256(SECRET_FILE)], ['1 app/.env']],
    ['sample.tar', ['etc/*', '--sha256', `sha256:${sha256('Welcome.\n')}`], ['0 etc/motd']],
    ['app.tar', ['', '--sha256', sha256('nothing')], []],
    ['app.tar', ['mot', '--regex', '-w'], []],
  ])('%s %j', async (source, args, expected) => {
    const result = await cli(context, 'search', '--json', source, ...args)
    expect(found(result)).toEqual(expected)
    expect(result.status).toBe(expected.length > 0 ? 0 : 1)
  })

  it('takes several sources, each under its name', async () => {
    const result = await cli(context, 'search', 'sample.tar', 'app.tar', 'motd')
    expect(result.stdout.toString().replaceAll(/[0-9a-f]{12}/g, 'ID')).toBe(
      [
        'docker.io/library/sample:1',
        '',
        'Layer 0  ID  layer 1',
        '       9 B  etc/motd  replaced in layer 1',
        '',
        'Layer 1  ID  layer 2',
        '      10 B  etc/motd',
        '',
        'docker.io/library/app:2',
        '',
        'Layer 0  ID  layer 1',
        '       6 B  etc/motd  replaced in layer 2',
        '',
        'Layer 2  ID  layer 3',
        '       7 B  etc/motd',
        '',
      ].join('\n'),
    )
    const lines = await cli(context, 'search', 'sample.tar', 'app.tar', 'bin/*', '--script-friendly')
    expect(lines.stdout.toString().replaceAll(/[0-9a-f]{64}/g, 'ID')).toBe(
      'sample:1:ID:bin/sh\nsample:1:ID:bin/bash\napp:2:ID:bin/su\n',
    )
  })

  it.each<[string[], RegExp]>([
    [['app.tar', ''], /The pattern is empty\./],
    [['*'], /Nothing says what to search\./],
    [['app.tar', '*', '--type', 'folder'], /"folder" is not a type\. One of file, directory/],
    [['app.tar', '*', '--min-size', 'big'], /"big" is not a size\./],
    [['app.tar', '*', '--owner', 'root'], /"root" is not an owner\./],
    [['app.tar', '*', '--mode', '777'], /"777" is not a mode\./],
    [['app.tar', '*', '--change', 'new'], /"new" is not a change\./],
    [['app.tar', '*', '--layer', 'x'], /"x" is not a layer\./],
    [['app.tar', '*', '--sha256', '12'], /"12" is not a SHA-256\./],
    [['app.tar', '*', '--all'], /--all searches what was opened before/],
    [['app.tar', '(', '--regex'], /The regular expression is not valid/],
    [['app.tar', '(', '--regex', '--content'], /The regular expression is not valid/],
  ])('refuses %j', async (args, words) => {
    const result = await cli(context, 'search', ...args)
    expect(result.stderr).toMatch(words)
    expect(result.status).toBe(2)
    expect(result.stdout).toHaveLength(0)
  })
})

describe('search of everything seen before', () => {
  it.each([
    [['search', 'a.tar', '*']],
    [['search', 'a.tar', '*', '--script-friendly']],
    [['process', 'a.tar', 'tar://b.tar']],
  ])('finds names in every image that was opened, whatever became of its file: %j', async (command) => {
    await using own = await testContext()
    await writeDockerArchive(sampleImage(), own.path('a.tar'), { flavour: 'docker-25-gzip' })
    expect(await cli(own, 'search', '--all', '*')).toMatchObject({ status: 1, stdout: Buffer.alloc(0) })
    await cli(own, ...command)
    await rm(own.path('a.tar'))
    const result = await cli(own, 'search', '--all', '--json', 'motd')
    expect(found(result)).toEqual(['0 etc/motd', '1 etc/motd'])
    expect(jsonLines(result)[0]).toMatchObject({
      image: 'docker.io/library/sample:1',
      state: 'replaced',
      by: 1,
      createdBy: 'layer 1',
    })
    const lines = await cli(own, 'search', '--all', '--script-friendly', '', '--deleted')
    expect(lines.stdout.toString()).toMatch(/^sample:1:[0-9a-f]{64}:etc\/passwd\n$/)
    expect((await cli(own, 'search', '--all', '--content', 'x')).status).toBe(2)
  })
})

describe('search of everything seen before, of images that nobody has read through', () => {
  const other = buildImage({ references: ['other:1'], layers: [[{ path: 'etc/motd', content: 'other\n' }]] })
  const catalogued = async (own: TestContext): Promise<string[]> => {
    const folder = own.path('.config/occystrap/images')
    return Promise.all((await readdir(folder)).map((name) => readFile(`${folder}/${name}`, 'utf8')))
  }
  const all = async (own: TestContext, ...args: string[]) => cli(own, 'search', '--all', ...args)

  it('looks into their files, where these are as they were', async () => {
    await using own = await testContext()
    await writeDockerArchive(sampleImage(), own.path('plain.tar'), { flavour: 'docker-24' })
    await cli(own, 'search', 'plain.tar', '*')
    const before = await catalogued(own)
    expect(before).toHaveLength(1)
    const result = await all(own, '--json', 'motd')
    expect(result).toMatchObject({ status: 0, stderr: '' })
    expect(found(result)).toEqual(['0 etc/motd', '1 etc/motd'])
    expect(jsonLines(result)[0]).toMatchObject({ state: 'replaced', by: 1, createdBy: 'layer 1' })
    expect((await all(own, '--script-friendly', '', '--deleted')).stdout.toString()).toMatch(
      /^sample:1:[0-9a-f]{64}:etc\/passwd\n$/,
    )
    expect((await all(own, 'nothing at all')).status).toBe(1)
    // Nobody opened it.
    expect(await catalogued(own)).toEqual(before)
  })

  it.each<[string, (own: TestContext) => Promise<unknown>]>([
    ['are gone', async (own) => rm(own.path('plain.tar'))],
    [
      'are another image',
      async (own) => writeDockerArchive(other, own.path('plain.tar'), { flavour: 'docker-24' }),
    ],
    ['are none any more', async (own) => writeFile(own.path('plain.tar'), 'no tar')],
    [
      'hold a layer that is damaged',
      async (own) => {
        const bytes = await readFile(own.path('plain.tar'))
        // Its size, in the layer's own header.
        const at = bytes.indexOf('etc/passwd')
        await writeFile(own.path('plain.tar'), bytes.fill('z', at + 124, at + 136))
      },
    ],
  ])('says what cannot be searched, where these %s', async (_, change) => {
    await using own = await testContext()
    await writeDockerArchive(sampleImage(), own.path('plain.tar'), { flavour: 'docker-24' })
    await cli(own, 'search', 'plain.tar', '*')
    await change(own)
    const result = await all(own, 'motd')
    expect(result).toMatchObject({ status: 1 })
    expect(result.stderr).toMatch(/layers of .*sample:1 have not been read yet and cannot be searched/)
  })
})

describe('search inside files', () => {
  it.each<[string[], string[]]>([
    [['tiger'], ['1 app/.env 2', '1 app/Read.me 1']],
    [
      ['TIGER', '-i'],
      ['1 app/.env 2', '1 app/Read.me 1'],
    ],
    [['^[A-Z]+=', '--regex'], ['1 app/.env 2']],
    [['tiger', '--deleted'], ['1 app/.env 2']],
    [['tiger', '--exclude', '.env'], ['1 app/Read.me 1']],
    [['secre', '-w'], []],
    [['s', '--layer', '2'], ['2 etc/motd 1']],
  ])('%j', async (args, expected) => {
    const result = await cli(context, 'search', '--json', '--content', 'app.tar', ...args)
    expect(found(result)).toEqual(expected)
    expect(result.status).toBe(expected.length > 0 ? 0 : 1)
  })

  it('says where, what stands there and which layer deleted it, whoever reads it', async () => {
    const [hit] = jsonLines(await cli(context, 'search', '--json', '--content', 'app.tar', 'WORD='))
    expect(hit).toMatchObject({
      image: 'docker.io/library/app:2',
      layerIndex: 1,
      path: 'app/.env',
      state: 'deleted',
      by: 2,
      createdBy: 'layer 2',
      line: 2,
      column: 5,
      text: 'PASSWORD=tiger',
    })
    const people = await cli(context, 'search', '--content', 'app.tar', 'WORD=')
    expect(people.stdout.toString()).toContain('  app/.env:2: PASSWORD=tiger  deleted in layer 2\n')
    const scripts = await cli(context, 'search', '--content', '--script-friendly', 'app.tar', 'WORD=')
    expect(scripts.stdout.toString()).toMatch(/^app:2:[0-9a-f]{64}:app\/\.env:2:PASSWORD=tiger\n$/)
  })

  it('and the file that was deleted is had byte for byte', async () => {
    const { stdout } = await cli(context, 'cat', 'app.tar', 'app/.env', '--layer', '1')
    expect(stdout.toString()).toBe(SECRET_FILE)
  })
})

describe('what is hostile', () => {
  const NAMES = [
    'srv/<script>alert(1)</script>',
    'srv/\u001b]0;owned\u0007\u001b[31mred',
    'srv/gpj.\u202eexe',
    'srv/line\nbreak',
    // Not UTF-8: each character is a byte.
    'srv/\xff\xfe-bytes',
  ]

  it('is found by name and inside, and moves no terminal', async () => {
    await using own = await testContext()
    const content = Buffer.concat([
      Buffer.from(`needle \u001b[2J\u0007 \u202e ${'x'.repeat(65_536)} needle\n`),
      Buffer.from('\0\0needle\0\u001b[31m\n'),
    ])
    const files = NAMES.map((name, i) => ({ path: Buffer.from(name, i === 4 ? 'latin1' : 'utf8'), content }))
    const image = buildImage({
      references: ['hostile:1'],
      layers: [files],
      overrides: { history: [{ created_by: 'RUN \u001b[31m <b>\u202e' }] },
    })
    await writeDockerArchive(image, own.path('hostile.tar'), { flavour: 'docker-25-gzip' })
    for (const args of [['srv/*'], ['needle', '--content', '--binary'], ['srv/*', '--all']])
      for (const form of [[], ['--json'], ['--script-friendly']]) {
        const source = args.includes('--all') ? [] : ['hostile.tar']
        const result = await cli(own, 'search', ...source, ...args, ...form)
        const text = result.stdout.toString()
        expect(result).toMatchObject({ status: 0, stderr: '' })
        // oxlint-disable-next-line no-control-regex -- that is the question
        expect(text, [...args, ...form].join(' ')).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/)
        const isContent = args.includes('--content')
        if (form.length > 0) expect(text.trim().split('\n')).toHaveLength(isContent ? 10 : 5)
        if (form[0] === '--json' && !isContent)
          expect(jsonLines(result).map((hit) => hit['pathBase64'] ?? hit['path'])).toEqual([
            ...NAMES.slice(0, 4),
            Buffer.from(NAMES[4]!, 'latin1').toString('base64'),
          ])
      }
  })
})
