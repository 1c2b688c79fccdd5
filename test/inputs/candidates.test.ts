import { mkdir, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import type { Candidate } from '../../shared/contract.ts'
import { candidateSchema } from '../../shared/contract.ts'
import { listCandidates } from '../../main/inputs/stored/candidates.ts'
import { DirReader } from '../../main/inputs/stored/directory.ts'
import type { ImageInput } from '../../main/image/element.ts'
import { LayoutImage } from '../../main/inputs/stored/layout.ts'
import { TarfileImage } from '../../main/inputs/stored/tarfile.ts'
import { dockerArchiveMembers } from '../support/archive-members.ts'
import { testContext, type TestContext } from '../support/context.ts'
import {
  buildImage,
  sampleImage,
  writeDockerArchive,
  writeLayout,
  writeOciArchive,
  writePythonDirectory,
  writeTar,
} from '../support/image-builder.ts'
import { testTask } from '../support/task.ts'

const other = buildImage({ layers: [[{ path: 'a', content: 'a' }]], references: ['quay.io/team/app:1'] })
const nameless = buildImage({ layers: [[{ path: 'b', content: 'b' }]] })
const images = [sampleImage(), other, nameless]

function open(candidate: Candidate, context: TestContext): Promise<ImageInput> {
  const { source } = candidate
  if (source.kind === 'tar') return TarfileImage.open(source, context, testTask())
  if (source.kind === 'layout') return LayoutImage.open(source, context, testTask())
  return DirReader.open(source, context, testTask())
}

describe('every image that is there, each with a source that opens just it', () => {
  test.each([
    ['docker archive', (path: string) => writeDockerArchive(images, path), 'tar', 3],
    ['pre-1.10 archive', (path: string) => writeDockerArchive(images, path, { flavour: 'legacy' }), 'tar', 2],
    [
      'compressed archive',
      (path: string) => writeDockerArchive(images, path, { compress: 'zstd' }),
      'tar',
      3,
    ],
    ['OCI archive', (path: string) => writeOciArchive(images, path), 'tar', 3],
    ['OCI layout', (path: string) => writeLayout(path, images), 'layout', 3],
    [
      'several platforms',
      (path: string) => writeLayout(path, images, { isMultiPlatform: true }),
      'layout',
      3,
    ],
    ['directory', (path: string) => writePythonDirectory(path, images, { uniqueNames: true }), 'dir', 3],
  ] as const)('%s', async (_, write, kind, count) => {
    await using context = await testContext()
    // The name is chosen to mislead: nothing goes by it.
    await write(context.path('image.html'))
    const candidates = await listCandidates(context.path('image.html'), context, testTask())
    expect(candidates).toHaveLength(count)
    for (const candidate of candidates) {
      expect(candidateSchema.parse(candidate)).toEqual(candidate)
      expect(candidate.source.kind).toBe(kind)
      await using input = await open(candidate, context)
      expect((await input.inspect(testTask())).imageID).toBe(candidate.imageID)
    }
    expect(new Set(candidates.map(({ imageID }) => imageID)).size).toBe(count)
  })

  test('the only image of a file needs no name to open', async () => {
    await using context = await testContext()
    await writeDockerArchive(other, context.path('one.tar'))
    expect(await listCandidates(context.path('one.tar'), context, testTask())).toEqual([
      {
        source: { kind: 'tar', path: context.path('one.tar') },
        references: ['quay.io/team/app:1'],
        imageID: other.imageID,
        platform: { os: 'linux', architecture: 'amd64' },
        size: other.layers[0]?.tar.length,
      },
    ])
  })

  test('a damaged image among others is left out with a warning', async () => {
    await using context = await testContext()
    const members = dockerArchiveMembers(images, 'podman').filter(
      (member) => member.path !== `${other.layers[0]?.diffID.slice(7)}.tar`,
    )
    await writeTar(context.path('three.tar'), members)
    const task = testTask()
    const candidates = await listCandidates(context.path('three.tar'), context, task)
    expect(candidates.map((candidate) => candidate.imageID)).toEqual([
      sampleImage().imageID,
      nameless.imageID,
    ])
    expect(task.warnings.map((warning) => warning.code)).toEqual(['image-unreadable'])
  })
})

test('a folder without an image says so', async () => {
  await using context = await testContext()
  await mkdir(context.path('empty'))
  await writeFile(context.path('empty/readme.txt'), 'hello')
  await expect(listCandidates(context.path('empty'), context, testTask())).rejects.toMatchObject({
    code: 'not-an-image',
    message: `${context.path('empty')} is a folder, but holds no image: it has no oci-layout, catalog.json or manifest.json.`,
  })
})
