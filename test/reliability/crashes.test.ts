import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Engine } from '../../main/engine/engine.ts'
import { ForkHost } from '../../main/engine/process-host.ts'
import type { JobSpec, JobState } from '../../shared/job.ts'
import { testContext } from '../support/context.ts'
import { sampleImage, writeDockerArchive } from '../support/image-builder.ts'

const FAULTS = join(import.meta.dirname, '../support/faulty-process.ts')

/** Reliability, promise 28: whatever happens in a job's process, only that job fails, with a reason, and nothing of it stays. */
test.each([
  ['throw', 'internal', /ended unexpectedly\.$/],
  ['reject', 'internal', /ended unexpectedly\.$/],
  ['exit', 'internal', /ended unexpectedly\.$/],
  ['abort', 'internal', /ended unexpectedly\.$/],
  ['native', 'internal', /ended unexpectedly\.$/],
  ['heap', 'limit', /ran out of memory\.$/],
  ['garbage', 'internal', /answered with something that is not a state\.$/],
] as const)('a job whose process ends by %s', async (fault, code, message) => {
  await using context = await testContext()
  await writeDockerArchive(sampleImage(), context.path('image.tar'))
  mkdirSync(context.path('place'))
  const host = new ForkHost(['--max-old-space-size=64', '--import', FAULTS])
  const workspace = { cacheDir: context.path('cache'), configDir: context.path('config') }
  await using engine = new Engine({ host, workspace, historyFolder: context.path('jobs') })
  const copyTo = (name: string): JobSpec => ({
    kind: 'convert',
    input: { kind: 'tar', path: context.path('image.tar') },
    filters: [],
    output: { kind: 'tar', path: context.path(`place/${name}`), compression: 'none', overwrite: true },
  })
  // Two run at once, the others wait for them.
  const ids = ['good-1', fault, 'good-2', 'good-3'].map((name) => engine.submit(copyTo(name)).id)
  const states = await Promise.all(ids.map((id) => ended(engine, id)))
  expect(states.map(({ phase }) => phase)).toEqual(['done', 'failed', 'done', 'done'])
  const error = states[1]?.error
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) })
  expect(`${error?.message} ${error?.remedy}`).not.toMatch(/\n|\bat /)
  expect(readdirSync(context.path('place')).toSorted()).toEqual(['good-1', 'good-2', 'good-3'])
})

test('a job whose process hangs is gone when it is cancelled, and nothing of it stays', async () => {
  await using context = await testContext()
  await writeDockerArchive(sampleImage(), context.path('image.tar'))
  mkdirSync(context.path('place'))
  const host = new ForkHost(['--import', FAULTS])
  await using engine = new Engine({ host, workspace: { cacheDir: context.path('cache') }, grace: 100 })
  const { id } = engine.submit({
    kind: 'convert',
    input: { kind: 'tar', path: context.path('image.tar') },
    filters: [],
    output: { kind: 'tar', path: context.path('place/hang'), compression: 'none', overwrite: true },
  })
  await expect.poll(() => readdirSync(context.path('place')), { timeout: 20_000 }).toHaveLength(1)
  engine.cancel(id)
  expect(await ended(engine, id)).toMatchObject({ phase: 'cancelled', error: null })
  expect(readdirSync(context.path('place'))).toEqual([])
})

async function ended(engine: Engine, id: string): Promise<JobState> {
  for await (const { states } of engine.watch()) {
    const state = states.find((state) => state.id === id)
    if (state && state.ended !== null) return state
  }
  throw new Error('the engine was closed')
}
