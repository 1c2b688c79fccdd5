import { readdir, stat, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Engine } from '../../main/engine/engine.ts'
import { ForkHost, type ChildHandle, type ProcessHost } from '../../main/engine/process-host.ts'
import { ReaderClient } from '../../main/engine/reader-client.ts'
import { openWorkspace } from '../../main/store/workspace.ts'
import type { JobSpec, JobState } from '../../shared/job.ts'
import { FakeEngine } from '../support/fake-engine.ts'
import { buildImage, writeDockerArchive } from '../support/image-builder.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

// These run the real processes, from the sources.

const source = (path: string) => ({ kind: 'tar', path }) as const

async function makeFolder(): Promise<{ folder: TemporaryFolder; workspace: Record<string, string> }> {
  const folder = await TemporaryFolder.make()
  const workspace = {
    cacheDir: folder.at('cache'),
    configDir: folder.at('config'),
    tempDir: folder.at('temp'),
  }
  return { folder, workspace }
}

async function ended(engine: Engine, id: string): Promise<JobState> {
  for await (const { states } of engine.watch()) {
    const state = states.find((state) => state.id === id)
    if (state && state.ended !== null) return state
  }
  throw new Error('the engine was closed')
}

async function writeImage(path: string, content: string): Promise<void> {
  const image = buildImage({ layers: [[{ path: 'etc/motd', content }]], references: ['sample:1'] })
  await writeDockerArchive(image, path, { flavour: 'docker-24' })
}

test('an image is exported, indexed and read by processes of their own', async () => {
  const { folder, workspace } = await makeFolder()
  await using _ = folder
  const path = folder.at('image.tar')
  await writeImage(path, 'hello\n')
  await using engine = new Engine({ host: new ForkHost(), workspace })
  await using reader = new ReaderClient(new ForkHost(), workspace)
  const job = engine.submit({
    kind: 'convert',
    input: source(path),
    filters: [],
    output: { kind: 'tar', path: folder.at('copy.tar'), compression: 'none', overwrite: true },
  })
  const index = engine.submit({ kind: 'index', input: source(path) })
  expect(await ended(engine, job.id)).toMatchObject({
    phase: 'done',
    outcome: { path: folder.at('copy.tar') },
  })
  expect(await ended(engine, index.id)).toMatchObject({ phase: 'done' })
  expect((await stat(folder.at('copy.tar'))).size).toBeGreaterThan(1024)
  const info = await reader.call('inspect', { source: source(folder.at('copy.tar')) })
  expect(info).toMatchObject({ references: ['docker.io/library/sample:1'] })
})

test('an error in a process is the error of its job or call', async () => {
  const { folder, workspace } = await makeFolder()
  await using _ = folder
  await writeFile(folder.at('page.tar'), '<html></html>')
  await using engine = new Engine({ host: new ForkHost(), workspace })
  await using reader = new ReaderClient(new ForkHost(), workspace)
  const { id } = engine.submit({ kind: 'index', input: source(folder.at('page.tar')) })
  const { phase, error } = await ended(engine, id)
  expect([phase, error?.code]).toEqual(['failed', 'not-an-image'])
  await expect(reader.call('inspect', { source: source(folder.at('page.tar')) })).rejects.toMatchObject({
    code: 'not-an-image',
  })
})

test('a process that dies takes its own job with it, and no other', async () => {
  const { folder, workspace } = await makeFolder()
  await using _ = folder
  await writeImage(folder.at('image.tar'), 'hello\n')
  const children: ChildHandle[] = []
  const host = new ForkHost()
  const counting: ProcessHost = {
    spawn: (entry) => {
      const child = host.spawn(entry)
      children.push(child)
      return child
    },
  }
  await using engine = new Engine({ host: counting, workspace })
  await using reader = new ReaderClient(counting, workspace)
  const copyTo = (name: string): JobSpec => ({
    kind: 'convert',
    input: source(folder.at('image.tar')),
    filters: [],
    output: { kind: 'tar', path: folder.at(name), compression: 'none', overwrite: true },
  })
  const lost = engine.submit(copyTo('lost.tar'))
  const kept = engine.submit(copyTo('kept.tar'))
  const question = reader.call('inspect', { source: source(folder.at('image.tar')) })
  const refused = expect(question).rejects.toMatchObject({ code: 'internal' })
  children[0]?.kill()
  children[2]?.kill()
  expect(await ended(engine, lost.id)).toMatchObject({ phase: 'failed', error: { code: 'internal' } })
  expect(await ended(engine, kept.id)).toMatchObject({ phase: 'done' })
  await refused
  expect(await reader.call('inspect', { source: source(folder.at('kept.tar')) })).toMatchObject({
    references: ['docker.io/library/sample:1'],
  })
  // The catalogue is written when nobody waits for it.
  const left = (await readdir(folder.path)).filter((name) => name !== 'config')
  expect(left.toSorted()).toEqual(['cache', 'image.tar', 'kept.tar'])
})

test('a job that is paused rests before the next layer, and goes on', async () => {
  const { folder, workspace } = await makeFolder()
  await using _ = folder
  const image = (name: string) =>
    buildImage({ layers: [[{ path: name, content: name }]], references: [`${name}:1`] })
  await using docker = await FakeEngine.start(folder.at('docker.sock'), ['a', 'b', 'c'].map(image) as never)
  const hold = Promise.withResolvers<void>()
  const asked = Promise.withResolvers<void>()
  docker.onExport = async (response, tar) => {
    asked.resolve()
    if (docker.exports === 1) await hold.promise
    response.end(tar)
  }
  await using engine = new Engine({ host: new ForkHost(), workspace })
  const { id } = engine.submit({ kind: 'index-engine', socket: docker.socket })
  await asked.promise
  engine.pause(id)
  hold.resolve()
  // The export is there, but its layer is not begun.
  await sleep(300)
  const { catalogue } = openWorkspace(workspace)
  expect(await catalogue.all()).toEqual([])
  expect(docker.exports).toBe(1)
  expect(engine.states[0]).toMatchObject({ phase: 'paused', ended: null })
  engine.resume(id)
  const { phase, outcome } = await ended(engine, id)
  expect([phase, outcome]).toEqual(['done', { imagesRead: 3, imagesKnown: 0, imagesFailed: 0 }])
  expect(await catalogue.all()).toHaveLength(3)
})

test('a job that is paused is cancelled in time', async () => {
  const { folder, workspace } = await makeFolder()
  await using _ = folder
  await using docker = await FakeEngine.start(
    folder.at('docker.sock'),
    buildImage({ layers: [[{ path: 'a', content: 'a' }]], references: ['a:1'] }),
  )
  await using engine = new Engine({ host: new ForkHost(), workspace, grace: 20_000 })
  const { id } = engine.submit({ kind: 'index-engine', socket: docker.socket })
  engine.pause(id)
  // The first image is not begun while it rests.
  await sleep(1000)
  expect(docker.exports).toBe(0)
  const started = performance.now()
  engine.cancel(id)
  expect(await ended(engine, id)).toMatchObject({ phase: 'cancelled' })
  expect(performance.now() - started).toBeLessThan(10_000)
})

test('a cancelled job is gone in time and leaves nothing beside its destination', async () => {
  const { folder, workspace } = await makeFolder()
  await using _ = folder
  const path = folder.at('image.tar')
  await writeImage(path, 'x'.repeat(32 * 1024 ** 2))
  await using engine = new Engine({ host: new ForkHost(), workspace })
  const spec: JobSpec = {
    kind: 'convert',
    input: source(path),
    filters: [],
    output: { kind: 'tar', path: folder.at('copy.tar'), compression: 'zstd', overwrite: true },
  }
  const { id } = engine.submit(spec)
  await expect.poll(() => engine.states[0]?.done, { timeout: 20_000 }).toBeGreaterThan(0)
  engine.cancel(id)
  const { phase } = await ended(engine, id)
  // A quick machine may have been done before it heard.
  if (phase === 'done') expect(await readdir(folder.path)).toContain('copy.tar')
  else {
    expect(phase).toBe('cancelled')
    expect(
      (await readdir(folder.path)).filter((name) => name.includes('copy') || name.startsWith('.')),
    ).toEqual([])
  }
})
