import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { TarfileImage } from '../../main/inputs/stored/tarfile.ts'
import { dockerArchiveMembers, type Flavour } from '../support/archive-members.ts'
import { layersOf } from '../support/collect.ts'
import { testContext } from '../support/context.ts'
import { sha256 } from '../support/digests.ts'
import { inputSuite } from '../support/input-suite.ts'
import {
  buildImage,
  sampleImage,
  writeDockerArchive,
  writeOciArchive,
  writeTar,
  type OuterCompression,
} from '../support/image-builder.ts'
import { testTask } from '../support/task.ts'

const FLAVOURS: readonly Flavour[] = [
  'docker-1.10',
  'docker-24',
  'docker-25',
  'docker-25-gzip',
  'podman',
  'legacy',
]
const COMPRESSIONS: readonly OuterCompression[] = ['gzip', 'zstd', 'xz', 'bzip2']

describe.each(FLAVOURS)('%s archive', (flavour) => {
  inputSuite({
    keepsConfig: flavour !== 'legacy',
    ...(flavour === 'legacy' ? { createdBy: [1, 2, 3].map((n) => `/bin/sh -c layer ${n}`) } : {}),
    async prepare(image, context) {
      await writeDockerArchive(image, context.path('image.tar'), { flavour })
      return (context_, task) =>
        TarfileImage.open({ kind: 'tar', path: context.path('image.tar') }, context_, task)
    },
  })
})

describe.each([
  {},
  { layers: 'none' },
  { layers: 'zstd', nesting: 3, hasAttestations: true },
  { isDocker: true },
] as const)('OCI archive %o', (options) => {
  inputSuite({
    keepsConfig: true,
    async prepare(image, context) {
      await writeOciArchive(image, context.path('image.tar'), options)
      return (context_, task) =>
        TarfileImage.open({ kind: 'tar', path: context.path('image.tar') }, context_, task)
    },
  })
})

describe('an archive compressed as a whole', () => {
  test.each(COMPRESSIONS)(
    '%s opens, inflated once for as long as the file stays the same',
    async (compress) => {
      await using context = await testContext()
      const image = sampleImage()
      const path = context.path('image.anything')
      await writeDockerArchive(image, path, { compress })
      const task = testTask()
      for (let round = 0; round < 2; round++) {
        await using input = await TarfileImage.open({ kind: 'tar', path }, context, task)
        expect((await input.inspect(task)).imageID).toBe(image.imageID)
        expect(await layersOf(input)).toHaveLength(2)
      }
      expect(context.cache.keys.size).toBe(1)
      expect(task.steps.at(-1)?.step).toBe('Unpacking image.anything')
      expect(task.steps.at(-1)?.done).toBe(task.steps.at(-1)?.total)
      const unpacked = task.steps.length

      await writeDockerArchive(sampleImage(['other:2']), path, { compress })
      await using changed = await TarfileImage.open({ kind: 'tar', path }, context, task)
      expect((await changed.inspect(task)).reference).toBe('docker.io/library/other:2')
      expect(task.steps.length).toBeGreaterThan(unpacked)
    },
  )
})

describe('several images in one archive', () => {
  const images = [
    sampleImage(['debian:12', 'debian:bookworm']),
    buildImage({ layers: [[{ path: 'a', content: 'a' }]], references: ['quay.io/team/app:1'] }),
    buildImage({ layers: [[{ path: 'b', content: 'b' }]] }),
  ] as const

  test.each([
    ['debian:12', 0],
    ['docker.io/library/debian:bookworm', 0],
    ['quay.io/team/app', 1],
    ['#3', 2],
    [images[2].imageID, 2],
    [images[1].imageID.slice(7, 19), 1],
  ])('?image=%s chooses number %i', async (image, index) => {
    await using context = await testContext()
    await writeDockerArchive(images, context.path('three.tar'))
    const source = { kind: 'tar', path: context.path('three.tar'), image } as const
    await using input = await TarfileImage.open(source, context, testTask())
    expect((await input.inspect(testTask())).imageID).toBe(images[index]?.imageID)
  })

  test('none chosen: the error lists them', async () => {
    await using context = await testContext()
    await writeDockerArchive(images, context.path('three.tar'))
    const opening = TarfileImage.open({ kind: 'tar', path: context.path('three.tar') }, context, testTask())
    await expect(opening).rejects.toMatchObject({
      code: 'choose-image',
      message: `${context.path('three.tar')} holds 3 images, of which one must be chosen: debian:12, quay.io/team/app:1, #3.`,
    })
  })

  test.each(['debian:13', '#4', 'ffffffffffff', 'ubuntu'])('?image=%s is not there', async (image) => {
    await using context = await testContext()
    await writeDockerArchive(images, context.path('three.tar'))
    const source = { kind: 'tar', path: context.path('three.tar'), image } as const
    await expect(TarfileImage.open(source, context, testTask())).rejects.toMatchObject({
      code: 'not-found',
      message: `“${image}” is not in ${context.path('three.tar')}, which holds debian:12, quay.io/team/app:1, #3.`,
    })
  })
})

const hasPython = spawnSync('python3', ['-V']).error === undefined

test.skipIf(!hasPython)(
  'a config that Python wrote anew under its old name opens with a warning',
  async () => {
    await using context = await testContext()
    const name = `${sampleImage().imageID.slice(7)}.json`
    const python = spawnSync(
      'python3',
      ['-c', 'import json,sys; json.dump(json.load(sys.stdin), sys.stdout)'],
      {
        input: sampleImage().config,
      },
    )
    const others = dockerArchiveMembers([sampleImage()], 'docker-24').filter(({ path }) => path !== name)
    await writeTar(context.path('python.tar'), [...others, { path: name, content: python.stdout }])
    await using input = await TarfileImage.open(
      { kind: 'tar', path: context.path('python.tar') },
      context,
      testTask(),
    )
    const info = await input.inspect(testTask())
    expect(info.imageID).toBe(sha256(python.stdout))
    expect(info.warnings.map((warning) => warning.code)).toEqual(['config-rewritten'])
  },
)

test('two nameless images of an OCI archive are listed by their manifests', async () => {
  await using context = await testContext()
  const images = ['a', 'b'].map((path) => buildImage({ layers: [[{ path }]] }))
  await writeOciArchive(images, context.path('two.tar'))
  const opening = TarfileImage.open({ kind: 'tar', path: context.path('two.tar') }, context, testTask())
  await expect(opening).rejects.toMatchObject({
    code: 'choose-image',
    message: expect.stringMatching(
      /holds 2 images, of which one must be chosen: [0-9a-f]{12}, [0-9a-f]{12}\.$/,
    ),
  })
})

test('a repository named as an ID is found by its name', async () => {
  await using context = await testContext()
  await writeDockerArchive([sampleImage(['deadbeefcafe:1']), sampleImage(['b:1'])], context.path('two.tar'))
  const source = { kind: 'tar', path: context.path('two.tar'), image: 'deadbeefcafe' } as const
  await using input = await TarfileImage.open(source, context, testTask())
  expect((await input.inspect(testTask())).reference).toBe('docker.io/library/deadbeefcafe:1')
})

describe('an OCI archive of several platforms', () => {
  const platforms = [
    { os: 'linux', architecture: 'riscv64' },
    { os: 'linux', architecture: 'arm', variant: 'v6' },
    { os: 'linux', architecture: 'arm', variant: 'v7' },
  ]
  const images = platforms.map((platform) =>
    buildImage({
      layers: [[{ path: 'a', content: platform.architecture }]],
      references: ['multi:1'],
      platform,
    }),
  )
  const write = async (path: string) =>
    writeOciArchive(images, path, { isMultiPlatform: true, hasAttestations: true })

  test.each([
    [{ architecture: 'riscv64' }, 0],
    [{ architecture: 'arm', variant: 'v6' }, 1],
    [{ architecture: 'arm', variant: 'v8' }, 2],
    [{ os: 'linux', architecture: 'arm' }, 2],
  ])('%o takes number %i', async (platform, index) => {
    await using context = await testContext()
    await write(context.path('multi.tar'))
    const source = { kind: 'tar', path: context.path('multi.tar'), platform } as const
    await using input = await TarfileImage.open(source, context, testTask())
    const info = await input.inspect(testTask())
    expect(info.imageID).toBe(images[index]?.imageID)
    expect(info.reference).toBe('docker.io/library/multi:1')
    expect(info.warnings.map((warning) => warning.code)).toEqual(['attestations'])
  })

  test('none fits the host: the error lists them', async () => {
    await using context = await testContext()
    await write(context.path('multi.tar'))
    const opening = TarfileImage.open({ kind: 'tar', path: context.path('multi.tar') }, context, testTask())
    await expect(opening).rejects.toMatchObject({
      code: 'choose-image',
      message: expect.stringContaining('linux/riscv64, linux/arm/v6, linux/arm/v7'),
    })
  })

  test('one that is not there is said so', async () => {
    await using context = await testContext()
    await write(context.path('multi.tar'))
    const source = {
      kind: 'tar',
      path: context.path('multi.tar'),
      platform: { architecture: 's390x' },
    } as const
    await expect(TarfileImage.open(source, context, testTask())).rejects.toMatchObject({ code: 'not-found' })
  })
})
