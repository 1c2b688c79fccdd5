import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { LayoutImage } from '../../main/inputs/stored/layout.ts'
import { testContext } from '../support/context.ts'
import { hex, sha256 } from '../support/digests.ts'
import { inputSuite } from '../support/input-suite.ts'
import { buildImage, sampleImage, writeLayout } from '../support/image-builder.ts'
import { ociFiles } from '../support/archive-members.ts'
import { testTask } from '../support/task.ts'

describe('OCI layout folder', () => {
  inputSuite({
    keepsConfig: true,
    async prepare(image, context) {
      await writeLayout(context.path('layout'), image)
      return (context_, task) =>
        LayoutImage.open({ kind: 'layout', path: context.path('layout') }, context_, task)
    },
  })

  test('an image goes by its reference, its tag alone, its manifest digest and its ID', async () => {
    await using context = await testContext()
    const other = buildImage({
      layers: [[{ path: 'a' }]],
      references: ['registry.example.org/team/app:edge'],
    })
    await writeLayout(context.path('layout'), [sampleImage(), other])
    const first = await LayoutImage.open(
      { kind: 'layout', path: context.path('layout'), image: 'edge' },
      context,
      testTask(),
    )
    const info = await first.inspect(testTask())
    await first[Symbol.asyncDispose]()
    expect(info.imageID).toBe(other.imageID)
    for (const image of [info.reference, info.digest, info.imageID, '#2']) {
      const source = { kind: 'layout', path: context.path('layout'), image: image! } as const
      await using input = await LayoutImage.open(source, context, testTask())
      expect((await input.inspect(testTask())).imageID).toBe(other.imageID)
    }
  })

  test('one image under several tags is one image with several names', async () => {
    await using context = await testContext()
    await writeLayout(context.path('layout'), sampleImage(['a/b:1', 'a/b:2']))
    await using input = await LayoutImage.open(
      { kind: 'layout', path: context.path('layout') },
      context,
      testTask(),
    )
    expect((await input.inspect(testTask())).references).toEqual(['docker.io/a/b:1', 'docker.io/a/b:2'])
  })

  test('platforms that the index names and the layout lacks are set aside with a warning', async () => {
    await using context = await testContext()
    const arm = buildImage({
      layers: [[{ path: 'a' }]],
      platform: { os: 'linux', architecture: 'arm64' },
    })
    await writeLayout(context.path('layout'), [sampleImage(), arm], { isMultiPlatform: true })
    const manifest = [...ociFiles([arm])].find(([, bytes]) => bytes.includes('image.layer.v1.tar+gzip'))!
    await rm(context.path(`layout/${manifest[0]}`))
    await using input = await LayoutImage.open(
      { kind: 'layout', path: context.path('layout') },
      context,
      testTask(),
    )
    const info = await input.inspect(testTask())
    expect(info.imageID).toBe(sampleImage().imageID)
    expect(info.warnings).toEqual([
      {
        code: 'platforms-absent',
        message: '1 image was named by the index but not saved with it.',
        detail: expect.stringContaining('linux/arm64'),
      },
    ])
  })
})

describe('a layout that lies', () => {
  const open = (path: string, context: Awaited<ReturnType<typeof testContext>>) =>
    LayoutImage.open({ kind: 'layout', path }, context, testTask())

  test('CVE-2021-41190: an index that is a manifest, too, is refused', async () => {
    await using context = await testContext()
    await writeLayout(context.path('layout'), sampleImage())
    const index = JSON.parse(ociFiles([sampleImage()]).get('index.json')!.toString()) as object
    await writeFile(context.path('layout/index.json'), JSON.stringify({ ...index, layers: [], config: {} }))
    await expect(open(context.path('layout'), context)).rejects.toMatchObject({
      code: 'malformed',
      message: 'index.json is an index and a manifest at once.',
    })
  })

  test('a manifest that calls itself something else than the index does is refused', async () => {
    await using context = await testContext()
    const files = ociFiles([sampleImage()])
    const [name, bytes] = [...files].find(([, bytes]) => bytes.includes('"layers":'))!
    const other = Buffer.from(bytes.toString().replace('image.manifest.v1', 'image.index.v1'))
    await writeLayout(context.path('layout'), sampleImage())
    await writeFile(context.path(`layout/blobs/sha256/${hex(sha256(other))}`), other)
    const index = files
      .get('index.json')!
      .toString()
      .replace(name.slice(-64), hex(sha256(other)))
    await writeFile(
      context.path('layout/index.json'),
      index.replace(`"size":${bytes.length}`, `"size":${other.length}`),
    )
    await expect(open(context.path('layout'), context)).rejects.toMatchObject({ code: 'malformed' })
  })

  test('CVE-2026-53493: indexes may nest eight deep, and no further', async () => {
    await using context = await testContext()
    await writeLayout(context.path('eight'), sampleImage(), { nesting: 8 })
    await using input = await open(context.path('eight'), context)
    expect((await input.inspect(testTask())).imageID).toBe(sampleImage().imageID)
    await writeLayout(context.path('nine'), sampleImage(), { nesting: 9 })
    await expect(open(context.path('nine'), context)).rejects.toMatchObject({ code: 'limit' })
  })

  test('more than 1,024 descriptors are refused, the same one again and again, too', async () => {
    await using context = await testContext()
    await writeLayout(context.path('layout'), sampleImage())
    const index = JSON.parse(ociFiles([sampleImage()]).get('index.json')!.toString()) as {
      manifests: unknown[]
    }
    index.manifests = Array.from({ length: 1025 }, () => index.manifests[0])
    await writeFile(context.path('layout/index.json'), JSON.stringify(index))
    await expect(open(context.path('layout'), context)).rejects.toMatchObject({ code: 'limit' })
  })

  test('every changed blob is refused: manifest and config at once, a layer when it is read', async () => {
    for (const [name, bytes] of ociFiles([sampleImage()], { layers: 'none' })) {
      if (!name.startsWith('blobs/')) continue
      await using context = await testContext()
      await writeLayout(context.path('layout'), sampleImage(), { layers: 'none' })
      const changed = Buffer.from(bytes)
      changed[bytes.length >> 1]! ^= 1
      await writeFile(context.path(`layout/${name}`), changed)
      const reading = (async () => {
        await using input = await open(context.path('layout'), context)
        for await (const [type, , layer] of input.fetch(() => 'once', testTask()))
          if (type === 'layer' && layer) for await (const chunk of layer.stream()) void chunk
      })()
      await expect(reading).rejects.toMatchObject({ code: 'digest-mismatch' })
      expect(context.index.layers.size).toBeLessThan(2)
    }
  })

  test('a layer of another size is refused before it is read', async () => {
    await using context = await testContext()
    await writeLayout(context.path('layout'), sampleImage(), { layers: 'none' })
    const { diffID, tar } = sampleImage().layers[0]!
    await writeFile(
      context.path(`layout/blobs/sha256/${hex(diffID)}`),
      Buffer.concat([tar, Buffer.from('x')]),
    )
    await expect(open(context.path('layout'), context)).rejects.toMatchObject({
      code: 'digest-mismatch',
      message: 'Layer 1 of 2 is not what its descriptor says: its size is another.',
    })
  })

  test('a blob that is a link out of the layout is refused', async () => {
    await using context = await testContext()
    await writeLayout(context.path('layout'), sampleImage())
    const config = `blobs/sha256/${hex(sampleImage().imageID)}`
    await writeFile(context.path('victim'), sampleImage().config)
    await rm(context.path(`layout/${config}`))
    await symlink(context.path('victim'), context.path(`layout/${config}`))
    await expect(open(context.path('layout'), context)).rejects.toMatchObject({ code: 'unsafe-path' })
  })

  test('an artifact alone is no image', async () => {
    await using context = await testContext()
    await mkdir(context.path('layout'))
    await writeFile(context.path('layout/oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
    const descriptor = {
      mediaType: 'application/vnd.example.thing',
      digest: sha256('x'),
      size: 1,
    }
    await writeFile(
      context.path('layout/index.json'),
      JSON.stringify({ schemaVersion: 2, manifests: [descriptor] }),
    )
    await expect(open(context.path('layout'), context)).rejects.toMatchObject({
      code: 'not-an-image',
      message: expect.stringContaining('holds artifacts, but no container image'),
    })
  })
})
