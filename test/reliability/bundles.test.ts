import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, afterAll, describe, expect, test } from 'vitest'
import { runJob } from '../../main/engine/run-job.ts'
import { openWorkspace } from '../../main/store/workspace.ts'
import { reportOf } from '../../shared/errors.ts'
import { bundleAt } from '../support/conversion.ts'
import { testContext, type TestContext } from '../support/context.ts'
import { NthChangeFails } from '../support/faults.ts'
import { snapshotOf } from '../support/folder-snapshot.ts'
import { buildImage, writeDockerArchive } from '../support/image-builder.ts'
import { testTask } from '../support/task.ts'

const CLI = join(import.meta.dirname, '../../main/cli.ts')
const MOMENTS = 50
const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e6))

let context: TestContext
/** What a bundle of the image holds. */
let whole: Record<string, string>

/** Uniform in [0, 1), the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    return (state >>> 0) / 2 ** 32
  }
}

beforeAll(async () => {
  console.log(`SEED=${SEED}`)
  context = await testContext()
  const files = (layer: number) =>
    Array.from({ length: 400 }, (_, i) => ({
      path: `d${i % 20}/l${layer}-${i}`,
      // Some so large that they are written while their layer is still read.
      content: `${layer}/${i}`.repeat(i % 20 === 0 ? 10_000 : 500),
      mode: 0o640,
    }))
  const folders = Array.from(
    { length: 20 },
    (_, i) => ({ path: `d${i}`, type: 'directory', mode: 0o555 }) as const,
  )
  const image = buildImage({
    layers: [
      [...folders, ...files(1), { path: 'link', type: 'symlink', linkname: 'd0' }],
      [...files(2), { path: 'hard', type: 'link', linkname: 'd1/l2-1' }],
    ],
    references: ['bundle:1'],
  })
  await writeDockerArchive(image, context.path('source.tar'), { flavour: 'docker-25-gzip' })
  mkdirSync(context.path('whole'))
  await convert('whole')
  whole = snapshotOf(context.path('whole'))
  expect(Object.keys(whole).length).toBeGreaterThan(800)
})
afterAll(async () => {
  await context[Symbol.asyncDispose]()
})

function convert(place: string, task = testTask()) {
  const workspace = openWorkspace({
    cacheDir: context.path(`${place}-cache`),
    configDir: context.path('config'),
  })
  const input = { kind: 'tar', path: context.path('source.tar') } as const
  const output = bundleAt(context.path(`${place}/out`))
  return runJob({ kind: 'convert', input, filters: [], output }, workspace, task)
}

/** Right after a job ended in whatever way: nothing, or all of it. */
function expectWholeOrNothing(place: string, what: string): void {
  const visible = readdirSync(context.path(place)).filter((name) => !name.startsWith('.occystrap-'))
  if (visible.length === 0) return
  expect(visible, what).toEqual(['out'])
  expect(withoutStaging(snapshotOf(context.path(place))), what).toEqual(whole)
}

function withoutStaging(snapshot: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(snapshot).filter(([path]) => !path.startsWith('.occystrap-')))
}

describe('a bundle', () => {
  test(
    `killed at ${MOMENTS} random moments is not there, or whole, and the next run clears what is left`,
    { timeout: 240_000 },
    async () => {
      const random = randomFrom(SEED)
      mkdirSync(context.path('killed'))
      const run = () =>
        spawn(
          process.execPath,
          [
            CLI,
            '--quiet',
            '--cache-dir',
            context.path('killed-cache'),
            'process',
            `tar://${context.path('source.tar')}`,
            `oci://${context.path('killed/out')}`,
          ],
          { stdio: 'ignore' },
        )
      /** How long a run takes that knows nothing of the layers, and one that knows them. */
      const durations = { cold: Infinity, warm: Infinity }
      let killed = 0
      for (let i = -4; i < MOMENTS; i++) {
        rmSync(context.path('killed'), { recursive: true })
        mkdirSync(context.path('killed'))
        const kind = i % 2 === 0 ? 'cold' : 'warm'
        if (kind === 'cold') rmSync(context.path('killed-cache'), { recursive: true, force: true })
        const started = performance.now()
        const child = run()
        const ended = once(child, 'exit').then(([, signal]) => ({
          signal,
          took: performance.now() - started,
        }))
        if (i >= 0) {
          // Most of it is the start of the program: the later part counts.
          await sleep(durations[kind] * (0.4 + 0.6 * random()))
          child.kill('SIGKILL')
        }
        const { signal, took } = await ended
        if (signal === 'SIGKILL') killed++
        else durations[kind] = Math.min(durations[kind], took)
        expectWholeOrNothing('killed', `moment ${i}`)
        if (existsSync(context.path('killed/out'))) rmSync(context.path('killed/out'), { recursive: true })
      }
      expect(killed).toBeGreaterThan(MOMENTS / 4)
      await convert('killed')
      expect(snapshotOf(context.path('killed'))).toEqual(whole)
    },
  )

  test(`cancelled at ${MOMENTS} random moments leaves nothing, at once`, { timeout: 240_000 }, async () => {
    const random = randomFrom(SEED + 1)
    mkdirSync(context.path('cancelled'))
    const started = performance.now()
    await convert('cancelled')
    const duration = performance.now() - started
    let cancelled = 0
    for (let i = 0; i < MOMENTS; i++) {
      rmSync(context.path('cancelled'), { recursive: true })
      rmSync(context.path('cancelled-cache'), { recursive: true, force: true })
      mkdirSync(context.path('cancelled'))
      const cancel = new AbortController()
      const task = { ...testTask(), signal: cancel.signal }
      const ending = convert('cancelled', task).then(() => undefined, reportOf)
      await sleep(duration * random())
      const asked = performance.now()
      cancel.abort()
      const error = await ending
      expect(performance.now() - asked, `moment ${i}`).toBeLessThan(5000)
      if (error) {
        cancelled++
        expect(error.code, `moment ${i}: ${error.message} ${error.detail}`).toBe('cancelled')
        expect(readdirSync(context.path('cancelled')), `moment ${i}`).toEqual([])
      } else expect(snapshotOf(context.path('cancelled'))).toEqual(whole)
    }
    expect(cancelled).toBeGreaterThan(MOMENTS / 4)
  })

  test(
    'from which the disk goes away before any change of the main thread fails in words and leaves nothing',
    { timeout: 240_000 },
    async () => {
      let total = Infinity
      // Directories are all alike: a look at every tenth change is as good.
      for (let n = 1; n <= total; n += n < 20 ? 1 : 10) {
        const place = `fault-${n}`
        mkdirSync(context.path(place))
        using changes = await NthChangeFails.make(n)
        const error = await convert(place).then(() => undefined, reportOf)
        if (!error) {
          total = changes.count
          expect(snapshotOf(context.path(place))).toEqual(whole)
        } else {
          expect(error.message, `change ${n}`).toMatch(/^[^\n]+\.$/)
          expect(withoutStaging(snapshotOf(context.path(place))), `change ${n}`).toEqual({})
        }
        rmSync(context.path(place), { recursive: true })
        rmSync(context.path(`${place}-cache`), { recursive: true, force: true })
      }
      expect(total).toBeGreaterThan(10)
    },
  )

  test('is the same each time: same tree, same config.json', async () => {
    const config = readFileSync(context.path('whole/out/config.json'), 'utf8')
    for (const place of ['again-1', 'again-2']) {
      mkdirSync(context.path(place))
      await convert(place)
      expect(readFileSync(context.path(`${place}/out/config.json`), 'utf8')).toBe(config)
      expect(snapshotOf(context.path(place))).toEqual(whole)
    }
  })

  test('of a file that changed after it was listed is refused', async () => {
    mkdirSync(context.path('changed'))
    const plain = buildImage({ layers: [[{ path: 'a', content: 'right' }]], references: ['a:1'] })
    const path = context.path('plain.tar')
    await writeDockerArchive(plain, path, { flavour: 'podman' })
    const bytes = readFileSync(path)
    bytes[bytes.indexOf('right')] = 0x57
    writeFileSync(path, bytes)
    const workspace = openWorkspace({
      cacheDir: context.path('changed-cache'),
      configDir: context.path('config'),
    })
    const job = runJob(
      {
        kind: 'convert',
        input: { kind: 'tar', path },
        filters: [],
        output: bundleAt(context.path('changed/out')),
      },
      workspace,
      testTask(),
    )
    expect(await job.then(() => undefined, reportOf)).toMatchObject({ code: 'digest-mismatch' })
    expect(readdirSync(context.path('changed'))).toEqual([])
  })
})
