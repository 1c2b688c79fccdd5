import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runJob } from '../../main/engine/run-job.ts'
import { openWorkspace } from '../../main/store/workspace.ts'
import type { DestinationSpec, SourceSpec } from '../../shared/uri.ts'
import { layerBytes } from '../support/conversion.ts'
import { testContext, type TestContext } from '../support/context.ts'
import { snapshotOf } from '../support/folder-snapshot.ts'
import { buildImage, sampleImage, writeDockerArchive } from '../support/image-builder.ts'
import { testTask } from '../support/task.ts'

const WORKER = join(import.meta.dirname, '../support/killed-worker.ts')
/** As many as two small cores take. */
const AT_ONCE = 3

/** Reliability, promise 7: a process killed right before each of its changes to the disk, one run for each. */
describe.each<{
  name: string
  output: (path: string) => DestinationSpec
  source: (path: string) => SourceSpec
}>([
  {
    name: 'a tarball',
    output: (path) => ({ kind: 'tar', path, compression: 'none', overwrite: true }),
    source: (path) => ({ kind: 'tar', path }),
  },
  {
    name: 'a directory of images',
    output: (path) => ({ kind: 'dir', path, uniqueNames: false }),
    source: (path) => ({ kind: 'dir', path, image: 'sample', tag: '1' }),
  },
])('kill -9 before any change while writing $name', ({ output, source }) => {
  test(
    'leaves what was there or the whole, and nothing else after the next start',
    { timeout: 240_000 },
    async () => {
      await using context = await testContext()
      const image = sampleImage()
      await writeDockerArchive(image, context.path('source.tar.gz'), {
        flavour: 'docker-25-gzip',
        compress: 'gzip',
      })
      // Over another image under the same name, which shares a layer.
      const before = buildImage({
        layers: [image.layers[0]!.tar, [{ path: 'old' }]],
        references: ['sample:1'],
      })
      await writeDockerArchive(before, context.path('old.tar'))
      mkdirSync(context.path('pristine'))
      const pristine = output(context.path('pristine/out'))
      const old = { kind: 'tar', path: context.path('old.tar') } as const
      await runJob(
        { kind: 'convert', input: old, filters: [], output: pristine },
        workspaceIn(context.folder),
        testTask(),
      )

      const total = Number(await runWorker(context, 'whole', output, 0))
      expect(total).toBeGreaterThan(20)
      const whole = snapshotOf(context.path('whole/place'))
      const moments = Array.from({ length: total }, (_, i) => i + 1).values()
      const strike = async (): Promise<void> => {
        for (const n of moments) {
          const name = `killed-${n}`
          expect(await runWorker(context, name, output, n), `change ${n}`).toBe('killed')
          await expectWholeOrBefore(context, name, [before, image], source(context.path(`${name}/place/out`)))
          // The next start does the same work again, in this process.
          await again(context, name, output)
          expect(snapshotOf(context.path(`${name}/place`)), `after change ${n}`).toEqual(whole)
          expect(leftovers(context.path(name)), `after change ${n}`).toEqual([])
          rmSync(context.path(name), { recursive: true })
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, strike))
    },
  )
})

function workspaceIn(folder: string) {
  return openWorkspace({ cacheDir: join(folder, 'cache'), configDir: join(folder, 'config') })
}

/** In a folder of its own, over a copy of what was there; `killed`, or what it printed. */
async function runWorker(
  context: TestContext,
  name: string,
  output: (path: string) => DestinationSpec,
  n: number,
): Promise<string> {
  const folder = context.path(name)
  mkdirSync(folder)
  cpSync(context.path('pristine'), join(folder, 'place'), { recursive: true })
  cpSync(context.path('source.tar.gz'), join(folder, 'source.tar.gz'), { preserveTimestamps: true })
  const args = [WORKER, folder, JSON.stringify(output(join(folder, 'place/out'))), String(n)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  const { promise, resolve } = Promise.withResolvers<string>()
  child.on('close', (_, signal) => resolve(signal === 'SIGKILL' ? 'killed' : printed))
  return promise
}

async function expectWholeOrBefore(
  context: TestContext,
  name: string,
  images: readonly { readonly layers: readonly { readonly tar: Buffer }[] }[],
  source: SourceSpec,
): Promise<void> {
  const read = await layerBytes(context, source)
  const tars = images.map(({ layers }) => layers.map(({ tar }) => tar))
  expect(
    tars.some(
      (expected) => expected.length === read.length && expected.every((tar, i) => tar.equals(read[i]!)),
    ),
    name,
  ).toBe(true)
}

async function again(
  context: TestContext,
  name: string,
  output: (path: string) => DestinationSpec,
): Promise<void> {
  const folder = context.path(name)
  const workspace = workspaceIn(folder)
  const input = { kind: 'tar', path: join(folder, 'source.tar.gz') } as const
  const place = output(join(folder, 'place/out'))
  await runJob({ kind: 'convert', input, filters: [], output: place }, workspace, testTask())
  expect((await workspace.settings.set({ theme: 'light' })).theme).toBe('light')
  await workspace.recent.forget(input)
}

/** Names in the folders of the program that only a process at work has. */
function leftovers(folder: string): string[] {
  const all = ['cache', 'config', 'place'].filter((name) => existsSync(join(folder, name)))
  return all
    .flatMap((name) => readdirSync(join(folder, name), { recursive: true, encoding: 'utf8' }))
    .filter((name) => /\.tmp$|\.lock|\.occystrap|lease|\.bad$/.test(name))
}
