import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { EverywhereSearch } from '../../main/engine/everywhere-search.ts'
import { runJob } from '../../main/engine/run-job.ts'
import type { Task } from '../../main/image/element.ts'
import { openWorkspace, type Workspace } from '../../main/store/workspace.ts'
import type { JobOutcome } from '../../shared/job.ts'
import { searchQuerySchema } from '../../shared/query.ts'
import type { EngineKind } from '../support/engine-exports.ts'
import { FakeEngine } from '../support/fake-engine.ts'
import { buildImage, type BuiltImage } from '../support/image-builder.ts'
import { testTask } from '../support/task.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

const BASE = [{ path: 'etc/base', content: 'shared by two' }]
const IMAGES = [
  buildImage({ references: ['debian:12'], layers: [BASE] }),
  buildImage({ references: ['example.org/app:1'], layers: [BASE, [{ path: 'app/one', content: '1' }]] }),
  buildImage({ references: [], layers: [[{ path: 'app/two', content: '2' }]] }),
] as const satisfies readonly [BuiltImage, ...BuiltImage[]]

let folder: TemporaryFolder
let workspace: Workspace
let engine: FakeEngine

async function begin(
  kind: EngineKind = 'docker-25',
  images: readonly [BuiltImage, ...BuiltImage[]] = IMAGES,
) {
  folder = await TemporaryFolder.make()
  workspace = openWorkspace({ cacheDir: folder.at('cache'), configDir: folder.at('config') })
  engine = await FakeEngine.start(folder.at('engine.sock'), images, { kind })
}

beforeEach(() => begin())
afterEach(end)

async function end(): Promise<void> {
  await engine[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
}

function index(task: Task = testTask()): Promise<JobOutcome> {
  return runJob({ kind: 'index-engine', socket: engine.socket }, workspace, task)
}

/** `image path` of all that is known. */
async function found(): Promise<string[]> {
  const query = searchQuerySchema.parse({ pattern: '*' })
  const search = new EverywhereSearch(workspace)
  const { hits, images } = await search.window({ query, images: [], offset: 0, limit: 100 })
  const names = new Map(images.map(({ imageID, source }) => [imageID, source.image]))
  return hits.map(({ imageID, path }) => `${names.get(imageID)} ${path}`).sort()
}

const EVERYTHING = [
  'debian:12 etc/base',
  'example.org/app:1 app/one',
  'example.org/app:1 etc/base',
  `${IMAGES[2].imageID} app/two`,
].sort()

/** A failure of the exports of one image. */
function failExportsOf(name: string, status = 500): void {
  engine.onRequest = (request, response) => {
    if (!request.url?.startsWith(`/images/${name}/get`)) return false
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end('{"message":"the disk is broken"}')
    return true
  }
}

describe('reading all images of an engine', () => {
  test.each<EngineKind>(['docker-24', 'docker-25', 'podman'])(
    'puts every one of them into the index and the catalogue, each exported once (%s)',
    async (kind) => {
      await end()
      await begin(kind)
      expect(await index()).toEqual({ imagesRead: 3, imagesKnown: 0, imagesFailed: 0 })
      expect(engine.exports).toBe(3)
      await engine.kill()
      expect(await found()).toEqual(EVERYTHING)
    },
  )

  test('moves nothing of what is known, and asks for no image that is', async () => {
    await index()
    const { length } = engine.requests
    expect(await index()).toEqual({ imagesRead: 0, imagesKnown: 3, imagesFailed: 0 })
    expect(engine.exports).toBe(3)
    // The list, and the platforms that go with it.
    expect(engine.requests.slice(length).filter((path) => !path.startsWith('/images/json'))).toEqual(
      IMAGES.map(({ imageID }) => `/images/${imageID}/json`),
    )
  })

  test('an image whose layers others have is known without an export', async () => {
    const twin = buildImage({ references: ['twin:1'], layers: [BASE], config: { Cmd: ['other'] } })
    await end()
    await begin('docker-25', [IMAGES[0], twin])
    expect(await index()).toEqual({ imagesRead: 1, imagesKnown: 1, imagesFailed: 0 })
    expect(engine.exports).toBe(1)
    expect(await found()).toEqual(['debian:12 etc/base', 'twin:1 etc/base'])
  })

  test('is one step for each image, of the bytes that were read in the end', async () => {
    const task = testTask()
    await index(task)
    const last = new Map(task.steps.map(({ step, done, total }) => [step, { done, total }]))
    expect([...last.keys()]).toEqual([
      '1 of 3: debian:12',
      '2 of 3: example.org/app:1',
      `3 of 3: ${IMAGES[2].imageID.slice(7, 19)}`,
    ])
    for (const { done, total } of last.values()) {
      expect(done).toBeGreaterThan(0)
      expect(total).toBe(done)
    }
    // All are announced before the first byte, so that the whole is known.
    expect(task.steps.slice(0, 3).map(({ done }) => done)).toEqual([0, 0, 0])
  })

  test('an image that fails is a warning with its reason, and the rest goes on', async () => {
    failExportsOf(IMAGES[1].imageID)
    const task = testTask()
    expect(await index(task)).toEqual({ imagesRead: 2, imagesKnown: 0, imagesFailed: 1 })
    expect(task.warnings).toMatchObject([
      {
        code: 'image-not-read',
        message: expect.stringMatching(/^example\.org\/app:1 was not read: .*the disk is broken/) as unknown,
      },
    ])
    expect(await found()).toEqual(EVERYTHING.filter((line) => !line.startsWith('example.org')))
    engine.onRequest = undefined
    expect(await index()).toEqual({ imagesRead: 1, imagesKnown: 2, imagesFailed: 0 })
    expect(await found()).toEqual(EVERYTHING)
  })

  test('an engine that goes away ends it, with what was read kept', async () => {
    engine.onExport = async (response, tar) => {
      if (engine.exports === 1) response.end(tar)
      else await engine.kill()
    }
    const task = testTask()
    await expect(index(task)).rejects.toMatchObject({ code: 'engine' })
    expect(task.warnings).toEqual([])
    expect(await found()).toEqual(['debian:12 etc/base'])
  })

  test('a cancel ends it at once', async () => {
    const task = testTask()
    engine.onExport = () => task.cancel()
    await expect(index(task)).rejects.toMatchObject({ name: 'AbortError' })
    expect(engine.exports).toBe(1)
    expect(task.warnings).toEqual([])
  })

  test('rests between images and between layers where it is asked to', async () => {
    let passes = 0
    const gate = Promise.withResolvers<void>()
    const atGate = Promise.withResolvers<void>()
    const task: Task = {
      ...testTask(),
      // Before the first image and its layer, and before the second image.
      pauseHere: async () => {
        passes++
        if (passes < 3) return
        atGate.resolve()
        await gate.promise
      },
    }
    const done = index(task)
    await atGate.promise
    expect(engine.exports).toBe(1)
    expect(await found()).toEqual(['debian:12 etc/base'])
    gate.resolve()
    expect(await done).toMatchObject({ imagesRead: 3 })
    // Three images; the layer that two share is read once.
    expect(passes).toBe(6)
  })
})

describe('reading one image', () => {
  test('has it found by a search over all', async () => {
    const input = { kind: 'docker', image: 'example.org/app:1', socket: engine.socket } as const
    await runJob({ kind: 'index', input }, workspace, testTask())
    expect(await found()).toEqual(['example.org/app:1 app/one', 'example.org/app:1 etc/base'])
    await runJob({ kind: 'index', input }, workspace, testTask())
    expect(engine.exports).toBe(1)
  })
})
