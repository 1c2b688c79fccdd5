import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cli, jsonLines, startCli } from '../support/cli.ts'
import { testContext, type TestContext } from '../support/context.ts'
import { buildImage, sampleImage, writeDockerArchive, writeLayout } from '../support/image-builder.ts'

let context: TestContext
const image = sampleImage()

/** Names that are no UTF-8, that would steer a terminal, and that would be two lines. */
const odd = buildImage({
  references: ['odd:1'],
  layers: [
    [
      { path: Buffer.from([0x61, 0xff, 0x62]), content: 'bytes' },
      { path: 'escape\u001b[31m', content: 'x' },
      { path: 'two\nlines', content: 'x' },
      { path: 'hard', type: 'link', linkname: 'two\nlines' },
      {
        path: 'caps',
        content: 'x',
        mode: 0o4755,
        uid: 1500,
        xattrs: { 'security.capability': Buffer.from([1, 0, 255]) },
      },
    ],
  ],
})

beforeAll(async () => {
  context = await testContext()
  await writeDockerArchive(image, context.path('sample.tar'), { flavour: 'docker-25-gzip' })
  await writeDockerArchive([image, odd], context.path('two.tar'))
  await writeDockerArchive(odd, context.path('odd.tar'))
  await writeLayout(context.path('layout'), image)
})
afterAll(async () => {
  await context[Symbol.asyncDispose]()
})

describe('info', () => {
  it('prints one object with what the image is', async () => {
    const [info] = jsonLines(await cli(context, 'info', 'sample.tar', '--json'))
    expect(info).toMatchObject({
      reference: 'docker.io/library/sample:1',
      imageID: image.imageID,
      platform: { os: 'linux', architecture: 'amd64' },
      created: '2024-05-06T07:08:09Z',
      config: { Cmd: ['/bin/sh'] },
      warnings: [],
    })
    const layers = info?.['layers'] as { index: number; diffID: string; createdBy: string }[]
    expect(layers.map(({ index, diffID, createdBy }) => [index, diffID, createdBy])).toEqual([
      [0, image.layers[0]?.diffID, 'layer 1'],
      [1, image.layers[1]?.diffID, 'layer 2'],
    ])
  })

  it('knows a layout by its folder, and by its URI', async () => {
    for (const source of ['layout', 'layout://layout']) {
      const [info] = jsonLines(await cli(context, 'info', source, '--json'))
      expect(info).toMatchObject({ imageID: image.imageID })
    }
  })

  it('says in words what a person wants to know', async () => {
    const text = (await cli(context, 'info', 'sample.tar')).stdout.toString()
    expect(text).toContain(image.imageID)
    expect(text).toMatch(/^Platform +linux\/amd64$/m)
    expect(text).toMatch(/^ +0 {2}[0-9a-f]{12} .*layer 1$/m)
  })
})

describe('ls', () => {
  it('lists the merged tree by path', async () => {
    const rows = jsonLines(await cli(context, 'ls', 'tar://sample.tar', '--json', '--hash'))
    expect(rows.map(({ path, type, layer }) => [path, type, layer])).toEqual([
      ['bin', 'directory', 0],
      ['bin/bash', 'symlink', 1],
      ['bin/sh', 'file', 0],
      ['etc', 'directory', 1],
      ['etc/motd', 'file', 1],
    ])
    expect(rows[4]).toMatchObject({
      size: 10,
      mode: '0644',
      uid: 0,
      gid: 0,
      mtime: 1_700_000_000,
      sha256: createHash('sha256').update('Replaced.\n').digest('hex'),
    })
    expect(rows[1]).toMatchObject({ linkname: 'sh' })
  })

  it('lists what one layer brought, whiteouts too', async () => {
    const rows = jsonLines(await cli(context, 'ls', 'sample.tar', '--layer', '1', '--json'))
    expect(rows.map(({ path }) => path)).toEqual(['etc', 'etc/motd', 'etc/.wh.passwd', 'bin/bash'])
  })

  it('lists a folder of the tree', async () => {
    const rows = jsonLines(await cli(context, 'ls', 'sample.tar', '/etc/', '--json'))
    expect(rows.map(({ path }) => path)).toEqual(['etc', 'etc/motd'])
  })

  it('gives names that are not UTF-8, links, owners and attributes whole', async () => {
    const rows = jsonLines(await cli(context, 'ls', 'odd.tar', '--json'))
    const byPath = new Map(rows.map((row) => [row['path'], row]))
    expect(byPath.get('a\ufffdb')).toMatchObject({
      pathBase64: Buffer.from([0x61, 0xff, 0x62]).toString('base64'),
    })
    expect(byPath.get('hard')).toMatchObject({ type: 'file', inode: byPath.get('two\nlines')?.['inode'] })
    expect(byPath.get('caps')).toMatchObject({
      mode: '4755',
      uid: 1500,
      xattrs: { 'security.capability': Buffer.from([1, 0, 255]).toString('base64') },
    })
    const [link] = jsonLines(await cli(context, 'ls', 'odd.tar', 'hard', '--layer', '0', '--json'))
    expect(link).toMatchObject({ type: 'link', linkname: 'two\nlines' })
  })

  it('shows nothing to a terminal that would steer it', async () => {
    const text = (await cli(context, 'ls', 'odd.tar')).stdout.toString('latin1')
    expect(text).toContain('escape\\x1b[31m')
    expect(text).toContain('two\\x0alines')
    expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f]/)
  })
})

describe('the layer cache and index', () => {
  it('change nothing of what is printed, with any number of layers read at once', async () => {
    for (const args of [
      ['ls', 'sample.tar', '--json', '--hash'],
      ['search', 'sample.tar', '*', '--json'],
      ['search', 'sample.tar', '*', '--script-friendly'],
    ]) {
      const known = await cli(context, ...args)
      const fresh = await cli(context, '-j', '1', '--cache-dir', `fresh-${args[0]}${args.length}`, ...args)
      expect(fresh).toEqual(known)
      expect(known.status).toBe(0)
    }
  })
})

describe('cat', () => {
  it('prints the bytes of the merged tree, or of one layer', async () => {
    expect((await cli(context, 'cat', 'sample.tar', '/etc/motd')).stdout.toString()).toBe('Replaced.\n')
    expect((await cli(context, 'cat', 'sample.tar', 'etc/motd', '--layer', '0')).stdout.toString()).toBe(
      'Welcome.\n',
    )
  })

  it('says which layer deleted what is gone', async () => {
    const result = await cli(context, 'cat', 'sample.tar', 'etc/passwd')
    expect(result).toMatchObject({ status: 1, stdout: Buffer.alloc(0) })
    expect(result.stderr).toBe('occystrap: etc/passwd was deleted in layer 1. Layer 0 still has it.\n')
  })
})

describe('search', () => {
  it('says of every hit what became of it', async () => {
    const hits = jsonLines(await cli(context, 'search', 'sample.tar', '*mot*', '--json'))
    const [first, second] = image.layers
    expect(hits).toEqual([
      {
        image: 'docker.io/library/sample:1',
        layer: first?.diffID,
        layerIndex: 0,
        path: 'etc/motd',
        type: 'file',
        size: 9,
        state: 'replaced',
        createdBy: 'layer 1',
        by: 1,
      },
      {
        image: 'docker.io/library/sample:1',
        layer: second?.diffID,
        layerIndex: 1,
        path: 'etc/motd',
        type: 'file',
        size: 10,
        state: 'present',
        createdBy: 'layer 2',
      },
    ])
  })

  it('prints image:tag:layer:path for scripts, one match a line whatever the name', async () => {
    const result = await cli(
      context,
      'search-layers-tarfile',
      'odd.tar',
      '^two',
      '--regex',
      '--script-friendly',
    )
    expect(result.stdout.toString()).toBe(`odd:1:${odd.layers[0]?.diffID.slice(7)}:two\\x0alines\n`)
    expect(result.status).toBe(0)
  })

  it('tells by its status whether something was found', async () => {
    expect(await cli(context, 'search', 'sample.tar', 'nothing')).toMatchObject({ status: 1, stderr: '' })
    expect(await cli(context, 'search', 'missing.tar', 'x')).toMatchObject({ status: 3 })
    expect(await cli(context, 'search', 'sample.tar', '(', '--regex')).toMatchObject({ status: 2 })
    expect(await cli(context, 'search', 'sample.tar', 'x', '--json', '--script-friendly')).toMatchObject({
      status: 2,
    })
  })
})

describe('copies', () => {
  it('go from tarball to directory and back with the same image ID', async () => {
    const extracted = await cli(context, 'tarfile-to-extracted', 'sample.tar', 'images', '--use-unique-names')
    expect(extracted).toMatchObject({ status: 0, stdout: Buffer.alloc(0) })
    expect(existsSync(context.path('images/manifest-sample-1.json'))).toBe(true)
    expect(await cli(context, 'recreate-image', 'images', 'sample', '1', 'again.tar')).toMatchObject({
      status: 0,
    })
    const [info] = jsonLines(await cli(context, 'info', 'again.tar', '--json'))
    expect(info).toMatchObject({ imageID: image.imageID, references: ['docker.io/library/sample:1'] })
  })

  it('are the same with and without a cache, by URI and by command', async () => {
    await cli(context, 'process', 'tar://sample.tar', 'tar://one.tar', '--cache-dir', 'other-cache')
    await cli(context, 'process', 'layout://layout', 'tar://two-again.tar?reference=sample:1')
    expect(readFileSync(context.path('one.tar')).equals(readFileSync(context.path('two-again.tar')))).toBe(
      true,
    )
  })

  it('normalise times by filter and by option alike', async () => {
    await cli(context, 'tarfile-to-extracted', 'sample.tar', 'plain-images')
    await cli(
      context,
      'recreate-image',
      'plain-images',
      'sample',
      '1',
      'by-option.tar',
      '--normalize-timestamps',
      '--timestamp',
      '7',
    )
    await cli(context, 'process', 'sample.tar', 'tar://by-filter.tar', '-f', 'normalize-timestamps:ts=7')
    expect(
      readFileSync(context.path('by-option.tar')).equals(readFileSync(context.path('by-filter.tar'))),
    ).toBe(true)
  })

  it('compress the tarball where asked, by option or environment', async () => {
    await cli(context, '--compression', 'gzip', 'process', 'sample.tar', 'tar://a.tar.gz')
    await startCli(context, ['process', 'sample.tar', 'tar://b.tar.gz'], { OCCYSTRAP_COMPRESSION: 'gzip' })
      .ended
    await cli(context, 'process', 'sample.tar', 'tar://plain.tar')
    expect(readFileSync(context.path('a.tar.gz')).equals(readFileSync(context.path('b.tar.gz')))).toBe(true)
    const inflated = execFileSync('gzip', ['-dc', context.path('a.tar.gz')], { maxBuffer: 2 ** 26 })
    expect(inflated.equals(readFileSync(context.path('plain.tar')))).toBe(true)
  })
})

describe('what is wrong is said in a sentence', () => {
  const cases: readonly (readonly [args: readonly string[], status: number, words: RegExp])[] = [
    [[], 2, /Usage: occystrap/],
    [['frobnicate'], 2, /^occystrap: Unknown command 'frobnicate'\./],
    [['info'], 2, /^occystrap: Missing required argument 'source'\./],
    [
      ['-j', '0', 'info', 'sample.tar'],
      2,
      /^occystrap: Option '-j, --parallel <n>' argument '0' is invalid\./,
    ],
    [['--compression', 'xz', 'info', 'sample.tar'], 2, /Allowed choices are gzip, zstd\./],
    [['search', 'sample.tar', ''], 2, /The pattern is empty\./],
    [['info', 'sample.tar', '--frob'], 2, /^occystrap: Unknown option '--frob'\./],
    [
      ['process', 'sample.tar', 'out.tar'],
      2,
      /^occystrap: "out\.tar" is not a destination\. Write it as one of tar:\/\/PATH, dir:\/\/PATH, oci:\/\/PATH, mounts:\/\/PATH\./,
    ],
    [
      ['process', 'sample.tar', 'dir://x?shrink=true'],
      2,
      /unknown option shrink\. Options here: unique_names, expand, reference\./,
    ],
    [['process', 'sample.tar', 'tar://x', '-f', 'sort'], 2, /"sort" is not a filter/],
    [
      ['process', 'sample.tar', 'oci://x?env=PATH'],
      2,
      /"PATH" is not a variable of the environment\. Write NAME=VALUE\./,
    ],
    [['fetch-to-oci', 'docker.io', 'a', '1', 'x', '--env', '=1'], 2, /"=1" is not a variable/],
    [['docker-to-oci', 'a', '1', 'x', '--hostname', ''], 2, /"" is not a host name\./],
    [['docker-to-oci', 'a', '1'], 2, /Missing required argument 'path'/],
    [
      ['process', 'tar://sample.tar?tag=1', 'tar://x'],
      2,
      /unknown option tag\. Options here: image, os, arch, variant\./,
    ],
    [
      ['process', 'sample.tar', 'tar://no/such/place.tar'],
      1,
      /The folder .*no\/such does not exist\. Create it first/,
    ],
    [['process', 'sample.tar', 'tar://sample.tar'], 1, /sample\.tar is the source itself\./],
    [['info', 'missing.tar'], 1, /^occystrap: missing\.tar does not exist\./],
    [['info', 'two.tar'], 1, /sample:1/],
    [['info', '/dev/null'], 1, /is not a file/],
    [['ls', 'sample.tar', '--layer', '9'], 1, /has no layer 9\. Its layers are 0 to 1\./],
    [['ls', 'sample.tar', '--layer', 'top'], 2, /"top" is not a layer/],
    [['ls', 'sample.tar', 'no/such'], 1, /The image has no no\/such\./],
    [['recreate-image', 'images-missing', 'a', 'b', 'x.tar'], 1, /images-missing/],
  ]
  for (const [args, status, words] of cases)
    it(`occystrap ${args.join(' ')}`, async () => {
      const result = await cli(context, ...args)
      expect(result.stderr).toMatch(words)
      expect(result.stderr).not.toMatch(/^\s+at /m)
      expect(result).toMatchObject({ status, stdout: Buffer.alloc(0) })
    })

  it('of a file that is none, with a status of 1', async () => {
    writeFileSync(context.path('empty.tar'), '')
    writeFileSync(context.path('page.tar'), '<!doctype html><html></html>')
    writeFileSync(context.path('random.tar'), createHash('sha512').update('x').digest())
    for (const name of ['empty.tar', 'page.tar', 'random.tar']) {
      const result = await cli(context, 'info', name)
      expect(result.status).toBe(1)
      expect(result.stderr.trim().split('\n')).toHaveLength(1)
    }
  })
})
