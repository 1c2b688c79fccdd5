import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { DirReader } from '../../main/inputs/stored/directory.ts'
import { layersOf } from '../support/collect.ts'
import { testContext, type TestContext } from '../support/context.ts'
import { hex } from '../support/digests.ts'
import { inputSuite } from '../support/input-suite.ts'
import { buildImage, sampleImage, writeLayout, writePythonDirectory } from '../support/image-builder.ts'
import { testTask } from '../support/task.ts'

const open = (context: TestContext, wanted: { image?: string; tag?: string } = {}) =>
  DirReader.open({ kind: 'dir', path: context.path('images'), ...wanted }, context, testTask())

describe.each([{}, { layers: 'layer.tgz', uniqueNames: true }] as const)(
  'directory of the Python tool %o',
  (options) => {
    inputSuite({
      keepsConfig: false,
      async prepare(image, context) {
        await writePythonDirectory(context.path('images'), image, options)
        return (context_, task) =>
          DirReader.open({ kind: 'dir', path: context.path('images') }, context_, task)
      },
    })
  },
)

describe('which image', () => {
  const images = [
    sampleImage(['debian:12']),
    buildImage({ layers: [[{ path: 'a', content: 'a' }]], references: ['quay.io/team/app:1'] }),
    buildImage({ layers: [[{ path: 'b', content: 'b' }]], references: ['quay.io/team/app:latest'] }),
  ] as const

  test.each([
    [{ image: 'debian' }, 'docker.io/library/debian:12'],
    [{ image: 'docker.io/library/debian', tag: '12' }, 'docker.io/library/debian:12'],
    [{ image: 'debian:12' }, 'docker.io/library/debian:12'],
    [{ image: 'quay.io/team/app', tag: '1' }, 'quay.io/team/app:1'],
    [{ image: 'quay.io/team/app' }, 'quay.io/team/app:latest'],
    [{ tag: '12' }, 'docker.io/library/debian:12'],
  ])('%o is %s', async (wanted, reference) => {
    await using context = await testContext()
    await writePythonDirectory(context.path('images'), images, { uniqueNames: true })
    await using input = await open(context, wanted)
    expect((await input.inspect(testTask())).reference).toBe(reference)
  })

  test('none chosen: the error lists them', async () => {
    await using context = await testContext()
    await writePythonDirectory(context.path('images'), images, { uniqueNames: true })
    await expect(open(context)).rejects.toMatchObject({
      code: 'choose-image',
      message: `${context.path('images')} holds 3 images, of which one must be chosen: debian:12, quay.io/team/app:1, quay.io/team/app:latest.`,
    })
  })

  test('one that is not there is said so', async () => {
    await using context = await testContext()
    await writePythonDirectory(context.path('images'), images, { uniqueNames: true })
    await expect(open(context, { image: 'debian', tag: '13' })).rejects.toMatchObject({
      code: 'not-found',
      message: `“debian:13” is not in ${context.path('images')}, which holds debian:12, quay.io/team/app:1, quay.io/team/app:latest.`,
    })
  })

  test('a directory without a catalog has the one image of its manifest', async () => {
    await using context = await testContext()
    await writePythonDirectory(context.path('images'), sampleImage(['quay.io/team/app:3']), {
      hasCatalog: false,
    })
    await using input = await open(context)
    expect((await input.inspect(testTask())).reference).toBe('docker.io/library/app:3')
  })
})

test('an image whose manifest was written over by another is not given for it', async () => {
  await using context = await testContext()
  await writePythonDirectory(context.path('images'), [
    sampleImage(['debian:12']),
    buildImage({ layers: [[{ path: 'a' }]], references: ['quay.io/team/app:1'] }),
  ])
  await expect(open(context, { image: 'debian' })).rejects.toMatchObject({
    code: 'not-found',
    message: 'debian:12 was written over: manifest.json is that of app:1 now.',
  })
  await using input = await open(context, { image: 'quay.io/team/app' })
  expect((await input.inspect(testTask())).reference).toBe('quay.io/team/app:1')
})

test('a layout named as a directory opens all the same', async () => {
  await using context = await testContext()
  await writeLayout(context.path('images'), [sampleImage(['a/b:1']), sampleImage(['debian:12'])])
  await using input = await open(context, { image: 'debian', tag: '12' })
  expect((await input.inspect(testTask())).references).toContain('docker.io/library/debian:12')
})

test('skopeo’s dir: is told apart', async () => {
  await using context = await testContext()
  await mkdir(context.path('images'))
  await writeFile(context.path('images/manifest.json'), '{"schemaVersion": 2, "layers": []}')
  await expect(open(context)).rejects.toMatchObject({
    code: 'not-an-image',
    message: `${context.path('images')} is a folder, but holds no image: its manifest.json is of something else.`,
  })
})

describe('the config of the Python tool', () => {
  test('is read under the ID of the bytes that are there, with a warning', async () => {
    await using context = await testContext()
    await writePythonDirectory(context.path('images'), sampleImage())
    const bytes = await readFile(context.path(`images/${hex(sampleImage().imageID)}.json`))
    await using input = await open(context)
    const info = await input.inspect(testTask())
    expect(info.imageID).toBe(`sha256:${createHash('sha256').update(bytes).digest('hex')}`)
    expect(info.warnings.map((warning) => warning.code)).toEqual(['config-rewritten'])
  })

  test('any other config that is not what its name says is refused', async () => {
    await using context = await testContext()
    await writePythonDirectory(context.path('images'), sampleImage())
    const name = context.path(`images/${hex(sampleImage().imageID)}.json`)
    await writeFile(name, sampleImage().config.toString().replace('amd64', 'arm64'))
    await expect(open(context)).rejects.toMatchObject({ code: 'digest-mismatch' })
  })
})

describe('a directory that lies', () => {
  const victim = 'secret of somebody else'

  async function lying(context: TestContext, changes: Record<string, unknown>): Promise<void> {
    await writePythonDirectory(context.path('images'), sampleImage())
    await writeFile(context.path('victim'), victim)
    const path = context.path('images/manifest.json')
    const [manifest] = JSON.parse(await readFile(path, 'utf8')) as [object]
    await writeFile(path, JSON.stringify([{ ...manifest, ...changes }]))
  }

  test.each([
    ['../victim', 'unsafe-path'],
    ['a/../../victim', 'unsafe-path'],
    ['/etc/passwd', 'unsafe-path'],
    ['nothing.json', 'missing-blob'],
    ['.', 'missing-blob'],
  ])('Config %s is refused', async (Config, code) => {
    await using context = await testContext()
    await lying(context, { Config })
    const error = await open(context).catch((error: unknown) => error)
    expect(error).toMatchObject({ code })
    expect((error as Error).message).not.toContain(victim)
  })

  test('a layer that is a link out of the folder is refused, one inside is read', async () => {
    await using context = await testContext()
    await writePythonDirectory(context.path('images'), sampleImage())
    const layer = context.path(`images/${hex(sampleImage().layers[0]!.diffID)}/layer.tar`)
    await rename(layer, context.path('images/kept.tar'))
    await symlink('../kept.tar', layer)
    await using input = await open(context)
    expect(await layersOf(input)).toHaveLength(2)
    await rm(layer)
    await rename(context.path('images/kept.tar'), context.path('kept.tar'))
    await symlink(context.path('kept.tar'), layer)
    await expect(open(context)).rejects.toMatchObject({ code: 'unsafe-path' })
  })

  test('a folder beside it whose name starts alike is not inside', async () => {
    await using context = await testContext()
    await lying(context, { Config: 'x/config.json' })
    await mkdir(context.path('images-private'))
    await writeFile(context.path('images-private/config.json'), sampleImage().config)
    await symlink(context.path('images-private'), context.path('images/x'))
    await expect(open(context)).rejects.toMatchObject({ code: 'unsafe-path' })
  })

  test('a catalog with a prototype, or that leads outside, does no harm', async () => {
    await using context = await testContext()
    await lying(context, {})
    await writeFile(
      context.path('images/catalog.json'),
      '{"__proto__": {"polluted": "yes"}, "sample": {"1": "../victim"}}',
    )
    await expect(open(context)).rejects.toMatchObject({ code: 'unsafe-path' })
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})
