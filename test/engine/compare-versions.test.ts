import { createHash } from 'node:crypto'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { compareVersions } from '../../main/engine/compare-versions.ts'
import { OpenedImage } from '../../main/engine/opened-image.ts'
import { testContext, type TestContext } from '../support/context.ts'
import { workspaceOf } from '../support/conversion.ts'
import { buildImage, writeDockerArchive } from '../support/image-builder.ts'
import { testTask } from '../support/task.ts'

const LINES = Array.from({ length: 40 }, (_, i) => `line ${i + 1}`)
const BEFORE = `${LINES.join('\n')}\n`
const AFTER = `${LINES.with(19, 'line twenty').join('\n')}\nmore\n`

let context: TestContext
let image: OpenedImage

beforeEach(async () => {
  context = await testContext()
  const path = context.path('image.tar')
  const noise = (n: number): string =>
    Array.from({ length: 50_000 }, (_, i) => `${(i * n) % 9973}`).join('\n')
  await writeDockerArchive(
    buildImage({
      references: ['sample:1'],
      layers: [
        [
          { path: 'text', content: BEFORE },
          { path: 'binary', content: Buffer.from([1, 0, 2]) },
          { path: 'long', content: 'x'.repeat(2_000_000) },
          { path: 'other', content: noise(7) },
        ],
        [
          { path: 'text', content: AFTER },
          { path: 'binary', content: Buffer.from([1, 0, 3]) },
          { path: 'long', content: 'y'.repeat(2_000_000) },
          { path: 'other', content: noise(11) },
        ],
      ],
    }),
    path,
    { flavour: 'docker-24' },
  )
  image = await OpenedImage.open({ kind: 'tar', path }, workspaceOf(context), testTask())
})

afterEach(async () => {
  await image[Symbol.asyncDispose]()
  await context[Symbol.asyncDispose]()
})

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

it('shows how text changed, with what stands around it', async () => {
  const found = await compareVersions(image, 'text', 0, 1, testTask())
  expect(found).toMatchObject({
    before: { layer: 0, size: BEFORE.length, sha256: sha256(BEFORE) },
    after: { layer: 1, size: AFTER.length, sha256: sha256(AFTER) },
    isText: true,
  })
  expect(found.hunks).toEqual([
    {
      beforeLine: 17,
      afterLine: 17,
      lines: [
        ' line 17',
        ' line 18',
        ' line 19',
        '-line 20',
        '+line twenty',
        ' line 21',
        ' line 22',
        ' line 23',
      ],
    },
    { beforeLine: 38, afterLine: 38, lines: [' line 38', ' line 39', ' line 40', '+more'] },
  ])
  expect((await compareVersions(image, 'text', 1, 1, testTask())).hunks).toEqual([])
})

it('names what is not text, or too much of it, by size and hash alone', async () => {
  expect(await compareVersions(image, 'binary', 0, 1, testTask())).toMatchObject({
    hunks: null,
    isText: false,
  })
  const long = await compareVersions(image, 'long', 0, 1, testTask())
  expect(long).toMatchObject({ hunks: null, isText: true })
  expect(long.after.sha256).toBe(sha256('y'.repeat(2_000_000)))
})

it('gives up on texts that have nothing in common', async () => {
  expect(await compareVersions(image, 'other', 0, 1, testTask())).toMatchObject({ hunks: null, isText: true })
})

it('says so where one of them is not there', async () => {
  await expect(compareVersions(image, 'nowhere', 0, 1, testTask())).rejects.toMatchObject({
    code: 'not-found',
  })
})
