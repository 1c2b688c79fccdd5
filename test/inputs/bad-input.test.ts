import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { gzipSync } from 'node:zlib'
import { ImageError } from '../../shared/errors.ts'
import { listCandidates } from '../../main/inputs/stored/candidates.ts'
import { TarfileImage } from '../../main/inputs/stored/tarfile.ts'
import { dockerArchiveMembers, type Flavour } from '../support/archive-members.ts'
import { bytesOf, layersOf } from '../support/collect.ts'
import { testContext, type TestContext } from '../support/context.ts'
import { hex } from '../support/digests.ts'
import {
  buildImage,
  compressed,
  sampleImage,
  writeDockerArchive,
  writeTar,
} from '../support/image-builder.ts'
import { packMember, packTar, type FileSpec } from '../support/tar-builder.ts'
import { testTask } from '../support/task.ts'

/** Opens it and reads all of it, as an export would. */
async function readAll(path: string, context: TestContext): Promise<void> {
  await using input = await TarfileImage.open({ kind: 'tar', path }, context, testTask())
  for await (const [type, , layer] of input.fetch(() => 'once', testTask()))
    if (type === 'layer' && layer) for await (const chunk of layer.stream()) void chunk
}

async function failureOf(path: string, context: TestContext): Promise<ImageError> {
  const error: unknown = await readAll(path, context).then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(error instanceof ImageError)) throw new Error(`not refused with an ImageError: ${String(error)}`)
  // One sentence: it ends with a full stop, and has no line break or stack in it.
  expect(error.message).toMatch(/^[^\n]+[.]$/)
  return error
}

/** The sample with its members changed, as one flavour. */
async function withMembers(
  context: TestContext,
  flavour: Flavour,
  change: (members: FileSpec[]) => FileSpec[],
): Promise<ImageError> {
  await writeTar(context.path('bad.tar'), change(dockerArchiveMembers([sampleImage()], flavour)))
  return failureOf(context.path('bad.tar'), context)
}

const manifestWith = (changes: Record<string, unknown>) => (members: FileSpec[]) =>
  members.map((member) => {
    if (member.path !== 'manifest.json') return member
    const [entry] = JSON.parse(String(member.content)) as [object]
    return { ...member, content: JSON.stringify([{ ...entry, ...changes }]) }
  })

describe('what is no image says what it is', () => {
  const html = '<!DOCTYPE html>\n<html><body>Please sign in</body></html>'
  test.each<[string, string | Uint8Array, string]>([
    ['an empty file', '', 'the file is empty'],
    [
      'random bytes',
      Buffer.concat([Buffer.from([0xff]), randomBytes(5000)]),
      'its content is none that we know',
    ],
    ['a web page', html, 'it is a web page (HTML)'],
    ['a long web page', html.padEnd(4000, 'x'), 'it is a web page (HTML)'],
    ['a ZIP archive', 'PK\x03\x04'.padEnd(600, '\0'), 'it is a ZIP archive'],
    ['a text', 'hello\n'.repeat(200), 'it is a text'],
    ['JSON', '{"a": 1}', 'it is a JSON document'],
  ])('%s', async (_, content, words) => {
    await using context = await testContext()
    await writeFile(context.path('image.tar'), content)
    const error = await failureOf(context.path('image.tar'), context)
    expect(error.code).toBe('not-an-image')
    expect(error.message).toContain(`${context.path('image.tar')} is not an image: ${words}`)
    expect(error.remedy).toBeDefined()
  })

  test('a plain tar', async () => {
    await using context = await testContext()
    await writeTar(context.path('x.tar'), [{ path: 'etc/passwd', content: 'root' }])
    expect(await failureOf(context.path('x.tar'), context)).toMatchObject({
      code: 'not-an-image',
      message: `${context.path('x.tar')} is a tar, but not of an image: it has no manifest.json, index.json or repositories.`,
    })
  })

  test('a tar of something else that has a manifest.json', async () => {
    await using context = await testContext()
    await writeTar(context.path('x.tar'), [{ path: 'manifest.json', content: '{"name": "a web app"}' }])
    expect((await failureOf(context.path('x.tar'), context)).code).toBe('not-an-image')
  })

  test.each(['gzip', 'zstd', 'xz', 'bzip2'] as const)('a plain tar, compressed with %s', async (kind) => {
    await using context = await testContext()
    await writeTar(context.path('x.tar'), [{ path: 'etc/passwd', content: 'root' }], kind)
    expect((await failureOf(context.path('x.tar'), context)).code).toBe('not-an-image')
    expect(context.cache.keys.size).toBe(0)
  })

  test('a folder, a device and nothing at all', async () => {
    await using context = await testContext()
    const code = (path: string) =>
      listCandidates(path, context, testTask()).then(
        () => 'opened',
        (error: unknown) => (error as { code: string }).code,
      )
    expect(await code(context.folder)).toBe('not-an-image')
    expect(await code('/dev/null')).toBe('not-an-image')
    expect(await code(context.path('nothing'))).toBe('ENOENT')
  })
})

describe('truncated anywhere', () => {
  test.each<Flavour>(['docker-24', 'docker-25', 'podman', 'legacy'])('%s', async (flavour) => {
    await using context = await testContext()
    await writeDockerArchive(sampleImage(), context.path('whole.tar'), { flavour })
    const whole = await readFile(context.path('whole.tar'))
    const last = flavour === 'legacy' ? 'repositories' : 'manifest.json'
    const member = dockerArchiveMembers([sampleImage()], flavour).find(({ path }) => path === last)
    // What stands behind the last document that is needed may be missing, and so may padding and zero blocks.
    const needed = whole.indexOf(String(member?.content)) + String(member?.content).length
    const codes = new Set<string>()
    for (let length = 0; length < needed; length += 389) {
      await writeFile(context.path('cut.tar'), whole.subarray(0, length))
      codes.add((await failureOf(context.path('cut.tar'), context)).code)
    }
    for (const code of codes) expect(['truncated', 'not-an-image', 'missing-blob']).toContain(code)
  })

  test.each(['gzip', 'zstd', 'xz', 'bzip2'] as const)('compressed with %s', async (compress) => {
    await using context = await testContext()
    await writeDockerArchive(sampleImage(), context.path('whole'), { compress })
    const whole = await readFile(context.path('whole'))
    for (let length = 1; length < whole.length; length += Math.ceil(whole.length / 40)) {
      await writeFile(context.path('cut'), whole.subarray(0, length))
      const { code } = await failureOf(context.path('cut'), context)
      expect(['truncated', 'malformed', 'not-an-image']).toContain(code)
      expect(context.cache.keys.size).toBe(0)
    }
  })
})

describe('documents that do not fit', () => {
  test('a config that is not what its name says', async () => {
    await using context = await testContext()
    const error = await withMembers(context, 'docker-24', (members) =>
      members.map((member) =>
        String(member.path).endsWith('.json') && member.path !== 'manifest.json'
          ? { ...member, content: String(member.content).replace('amd64', 'arm64') }
          : member,
      ),
    )
    expect(error.code).toBe('digest-mismatch')
    expect(error.message).toContain(hex(sampleImage().imageID))
  })

  test('a layer that is not its diffID', async () => {
    await using context = await testContext()
    const first = sampleImage().layers[0]!
    const error = await withMembers(context, 'podman', (members) =>
      members.map((member) =>
        member.path === `${hex(first.diffID)}.tar`
          ? { ...member, content: packTar([{ path: 'etc/evil', content: 'x' }]) }
          : member,
      ),
    )
    expect(error.code).toBe('digest-mismatch')
    expect(error.message).toContain(first.diffID.slice(7, 19))
    expect(context.index.layers.size).toBe(0)
  })

  test('a compressed layer whose blob is not its digest, though it inflates to the right bytes', async () => {
    await using context = await testContext()
    const isLayer = (member: FileSpec) =>
      Buffer.from(member.content ?? '')
        .subarray(0, 2)
        .equals(Buffer.from([0x1f, 0x8b]))
    const error = await withMembers(context, 'docker-25-gzip', (members) =>
      members.map((member) =>
        isLayer(member)
          ? {
              ...member,
              content: Buffer.concat([member.content as Buffer, compressed(Buffer.alloc(0), 'gzip')]),
            }
          : member,
      ),
    )
    expect(error.code).toBe('digest-mismatch')
    expect(context.index.layers.size).toBe(0)
  })

  test('a missing layer is named', async () => {
    await using context = await testContext()
    const name = `${hex(sampleImage().layers[1]!.diffID)}.tar`
    const error = await withMembers(context, 'podman', (members) =>
      members.filter(({ path }) => path !== name),
    )
    expect(error).toMatchObject({
      code: 'missing-blob',
      message: `Layer 2 of 2 (${name}) is not in ${context.path('bad.tar')}.`,
    })
  })

  test('a missing config is named', async () => {
    await using context = await testContext()
    const name = `${hex(sampleImage().imageID)}.json`
    const error = await withMembers(context, 'docker-24', (members) =>
      members.filter(({ path }) => path !== name),
    )
    expect(error.code).toBe('missing-blob')
    expect(error.message).toContain(name)
  })

  test('as many layers as diffIDs', async () => {
    await using context = await testContext()
    expect(await withMembers(context, 'podman', manifestWith({ Layers: [] }))).toMatchObject({
      code: 'malformed',
      message: 'The image has 0 layers in manifest.json, but 2 in its config.',
    })
  })

  test.each([
    ['not JSON', '{]'],
    ['deep', `[${'['.repeat(100_000)}${']'.repeat(100_000)}]`],
    ['no images', '[]'],
    ['wrong types', '[{"Config": 5, "Layers": "x"}]'],
    ['huge', `[${' '.repeat(5 * 1024 * 1024)}]`],
    ['prototypes', '[{"__proto__": {"Config": "x", "Layers": []}}]'],
  ])('a manifest.json: %s', async (_, content) => {
    await using context = await testContext()
    const error = await withMembers(context, 'docker-24', (members) =>
      members.map((member) => (member.path === 'manifest.json' ? { ...member, content } : member)),
    )
    expect(['malformed', 'limit', 'not-an-image']).toContain(error.code)
  })
})

describe('names that would lead outside', () => {
  test.each(['../../etc/passwd', '/etc/passwd', 'a/../../b', '..', `${'../'.repeat(100)}etc/passwd`])(
    'Config and Layers may not be %s',
    async (name) => {
      await using context = await testContext()
      const config = await withMembers(context, 'docker-24', manifestWith({ Config: name }))
      const layers = await withMembers(context, 'docker-24', manifestWith({ Layers: [name, name] }))
      expect([config.code, layers.code]).toEqual(['unsafe-path', 'unsafe-path'])
    },
  )

  const linked = (linkname: string) => (members: FileSpec[]) =>
    members.map((member) =>
      String(member.path).endsWith('/layer.tar')
        ? { path: member.path, type: 'symlink' as const, linkname }
        : member,
    )

  test.each([
    ['/etc/passwd', 'unsafe-path'],
    ['../../../etc/passwd', 'unsafe-path'],
    ['layer.tar', 'malformed'],
    ['../nothing/layer.tar', 'missing-blob'],
  ])('a layer may not be a link to %s', async (linkname, code) => {
    await using context = await testContext()
    expect((await withMembers(context, 'docker-24', linked(linkname))).code).toBe(code)
  })

  test('links that lead round in a circle are refused', async () => {
    await using context = await testContext()
    const members: FileSpec[] = [
      ...dockerArchiveMembers([sampleImage()], 'podman').filter(
        ({ path }) => !String(path).endsWith('.tar') || String(path).includes('/'),
      ),
      ...sampleImage().layers.map(({ diffID }, i, all) => ({
        path: `${hex(diffID)}.tar`,
        type: 'symlink' as const,
        linkname: `${hex(all[1 - i]!.diffID)}.tar`,
      })),
    ]
    await writeTar(context.path('bad.tar'), members)
    expect(await failureOf(context.path('bad.tar'), context)).toMatchObject({
      code: 'malformed',
      message: expect.stringContaining('circle'),
    })
  })

  test('layers as symlinks and hard links to other members are read', async () => {
    await using context = await testContext()
    const image = buildImage({ layers: [[{ path: 'a' }], [{ path: 'a' }], [{ path: 'a' }]] })
    const [first, second, third] = ['1', '2', '3'].map((digit) => digit.repeat(64))
    await writeTar(context.path('links.tar'), [
      { path: `${first}/layer.tar`, content: image.layers[0]!.tar },
      { path: `${second}/layer.tar`, type: 'symlink', linkname: `../${first}/layer.tar` },
      { path: `${third}/layer.tar`, type: 'link', linkname: `${second}/layer.tar` },
      { path: `${hex(image.imageID)}.json`, content: image.config },
      {
        path: 'manifest.json',
        content: JSON.stringify([
          {
            Config: `${hex(image.imageID)}.json`,
            Layers: [first, second, third].map((id) => `${id}/layer.tar`),
          },
        ]),
      },
    ])
    await using input = await TarfileImage.open(
      { kind: 'tar', path: context.path('links.tar') },
      context,
      testTask(),
    )
    for (const layer of await layersOf(input))
      expect((await bytesOf(layer.stream())).length).toBeGreaterThan(0)
  })
})

describe('what would eat memory, disk or time', () => {
  test('3 GB of zeros in a small gzip are refused after the first block', async () => {
    await using context = await testContext()
    const path = context.path('zeros.tar.gz')
    // Members one after the other are one stream (RFC 1952, 2.2).
    const member = gzipSync(Buffer.alloc(16 * 1024 * 1024))
    await writeFile(path, Buffer.concat(Array.from({ length: 192 }, () => member)))
    const task = testTask()
    const opening = TarfileImage.open({ kind: 'tar', path }, context, task)
    await expect(opening).rejects.toMatchObject({ code: 'not-an-image' })
    expect(task.steps).toEqual([])
  })

  test('the same as a layer passes through in bounded memory and fails by its digest', async () => {
    await using context = await testContext()
    const header = packMember({ path: 'zeros', content: '' })
    const layer = compressed(Buffer.concat([header, Buffer.alloc(256 * 1024 * 1024)]), 'gzip')
    const image = buildImage({ layers: [Buffer.alloc(1024)] })
    await writeTar(context.path('bomb.tar'), [
      { path: 'layer', content: layer },
      { path: 'config', content: image.config },
      { path: 'manifest.json', content: JSON.stringify([{ Config: 'config', Layers: ['layer'] }]) },
    ])
    const before = process.memoryUsage().rss
    expect((await failureOf(context.path('bomb.tar'), context)).code).toBe('digest-mismatch')
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024)
  })

  test('100,000 empty files, a folder in a folder 1,500 times, a PAX record of 2 MB', async () => {
    await using context = await testContext()
    const many = Array.from({ length: 100_000 }, (_, i) => ({ path: `d/${i}` }))
    const deep = [{ path: `${'d/'.repeat(1500)}file`, content: 'x' }]
    const long = [{ path: 'f', pax: { comment: 'x'.repeat(2 * 1024 * 1024) } }]
    const image = buildImage({ layers: [many, deep, long] })
    await writeDockerArchive(image, context.path('odd.tar'), { flavour: 'podman' })
    const source = { kind: 'tar', path: context.path('odd.tar') } as const
    await using input = await TarfileImage.open(source, context, testTask())
    const outcomes: unknown[] = []
    for (const layer of await layersOf(input)) {
      expect((await bytesOf(layer.stream())).length).toBe(layer.size)
      const listing = layer.entries().then(
        (table) => table.length,
        (error: ImageError) => error.code,
      )
      outcomes.push(await listing)
    }
    expect(outcomes).toEqual([100_000, 1, 'limit'])
  })

  test('a large config that a thousand images share is not read a thousand times', async () => {
    await using context = await testContext()
    const image = buildImage({ layers: [], overrides: { padding: 'x'.repeat(4_000_000) } })
    const manifest = Array.from({ length: 1000 }, () => ({ Config: 'config', Layers: [] }))
    await writeTar(context.path('many.tar'), [
      { path: 'config', content: image.config },
      { path: 'manifest.json', content: JSON.stringify(manifest) },
    ])
    const task = testTask()
    const candidates = await listCandidates(context.path('many.tar'), context, task)
    expect(candidates.length).toBeLessThan(100)
    expect(task.warnings.at(-1)?.message).toContain('too large to be read together')
  })

  test('a tar of 150,000 files is told apart before all are kept', async () => {
    await using context = await testContext()
    const member = packMember({ path: 'f', content: '' })
    const many = Buffer.concat(
      Array.from({ length: 150_000 }, (_, i) => packMember({ path: `d/${i}`, content: '' })),
    )
    expect(many.length).toBe(150_000 * member.length)
    await writeFile(context.path('many.tar'), many)
    expect((await failureOf(context.path('many.tar'), context)).code).toBe('not-an-image')
  })
})
