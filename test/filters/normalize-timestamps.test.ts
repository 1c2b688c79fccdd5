import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { reissueConfig } from '../../main/filters/reissue-config.ts'
import { scanTar } from '../../main/image/tar-reader.ts'
import type { DestinationSpec, SourceSpec } from '../../shared/uri.ts'
import { testContext, type TestContext } from '../support/context.ts'
import { convert, inspect, layerBytes } from '../support/conversion.ts'
import { buildImage, sampleImage, writeDockerArchive, type BuiltImage } from '../support/image-builder.ts'
import { testTask } from '../support/task.ts'

const TIMESTAMP = 1_234_567_890

function tar(path: string): DestinationSpec {
  return { kind: 'tar', path, compression: 'none', overwrite: true }
}

/** The image's tarball after the filter; `name` is its file. */
async function normalized(
  context: TestContext,
  image: BuiltImage,
  name: string,
  flavour: 'docker-24' | 'docker-25-gzip' | 'podman' = 'docker-24',
): Promise<SourceSpec & { kind: 'tar' }> {
  await writeDockerArchive(image, context.path(`${name}.in`), { flavour })
  const filters = [{ kind: 'normalize-timestamps', timestamp: TIMESTAMP }] as const
  await convert(context, { kind: 'tar', path: context.path(`${name}.in`) }, tar(context.path(name)), {
    filters,
  })
  return { kind: 'tar', path: context.path(name) }
}

async function entriesOf(bytes: Uint8Array) {
  const table = await scanTar([bytes] as unknown as AsyncIterable<Uint8Array>)
  return Array.from({ length: table.length }, (_, row) => table.at(row))
}

describe('normalize-timestamps', () => {
  it('gives every entry and the config the same time, and names what it made by its digest', async () => {
    await using context = await testContext()
    const source = await normalized(context, sampleImage(), 'out.tar')
    const info = await inspect(context, source)
    const layers = await layerBytes(context, source)
    for (const [index, bytes] of layers.entries()) {
      expect(`sha256:${createHash('sha256').update(bytes).digest('hex')}`).toBe(info.layers[index]?.diffID)
      for (const entry of await entriesOf(bytes))
        expect([entry.mtime, entry.mtimeNanoseconds]).toEqual([TIMESTAMP, 0])
    }
    expect(info.created).toBe('2009-02-13T23:31:30Z')
    expect(new Set(info.history.map((step) => step.created))).toEqual(new Set(['2009-02-13T23:31:30Z']))
    expect(info.history.map((step) => step.createdBy)).toEqual(['layer 1', 'layer 2', 'CMD ["/bin/sh"]'])
    expect(info.references).toEqual(['docker.io/library/sample:1'])
  })

  it('changes nothing but times: what GNU tar unpacks is the same', async () => {
    await using context = await testContext()
    const image = sampleImage()
    const source = await normalized(context, image, 'out.tar')
    const list = (bytes: Uint8Array): string =>
      execFileSync('tar', ['-tvf', '-', '--full-time', '--utc'], { input: bytes, encoding: 'utf8' }).replace(
        /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g,
        'time',
      )
    for (const [index, bytes] of (await layerBytes(context, source)).entries())
      expect(list(bytes)).toBe(list(image.layers[index]?.tar as Buffer))
  })

  it('gives the same bytes from every machine that packs the same tree', async () => {
    await using context = await testContext()
    const folder = context.path('tree')
    mkdirSync(`${folder}/etc`, { recursive: true })
    writeFileSync(`${folder}/etc/file`, 'content')
    execFileSync('truncate', ['-s', '1M', `${folder}/etc/sparse`])
    const names = ['etc', 'etc/file', 'etc/sparse']
    const pack = (...options: string[]): Buffer =>
      execFileSync('tar', ['-cf', '-', '--no-recursion', '-C', folder, ...options, ...names], {
        maxBuffer: 2 ** 24,
      })
    const packed = [
      pack('--format=gnu', '--owner=root:0', '--group=root:0', '--mtime=2001-01-01', '--sparse'),
      pack('--format=pax', '--owner=builder:0', '--group=builders:0', '--mtime=2002-02-02 02:02:02.5'),
      pack('--format=ustar', '--owner=:0', '--group=:0', '--numeric-owner'),
      pack('--format=pax', '--owner=:0', '--group=:0', '--numeric-owner', '--sparse'),
    ]
    const hashes = new Set<string>()
    for (const [index, bytes] of packed.entries())
      for (const flavour of ['docker-24', 'docker-25-gzip', 'podman'] as const) {
        const image = buildImage({ layers: [bytes], references: ['tree:1'] })
        const { path } = await normalized(context, image, `${index}-${flavour}.tar`, flavour)
        hashes.add(createHash('sha256').update(readFileSync(path)).digest('hex'))
      }
    expect(hashes.size).toBe(1)
  })

  it('reads a repeated layer once, and refuses one that is not what its digest says', async () => {
    await using context = await testContext()
    const sample = sampleImage()
    const layer = sample.layers[0]?.tar as Buffer
    const source = await normalized(
      context,
      buildImage({ layers: [layer, layer], references: ['a:1'] }),
      'out.tar',
    )
    const [first, second] = (await inspect(context, source)).layers
    expect(second?.diffID).toBe(first?.diffID)

    const bytes = readFileSync(context.path('out.tar.in'))
    bytes[bytes.indexOf('Welcome')] = 0x77
    writeFileSync(context.path('damaged.tar'), bytes)
    const filters = [{ kind: 'normalize-timestamps', timestamp: 0 }] as const
    const input = { kind: 'tar', path: context.path('damaged.tar') } as const
    const job = convert(context, input, tar(context.path('never.tar')), { filters, task: testTask() })
    await expect(job).rejects.toMatchObject({ code: 'digest-mismatch' })
  })

  it('reports progress that never becomes less', async () => {
    await using context = await testContext()
    await writeDockerArchive(sampleImage(), context.path('in.tar'), { flavour: 'docker-25-gzip' })
    const task = testTask()
    const filters = [{ kind: 'normalize-timestamps', timestamp: 0 }] as const
    await convert(context, { kind: 'tar', path: context.path('in.tar') }, tar(context.path('out.tar')), {
      filters,
      task,
    })
    const last = new Map<string, number>()
    for (const { step, done } of task.steps) {
      expect(done).toBeGreaterThanOrEqual(last.get(step) ?? 0)
      last.set(step, done)
    }
  })
})

describe('a config issued again', () => {
  const diffIDs = [`sha256:${'1'.repeat(64)}`] as const

  it('keeps what nobody here knows and sorts its keys', () => {
    const bytes = Buffer.from(
      '{"zeta":{"b":1,"a":[{"y":1,"x":2}]},"rootfs":{"type":"layers","diff_ids":[]},"config":{}}',
    )
    const issued = Buffer.from(reissueConfig(bytes, diffIDs, (config) => config)).toString()
    expect(issued).toBe(
      `{"config":{},"rootfs":{"diff_ids":["${diffIDs[0]}"],"type":"layers"},"zeta":{"a":[{"x":2,"y":1}],"b":1}}`,
    )
  })

  it('is the same from configs that say the same', () => {
    const one = reissueConfig(
      Buffer.from('{"os":"linux","architecture":"amd64"}'),
      diffIDs,
      (config) => config,
    )
    const two = reissueConfig(
      Buffer.from('{ "architecture": "amd64",\n "os": "linux" }'),
      diffIDs,
      (config) => config,
    )
    expect(one).toEqual(two)
  })
})
