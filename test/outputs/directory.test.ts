import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { reportOf } from '../../shared/errors.ts'
import { testContext, type TestContext } from '../support/context.ts'
import { convert, inspect, layerBytes } from '../support/conversion.ts'
import {
  buildImage,
  sampleImage,
  writeDockerArchive,
  writePythonDirectory,
  type BuiltImage,
} from '../support/image-builder.ts'
import { describeOutput } from '../support/output-suite.ts'
import { testTask } from '../support/task.ts'

describeOutput({
  name: 'directory',
  destination: (path) => ({ kind: 'dir', path, uniqueNames: false }),
  source: (path) => ({ kind: 'dir', path, image: 'app', tag: 'latest' }),
})

let count = 0

/** Adds an image to the directory `images` of the context. */
async function add(
  context: TestContext,
  image: BuiltImage,
  options: { readonly uniqueNames?: boolean; readonly task?: ReturnType<typeof testTask> } = {},
) {
  const path = context.path(`source-${++count}.tar`)
  await writeDockerArchive(image, path)
  const output = {
    kind: 'dir',
    path: context.path('images'),
    uniqueNames: options.uniqueNames ?? false,
  } as const
  return convert(context, { kind: 'tar', path }, output, options.task ? { task: options.task } : {})
}

function variantOf(base: BuiltImage, name: string): BuiltImage {
  const layers = [...base.layers.map((layer) => layer.tar), [{ path: 'name', content: name }]]
  return buildImage({ layers, references: [name] })
}

function json(context: TestContext, name: string): unknown {
  return JSON.parse(readFileSync(context.path(`images/${name}`), 'utf8'))
}

describe('a directory of images', () => {
  it('shares layers that are there and are what their names say', async () => {
    await using context = await testContext()
    const base = sampleImage()
    await add(context, base)
    const before = base.layers.map(
      ({ diffID }) => statSync(context.path(`images/${diffID.slice(7)}/layer.tar`)).ino,
    )
    const outcome = await add(context, variantOf(base, 'other:2'), { uniqueNames: true })
    const after = base.layers.map(
      ({ diffID }) => statSync(context.path(`images/${diffID.slice(7)}/layer.tar`)).ino,
    )
    expect(after).toEqual(before)
    expect(outcome.bytesWritten).toBeLessThan(4096)
    expect(json(context, 'catalog.json')).toEqual({
      other: { '2': 'manifest-other-2.json' },
      sample: { '1': 'manifest.json' },
    })
  })

  it('replaces a layer that is not what its name says, and says so', async () => {
    await using context = await testContext()
    const base = sampleImage()
    await add(context, base)
    const path = context.path(`images/${base.layers[0]?.diffID.slice(7)}/layer.tar`)
    const bytes = readFileSync(path)
    bytes[600] = (bytes[600] ?? 0) ^ 1
    writeFileSync(path, bytes)
    const task = testTask()
    await add(context, base, { task })
    expect(readFileSync(path).equals(base.layers[0]?.tar as Buffer)).toBe(true)
    expect(task.warnings.map((warning) => warning.code)).toEqual(['layer-replaced'])
  })

  it('keeps the image of manifest.json when another one takes that name', async () => {
    await using context = await testContext()
    const base = sampleImage()
    const other = variantOf(base, 'quay.io/a/b:2')
    await add(context, base)
    await add(context, other)
    expect(json(context, 'catalog.json')).toEqual({
      'quay.io/a/b': { '2': 'manifest.json' },
      sample: { '1': 'manifest-sample-1.json' },
    })
    for (const [image, tag, built] of [
      ['sample', '1', base],
      ['quay.io/a/b', '2', other],
    ] as const) {
      const info = await inspect(context, { kind: 'dir', path: context.path('images'), image, tag })
      expect(info.imageID).toBe(built.imageID)
    }
  })

  it('writes the config as it came and manifests as the original does', async () => {
    await using context = await testContext()
    const image = sampleImage(['quay.io/a/b:2'])
    await add(context, image, { uniqueNames: true })
    const hex = image.imageID.slice(7)
    expect(readFileSync(context.path(`images/${hex}.json`)).equals(image.config)).toBe(true)
    expect(readFileSync(context.path('images/manifest-quay.io_a_b-2.json'), 'utf8')).toBe(
      JSON.stringify(
        [
          {
            Config: `${hex}.json`,
            ImageName: 'quay.io/a/b',
            Layers: image.layers.map(({ diffID }) => `${diffID.slice(7)}/layer.tar`),
            RepoTags: ['quay.io/a/b:2'],
          },
        ],
        null,
        4,
      ),
    )
  })

  it('tells two images whose names differ in a slash and an underscore apart', async () => {
    await using context = await testContext()
    const one = sampleImage(['quay.io/a/b:1'])
    const two = variantOf(one, 'quay.io/a_b:1')
    await add(context, one, { uniqueNames: true })
    await add(context, two, { uniqueNames: true })
    for (const [image, built] of [
      ['quay.io/a/b', one],
      ['quay.io/a_b', two],
    ] as const)
      expect(
        (await inspect(context, { kind: 'dir', path: context.path('images'), image, tag: '1' })).imageID,
      ).toBe(built.imageID)
  })

  it('keeps an image without a name, under none', async () => {
    await using context = await testContext()
    const image = sampleImage([])
    const outcome = await add(context, image)
    expect(outcome.references).toEqual([])
    const info = await inspect(context, { kind: 'dir', path: context.path('images') })
    expect(info.imageID).toBe(image.imageID)
    expect(info.references).toEqual([])
  })

  for (const uniqueNames of [false, true])
    it(`adds to what the Python tool wrote ${uniqueNames ? 'with' : 'without'} unique names`, async () => {
      await using context = await testContext()
      const theirs = sampleImage(['busybox:1.36'])
      const ours = variantOf(sampleImage(), 'quay.io/team/app:2')
      await writePythonDirectory(context.path('images'), theirs, { uniqueNames, hasCatalog: true })
      const source = { kind: 'dir', path: context.path('images'), image: 'busybox', tag: '1.36' } as const
      const before = await layerBytes(context, source)
      await add(context, ours, { uniqueNames })
      expect(await layerBytes(context, source)).toEqual(before)
      const own = { ...source, image: 'quay.io/team/app', tag: '2' }
      expect((await inspect(context, own)).imageID).toBe(ours.imageID)
    })

  it('is not written to where its catalog is damaged', async () => {
    await using context = await testContext()
    mkdirSync(context.path('images'))
    writeFileSync(context.path('images/catalog.json'), '{"a":')
    const error = await add(context, sampleImage()).then(() => undefined, reportOf)
    expect(error).toMatchObject({ code: 'malformed' })
    expect(readdirSync(context.path('images'))).toEqual(['catalog.json'])
    expect(readFileSync(context.path('images/catalog.json'), 'utf8')).toBe('{"a":')
  })

  it('lists every image that many writers add at once', async () => {
    await using context = await testContext()
    const names = Array.from({ length: 8 }, (_, i) => `team/app-${i}:1`)
    await Promise.all(
      names.map((name) => add(context, variantOf(sampleImage(), name), { uniqueNames: true })),
    )
    expect(Object.keys(json(context, 'catalog.json') as object).sort()).toEqual(
      names.map((name) => name.slice(0, -2)),
    )
    for (const name of names) {
      const source = {
        kind: 'dir',
        path: context.path('images'),
        image: name.slice(0, -2),
        tag: '1',
      } as const
      expect(await layerBytes(context, source)).toHaveLength(3)
    }
    expect(readdirSync(context.path('images')).filter((name) => name.startsWith('.'))).toEqual([])
  })

  it('takes over the lock of a writer that was killed', async () => {
    await using context = await testContext()
    await add(context, sampleImage())
    const { ownerMark } = await import('../../main/image/process-owner.ts')
    const [host] = ownerMark().split('-')
    writeFileSync(context.path('images/.occystrap.lock'), `${host}-4194305-1-0123456789abcdef`)
    await add(context, variantOf(sampleImage(), 'other:2'))
    expect(readdirSync(context.path('images'))).not.toContain('.occystrap.lock')
  })

  it('never writes outside, whatever names a directory gives', async () => {
    await using context = await testContext()
    mkdirSync(context.path('images'))
    const manifest = [{ Config: '../../x.json', Layers: [], RepoTags: ['../../../evil:../../../evil'] }]
    writeFileSync(context.path('images/manifest.json'), JSON.stringify(manifest))
    await add(context, sampleImage())
    expect(readdirSync(context.folder).toSorted()).toEqual(['images', `source-${count}.tar`])
    expect(readdirSync(join(context.folder, 'images')).filter((name) => name.includes('evil'))).toHaveLength(
      1,
    )
  })
})
