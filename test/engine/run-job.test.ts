import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it, vi } from 'vitest'
import { mountableImage } from '../../main/engine/mounted-images.ts'
import { runJob } from '../../main/engine/run-job.ts'
import type { Digest } from '../../shared/digest.ts'
import { reportOf } from '../../shared/errors.ts'
import type { JobSpec } from '../../shared/job.ts'
import { testContext, type TestContext } from '../support/context.ts'
import { workspaceOf } from '../support/conversion.ts'
import { buildImage, sampleImage, writeDockerArchive, type BuiltImage } from '../support/image-builder.ts'
import { testTask } from '../support/task.ts'

async function withImage(
  image: BuiltImage,
  flavour: 'docker-24' | 'docker-25-gzip' = 'docker-25-gzip',
): Promise<TestContext> {
  const context = await testContext()
  await writeDockerArchive(image, context.path('in.tar'), { flavour })
  return context
}

function run(context: TestContext, spec: { readonly kind: JobSpec['kind'] } & Record<string, unknown>) {
  const input = { kind: 'tar', path: context.path('in.tar') }
  return runJob({ input, ...spec } as JobSpec, workspaceOf(context), testTask())
}

/** Names with their first letter of type, as GNU tar lists them. */
function listed(path: string): string[] {
  return execFileSync('tar', ['-tvf', path], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => `${line[0]} ${line.split(/\s+/).slice(5).join(' ')}`)
}

describe('index', () => {
  for (const flavour of ['docker-24', 'docker-25-gzip'] as const)
    it(`keeps the entries of every layer, verified (${flavour})`, async () => {
      const image = sampleImage()
      await using context = await withImage(image, flavour)
      expect(await run(context, { kind: 'index' })).toEqual({})
      const sizes = image.layers.map(({ diffID }) => context.index.layers.get(diffID)?.size)
      expect(sizes).toEqual(image.layers.map(({ tar }) => tar.length))
      expect(context.index.layers.get(image.layers[1]?.diffID as `sha256:${string}`)?.table.length).toBe(4)
    })

  it('keeps nothing of a layer that is not what its digest says', async () => {
    const image = sampleImage()
    await using context = await withImage(image, 'docker-24')
    const bytes = readFileSync(context.path('in.tar'))
    bytes[bytes.indexOf('Welcome')] = 0x77
    writeFileSync(context.path('in.tar'), bytes)
    await expect(run(context, { kind: 'index' })).rejects.toMatchObject({ code: 'digest-mismatch' })
    expect(context.index.layers.size).toBe(0)
  })
})

describe('save-layer', () => {
  it('saves the layer as it is stored, or uncompressed', async () => {
    const image = sampleImage()
    await using context = await withImage(image)
    const { diffID, tar } = image.layers[1] as (typeof image.layers)[number]
    const stored = context.path('layer.tar.gz')
    await run(context, { kind: 'save-layer', diffID, isUncompressed: false, destination: stored })
    expect(gunzipSync(readFileSync(stored)).equals(tar)).toBe(true)
    const plain = context.path('layer.tar')
    const outcome = await run(context, {
      kind: 'save-layer',
      diffID,
      isUncompressed: true,
      destination: plain,
    })
    expect(readFileSync(plain).equals(tar)).toBe(true)
    expect(outcome).toEqual({ path: plain, bytesWritten: tar.length })
  })

  it('says when there is no such layer', async () => {
    await using context = await withImage(sampleImage())
    const diffID = `sha256:${'0'.repeat(64)}`
    const job = run(context, {
      kind: 'save-layer',
      diffID,
      isUncompressed: true,
      destination: context.path('x'),
    })
    await expect(job).rejects.toMatchObject({ code: 'not-found' })
    expect(existsSync(context.path('x'))).toBe(false)
  })
})

describe('mount and unmount', () => {
  const image = sampleImage()

  async function withMounts(): Promise<{ context: TestContext; path: string; imageID: Digest }> {
    const context = await withImage(image)
    const path = context.path('mounts')
    const outcome = await run(context, {
      kind: 'convert',
      filters: [],
      output: { kind: 'mounts', path, mount: false },
    })
    expect(outcome).not.toHaveProperty('mountedAt')
    return { context, path, imageID: outcome.imageID as Digest }
  }

  it('of a folder with nothing mounted in it is no failure', async () => {
    const { context, path } = await withMounts()
    await using _ = context
    expect(await run(context, { kind: 'unmount', path })).toEqual({ unmounted: 0 })
  })

  it('of a folder that is not one of ours is refused', async () => {
    await using context = await testContext()
    mkdirSync(context.path('mine'))
    const imageID = `sha256:${'0'.repeat(64)}`
    for (const [name, code] of [
      ['mine', 'unsupported'],
      ['missing', 'not-found'],
    ] as const) {
      const path = context.path(name)
      await expect(run(context, { kind: 'unmount', path })).rejects.toMatchObject({ code })
      await expect(mountableImage(path, imageID as Digest)).rejects.toMatchObject({ code })
    }
  })

  it('of an image that is not there is refused', async () => {
    const { context, path } = await withMounts()
    await using _ = context
    await expect(mountableImage(path, `sha256:${'0'.repeat(64)}`)).rejects.toMatchObject({
      code: 'not-found',
    })
  })

  it('is refused in words where this is not root', async () => {
    const { context, path, imageID } = await withMounts()
    await using _ = context
    const user = vi.spyOn(process, 'geteuid').mockReturnValue(1000)
    await expect(run(context, { kind: 'mount', path, imageID })).rejects.toMatchObject({
      code: 'permission',
      remedy: expect.stringContaining('mount.sh') as unknown,
    })
    user.mockRestore()
  })

  it('finds the layers, and no links that somebody put there since', async () => {
    const { context, path, imageID } = await withMounts()
    await using _ = context
    const { folder, overlays } = await mountableImage(path, imageID)
    expect(overlays).toMatchObject([
      { target: 'merged', lower: image.layers.map((_, index) => `l/${index}`) },
    ])
    const link = join(folder, 'l/0')
    const changes: readonly (() => void)[] = [
      () => {
        rmSync(link)
        symlinkSync('/etc', link)
      },
      () => {
        rmSync(link)
        symlinkSync(`../../../layers/${'0'.repeat(64)}`, link)
      },
      () => {
        symlinkSync('/etc', join(path, 'layers', '0'.repeat(64)))
      },
    ]
    for (const change of changes) {
      change()
      await expect(mountableImage(path, imageID)).rejects.toMatchObject({ code: 'malformed' })
    }
  })
})

describe('save-path', () => {
  const image = buildImage({
    references: ['tree:1'],
    layers: [
      [
        { path: 'usr/', type: 'directory' },
        { path: 'usr/etc/', type: 'directory', mode: 0o750 },
        { path: 'usr/etc/a', content: 'a of the first layer', mode: 0o4755 },
        { path: 'usr/etc/b', content: 'b' },
        { path: 'usr/etc/hard', type: 'link', linkname: 'usr/etc/b' },
        { path: 'usr/etc/soft', type: 'symlink', linkname: 'a' },
        { path: 'etc', type: 'symlink', linkname: 'usr/etc' },
      ],
      [
        { path: 'usr/etc/a', content: 'a of the second layer' },
        { path: 'usr/etc/.wh.soft' },
        { path: 'usr/etc/new/deep', content: 'deep' },
      ],
    ],
  })

  async function saved(spec: Record<string, unknown>): Promise<{ context: TestContext; path: string }> {
    const context = await withImage(image)
    const path = context.path('saved')
    await run(context, { kind: 'save-path', isMerged: true, destination: path, ...spec })
    return { context, path }
  }

  it('saves a file as it is, through links, of the whole image or up to a layer', async () => {
    const whole = await saved({ path: 'etc/a' })
    expect(readFileSync(whole.path, 'utf8')).toBe('a of the second layer')
    await whole.context[Symbol.asyncDispose]()
    const first = await saved({ path: 'usr/etc/a', layer: 0 })
    expect(readFileSync(first.path, 'utf8')).toBe('a of the first layer')
    await first.context[Symbol.asyncDispose]()
  })

  it('saves a folder as a tar below its own name', async () => {
    const { context, path } = await saved({ path: 'usr/etc' })
    await using _ = context
    expect(listed(path).toSorted()).toEqual([
      '- etc/a',
      '- etc/b',
      '- etc/new/deep',
      'd etc/',
      'd etc/new/',
      'h etc/hard link to etc/b',
    ])
    const content = execFileSync('tar', ['-xOf', path, 'etc/a', 'etc/new/deep'], { encoding: 'utf8' })
    expect(content).toContain('a of the second layer')
    expect(content).toContain('deep')
  })

  it('saves a folder a link leads to, by the name it was asked by', async () => {
    const { context, path } = await saved({ path: 'etc', layer: 0 })
    await using _ = context
    expect(listed(path)).toContain('l etc/soft -> a')
  })

  it('saves what one layer alone brought', async () => {
    const { context, path } = await saved({ path: '', layer: 1, isMerged: false })
    await using _ = context
    expect(listed(path).toSorted()).toEqual([
      '- usr/etc/a',
      '- usr/etc/new/deep',
      'd usr/',
      'd usr/etc/',
      'd usr/etc/new/',
    ])
  })

  it('saves what a search found, each as its own layer has it', async () => {
    await using context = await withImage(image)
    const destination = context.path('found.tar')
    const hits = [
      { layer: 1, path: 'usr/etc/a' },
      { layer: 0, path: 'usr/etc/a' },
      { layer: 0, path: 'usr/etc/soft' },
      { layer: 0, path: 'usr/etc' },
      { layer: 1, path: 'usr/etc/b' },
      { layer: 0, path: 'nowhere' },
    ]
    await run(context, { kind: 'save-hits', hits, destination })
    expect(listed(destination).toSorted()).toEqual([
      '- layer-0/usr/etc/a',
      '- layer-1/usr/etc/a',
      'd layer-0/usr/etc/',
      'l layer-0/usr/etc/soft -> a',
    ])
    const content = (name: string): string =>
      execFileSync('tar', ['-xOf', destination, name], { encoding: 'utf8' })
    expect(content('layer-0/usr/etc/a')).toBe('a of the first layer')
    expect(content('layer-1/usr/etc/a')).toBe('a of the second layer')
    const nothing = {
      kind: 'save-hits' as const,
      hits: [{ layer: 0, path: 'nowhere' }],
      destination: context.path('x'),
    }
    await expect(run(context, nothing)).rejects.toMatchObject({ code: 'not-found' })
    expect(existsSync(context.path('x'))).toBe(false)
  })

  it('refuses a layer that is not what its digest says, and writes nothing', async () => {
    await using context = await withImage(image, 'docker-24')
    const bytes = readFileSync(context.path('in.tar'))
    bytes[bytes.indexOf('a of the second')] = 0x62
    writeFileSync(context.path('in.tar'), bytes)
    for (const path of ['usr/etc/a', 'usr']) {
      const destination = context.path('x')
      const report = await run(context, { kind: 'save-path', isMerged: true, path, destination }).catch(
        reportOf,
      )
      expect(report).toMatchObject({ code: 'digest-mismatch' })
      expect(existsSync(destination)).toBe(false)
    }
  })

  it('says what is not there', async () => {
    await using context = await withImage(image)
    const job = run(context, {
      kind: 'save-path',
      isMerged: true,
      path: 'no/such',
      destination: context.path('x'),
    })
    await expect(job).rejects.toMatchObject({ code: 'not-found' })
  })
})
