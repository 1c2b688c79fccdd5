import { mkdirSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runJob } from '../../main/engine/run-job.ts'
import { openWorkspace, type Workspace } from '../../main/store/workspace.ts'
import { reportOf } from '../../shared/errors.ts'
import type { JobSpec } from '../../shared/job.ts'
import type { DestinationSpec } from '../../shared/uri.ts'
import { testContext, type TestContext } from '../support/context.ts'
import { NthChangeFails } from '../support/faults.ts'
import { snapshotOf } from '../support/folder-snapshot.ts'
import { sampleImage, writeDockerArchive } from '../support/image-builder.ts'
import { testTask } from '../support/task.ts'

/** Everything a job that ended may not keep, of this process and on the disk. */
function openFiles(folder: string): string[] {
  return readdirSync('/proc/self/fd')
    .map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`)
      } catch {
        return ''
      }
    })
    .filter((path) => path.startsWith(folder))
}

const jobs: Readonly<Record<string, (folder: string) => JobSpec>> = {
  'a tarball': (folder) =>
    convertTo(folder, { kind: 'tar', path: join(folder, 'place/out'), compression: 'none', overwrite: true }),
  'a compressed tarball': (folder) =>
    convertTo(folder, { kind: 'tar', path: join(folder, 'place/out'), compression: 'zstd', overwrite: true }),
  'a directory of images': (folder) =>
    convertTo(folder, { kind: 'dir', path: join(folder, 'place/out'), uniqueNames: true }),
  'normalised times': (folder) => ({
    ...convertTo(folder, {
      kind: 'tar',
      path: join(folder, 'place/out'),
      compression: 'none',
      overwrite: true,
    }),
    filters: [{ kind: 'normalize-timestamps', timestamp: 0 }],
  }),
  'a saved file': (folder) => ({
    kind: 'save-path',
    input: source(folder),
    path: 'etc/motd',
    isMerged: true,
    destination: join(folder, 'place/out'),
  }),
  'a saved layer': (folder) => ({
    kind: 'save-layer',
    input: source(folder),
    diffID: sampleImage().layers[0]!.diffID,
    destination: join(folder, 'place/out'),
    isUncompressed: true,
  }),
}

const source = (folder: string) => ({ kind: 'tar', path: join(folder, 'source.tar.gz') }) as const

function convertTo(folder: string, output: DestinationSpec): Extract<JobSpec, { kind: 'convert' }> {
  return { kind: 'convert', input: source(folder), filters: [], output }
}

/** A new workspace and an empty destination each time: nothing is known, everything is written. */
function freshStart(context: TestContext): Workspace {
  for (const name of ['place', 'cache', 'config'])
    rmSync(context.path(name), { recursive: true, force: true })
  mkdirSync(context.path('place'))
  return openWorkspace({ cacheDir: context.path('cache'), configDir: context.path('config') })
}

const temporary = (folder: string): string[] =>
  Object.keys(snapshotOf(folder)).filter((path) => /\.tmp($|\/)|\.lock|lease/.test(path))

describe.each(Object.entries(jobs))('%s', (_, jobIn) => {
  test('from which the disk goes away at any moment fails in words, shows nothing and keeps no file open', async () => {
    await using context = await testContext()
    await writeDockerArchive(sampleImage(), context.path('source.tar.gz'), {
      flavour: 'docker-25-gzip',
      compress: 'gzip',
    })
    const codes = new Set<string>()
    for (let n = 1, isWhole = false; !isWhole; n++) {
      const workspace = freshStart(context)
      using faults = await NthChangeFails.make(n, { isLasting: true })
      const error = await runJob(jobIn(context.folder), workspace, testTask()).then(() => undefined, reportOf)
      isWhole = !faults.isOver
      expect(openFiles(context.folder), `change ${n}`).toEqual([])
      if (!error) continue
      codes.add(error.code)
      // What could not be removed is a temporary thing with its owner's name, for the next start to clear.
      const visible = readdirSync(context.path('place')).filter((name) => !name.startsWith('.occystrap-'))
      expect(visible, `change ${n}`).toEqual([])
    }
    expect([...codes]).toEqual(['io'])
  })

  test('is on the disk before it has its name, and its name is on the disk before the job is done', async () => {
    await using context = await testContext()
    await writeDockerArchive(sampleImage(), context.path('source.tar.gz'), {
      flavour: 'docker-25-gzip',
      compress: 'gzip',
    })
    const workspace = freshStart(context)
    using changes = await NthChangeFails.make(0, { strike: () => {} })
    await runJob(jobIn(context.folder), workspace, testTask())
    const lasting = changes.calls.filter((name) => name === 'sync' || name === 'rename')
    expect(lasting.slice(-3)).toEqual(['sync', 'rename', 'sync'])
  })

  test('that is cancelled before any change leaves nothing, anywhere, or is done', async () => {
    await using context = await testContext()
    await writeDockerArchive(sampleImage(), context.path('source.tar.gz'), {
      flavour: 'docker-25-gzip',
      compress: 'gzip',
    })
    let whole: Record<string, string> | undefined
    let cancelled = 0
    for (let n = 0; n === 0 || whole === undefined || n < 200; n++) {
      const workspace = freshStart(context)
      const task = testTask()
      using faults = await NthChangeFails.make(n, { strike: () => task.cancel() })
      const error = await runJob(jobIn(context.folder), workspace, task).then(() => undefined, reportOf)
      const left = snapshotOf(context.path('place'))
      whole ??= left
      expect(openFiles(context.folder), `change ${n}`).toEqual([])
      expect(temporary(context.folder), `change ${n}`).toEqual([])
      if (error) {
        cancelled++
        expect(error.code, `change ${n}`).toBe('cancelled')
        expect(left, `change ${n}`).toEqual({})
      } else expect(left, `change ${n}`).toEqual(whole)
      if (n > 0 && !faults.isOver) break
    }
    expect(cancelled).toBeGreaterThan(2)
  })
})
