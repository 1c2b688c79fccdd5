import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { Engine } from '../../main/engine/engine.ts'
import type { JobChanges } from '../../main/engine/job-feed.ts'
import type { JobSpec, JobState } from '../../shared/job.ts'
import { FakeProcesses } from '../support/fake-processes.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

const exportTo = (name: string): JobSpec => ({
  kind: 'convert',
  input: { kind: 'tar', path: '/images/debian.tar', image: 'debian:12' },
  filters: [],
  output: { kind: 'tar', path: `/nowhere/${name}`, compression: 'none', overwrite: true },
})
const indexOf = (name: string): JobSpec => ({
  kind: 'index',
  input: { kind: 'tar', path: `/images/${name}` },
})

const running = (engine: Engine): string[] =>
  engine.states.filter((state) => state.phase === 'running').map((state) => state.title)

function makeEngine(options: { historyFolder?: string; grace?: number } = {}): {
  engine: Engine
  processes: FakeProcesses
} {
  const processes = new FakeProcesses()
  const engine = new Engine({ host: processes, workspace: { cacheDir: '/cache' }, ...options })
  return { engine, processes }
}

/** The state of a job when it has ended. */
async function ended(engine: Engine, id: string): Promise<JobState> {
  for await (const { states } of engine.watch()) {
    const state = states.find((state) => state.id === id)
    if (state?.ended !== null && state) return state
  }
  throw new Error('the engine was closed')
}

test('a job is started with its spec and the folders, in a process of its own', () => {
  const { engine, processes } = makeEngine()
  const state = engine.submit(exportTo('a.tar'))
  expect(state).toMatchObject({ phase: 'running', title: 'Export debian:12 to a.tar', error: null })
  expect(processes.child(0).entry).toBe('job-process')
  expect(processes.child(0).received).toEqual([
    { type: 'start', spec: exportTo('a.tar'), workspace: { cacheDir: '/cache', signIns: [] } },
  ])
})

test('progress and warnings become the state, and the outcome its end', async () => {
  const { engine, processes } = makeEngine()
  const { id } = engine.submit(exportTo('a.tar'))
  const child = processes.child(0)
  const steps = [{ name: 'layer', done: 5, total: 10 }]
  child.say({ type: 'progress', steps, done: 5, total: 10, warnings: [{ code: 'odd', message: 'Odd.' }] })
  child.say({ type: 'progress', steps, done: 5, total: 10 })
  expect(engine.states[0]).toMatchObject({ steps, done: 5, total: 10, warnings: [{ code: 'odd' }] })
  child.say({ type: 'done', outcome: { path: '/nowhere/a.tar', bytesWritten: 10 } })
  child.exit()
  const state = await ended(engine, id)
  expect(state).toMatchObject({ phase: 'done', outcome: { path: '/nowhere/a.tar', bytesWritten: 10 } })
})

test('two jobs run at once, the third waits for one to end', async () => {
  const { engine, processes } = makeEngine()
  const first = engine.submit(exportTo('a.tar'))
  engine.submit(exportTo('b.tar'))
  expect(engine.submit(exportTo('c.tar')).phase).toBe('waiting')
  processes.child(0).say({ type: 'done', outcome: {} })
  processes.child(0).exit()
  await ended(engine, first.id)
  expect(running(engine)).toEqual(['Export debian:12 to b.tar', 'Export debian:12 to c.tar'])
})

test('reading in the background leaves a place for what the user asked for', () => {
  const { engine } = makeEngine()
  engine.submit(indexOf('a.tar'))
  engine.submit(indexOf('b.tar'))
  engine.submit(exportTo('c.tar'))
  expect(running(engine)).toEqual(['Read the layers of a.tar', 'Export debian:12 to c.tar'])
})

test('the same image is not read twice at once', () => {
  const { engine } = makeEngine()
  expect(engine.submit(indexOf('a.tar')).id).toBe(engine.submit(indexOf('a.tar')).id)
  expect(engine.submit(exportTo('a.tar')).id).not.toBe(engine.submit(exportTo('a.tar')).id)
})

test('what is not a job is refused in words', () => {
  const { engine, processes } = makeEngine()
  expect(() => engine.submit({ kind: 'format-disk' } as never)).toThrow(
    expect.objectContaining({ code: 'usage', message: 'This is not a job that Occystrap knows.' }),
  )
  expect(processes.children).toHaveLength(0)
})

test('cancel asks the process, which ends in its own order', async () => {
  const { engine, processes } = makeEngine()
  const { id } = engine.submit(exportTo('a.tar'))
  engine.cancel(id)
  expect(engine.states[0]?.phase).toBe('cancelling')
  expect(processes.child(0).received.at(-1)).toEqual({ type: 'cancel' })
  processes.child(0).say({ type: 'failed', error: { code: 'cancelled', message: 'Cancelled.' } })
  processes.child(0).exit()
  expect(await ended(engine, id)).toMatchObject({ phase: 'cancelled', error: null })
})

test('a process that does not listen is killed after the grace', async () => {
  const { engine, processes } = makeEngine({ grace: 5 })
  const { id } = engine.submit(exportTo('a.tar'))
  engine.cancel(id)
  expect((await ended(engine, id)).phase).toBe('cancelled')
  expect(processes.child(0).isKilled).toBe(true)
})

test('a job that was finished before it heard of the cancel is done: its output is there', async () => {
  const { engine, processes } = makeEngine()
  const { id } = engine.submit(exportTo('a.tar'))
  engine.cancel(id)
  processes.child(0).say({ type: 'done', outcome: { path: '/nowhere/a.tar' } })
  processes.child(0).exit()
  expect((await ended(engine, id)).phase).toBe('done')
})

const indexEngine = (socket: string): JobSpec => ({ kind: 'index-engine', socket })

const phases = (engine: Engine): string[] => engine.states.map((state) => state.phase)

describe('a pause', () => {
  test('is told to the process, keeps what was done, and ends with a resume', () => {
    const { engine, processes } = makeEngine()
    const { id } = engine.submit(indexEngine('/run/docker.sock'))
    const steps = [{ name: '1 of 2: debian:12', done: 5, total: 10 }]
    processes.child(0).say({ type: 'progress', steps, done: 5, total: 20 })
    engine.pause(id)
    expect(engine.states[0]).toMatchObject({ phase: 'paused', steps, done: 5, total: 20 })
    expect(processes.child(0).received.at(-1)).toEqual({ type: 'pause' })
    // What was on its way is read to its end.
    processes.child(0).say({ type: 'progress', steps, done: 10, total: 20 })
    expect(engine.states[0]).toMatchObject({ phase: 'paused', done: 10 })
    engine.pause(id)
    engine.resume(id)
    engine.resume(id)
    expect(engine.states[0]).toMatchObject({ phase: 'running', done: 10 })
    const [, ...told] = processes.child(0).received
    expect(told).toEqual([{ type: 'pause' }, { type: 'resume' }])
    expect(processes.children).toHaveLength(1)
  })

  test('can be cancelled', async () => {
    const { engine, processes } = makeEngine()
    const { id } = engine.submit(indexOf('a.tar'))
    engine.pause(id)
    engine.cancel(id)
    expect(phases(engine)).toEqual(['cancelling'])
    engine.resume(id)
    expect(phases(engine)).toEqual(['cancelling'])
    expect(processes.child(0).received.at(-1)).toEqual({ type: 'cancel' })
    processes.child(0).say({ type: 'failed', error: { code: 'cancelled', message: 'Cancelled.' } })
    expect((await ended(engine, id)).phase).toBe('cancelled')
  })

  test('does not keep the job from ending with what was on its way', async () => {
    const { engine, processes } = makeEngine()
    const { id } = engine.submit(indexOf('a.tar'))
    engine.pause(id)
    processes.child(0).say({ type: 'done', outcome: {} })
    expect((await ended(engine, id)).phase).toBe('done')
  })

  test('makes place for others; whoever resumes waits for a place again', async () => {
    const { engine, processes } = makeEngine()
    const first = engine.submit(indexOf('a.tar'))
    const second = engine.submit(indexOf('b.tar'))
    expect(phases(engine)).toEqual(['running', 'waiting'])
    engine.pause(first.id)
    expect(phases(engine)).toEqual(['paused', 'running'])
    engine.resume(first.id)
    expect(phases(engine)).toEqual(['waiting', 'running'])
    expect(processes.child(0).received.at(-1)).toEqual({ type: 'pause' })
    processes.child(1).say({ type: 'done', outcome: {} })
    await ended(engine, second.id)
    expect(phases(engine)).toEqual(['running', 'done'])
    expect(processes.child(0).received.at(-1)).toEqual({ type: 'resume' })
  })

  test('of a job that has not begun needs no process, and neither does its cancel', () => {
    const { engine, processes } = makeEngine()
    engine.submit(indexOf('a.tar'))
    const { id } = engine.submit(indexOf('b.tar'))
    engine.pause(id)
    engine.resume(id)
    engine.pause(id)
    expect(phases(engine)).toEqual(['running', 'paused'])
    engine.cancel(id)
    expect(phases(engine)).toEqual(['running', 'cancelled'])
    expect(processes.children).toHaveLength(1)
  })

  test('is refused by what cannot stop between two pieces, and nothing to what has ended', async () => {
    const { engine, processes } = makeEngine()
    const { id } = engine.submit(exportTo('a.tar'))
    expect(() => engine.pause(id)).toThrow(expect.objectContaining({ code: 'unsupported' }))
    const index = engine.submit(indexOf('a.tar'))
    processes.child(1).say({ type: 'done', outcome: {} })
    await ended(engine, index.id)
    engine.pause(index.id)
    expect(phases(engine)).toEqual(['running', 'done'])
  })

  test('is not undone by asking for the same again', () => {
    const { engine } = makeEngine()
    const { id } = engine.submit(indexOf('a.tar'))
    engine.pause(id)
    expect(engine.submit(indexOf('a.tar'))).toMatchObject({ id, phase: 'paused' })
  })

  test('and a closing program ends it', async () => {
    const { engine, processes } = makeEngine({ grace: 5 })
    engine.pause(engine.submit(indexOf('a.tar')).id)
    await engine[Symbol.asyncDispose]()
    expect(phases(engine)).toEqual(['cancelled'])
    expect(processes.child(0).isKilled).toBe(true)
  })
})

test('reading all images of an engine begins when there is a place, once, and then nothing waits for it', () => {
  const { engine } = makeEngine()
  const first = engine.submit(indexEngine('/run/docker.sock'))
  expect(engine.submit(indexEngine('/run/docker.sock')).id).toBe(first.id)
  engine.submit(indexEngine('/run/podman.sock'))
  engine.submit(indexOf('a.tar'))
  engine.submit(exportTo('b.tar'))
  engine.submit(exportTo('c.tar'))
  expect(phases(engine)).toEqual(['running', 'waiting', 'running', 'running', 'waiting'])
  // The next begins in a place of its own, not as one more beside two.
  engine.pause(first.id)
  expect(phases(engine)).toEqual(['paused', 'waiting', 'running', 'running', 'waiting'])
})

test('a waiting job is cancelled without a process', () => {
  const { engine, processes } = makeEngine()
  engine.submit(exportTo('a.tar'))
  engine.submit(exportTo('b.tar'))
  const { id } = engine.submit(exportTo('c.tar'))
  engine.cancel(id)
  expect(engine.states[2]?.phase).toBe('cancelled')
  expect(processes.children).toHaveLength(2)
})

test.for([
  [{ code: 1, lastWords: 'TypeError: x is undefined' }, 'internal', /ended unexpectedly/],
  [{ code: null, signal: 'SIGSEGV' }, 'internal', /ended unexpectedly/],
  [{ code: null, signal: 'SIGKILL' }, 'internal', /The system ended/],
  [{ code: 134, lastWords: 'FATAL ERROR: JavaScript heap out of memory' }, 'limit', /out of memory/],
] as const)('a process that dies (%o) is a failed job with a reason', async ([exit, code, message]) => {
  const { engine, processes } = makeEngine()
  const { id } = engine.submit(exportTo('a.tar'))
  processes.child(0).exit(exit)
  const { phase, error } = await ended(engine, id)
  expect(phase).toBe('failed')
  expect(error?.code).toBe(code)
  expect(error?.message).toMatch(message)
})

test('where the system gives no process, the job has failed and the next one is not held up', () => {
  const { engine, processes } = makeEngine()
  processes.spawn = () => {
    throw Object.assign(new Error('spawn EAGAIN'), { code: 'EAGAIN', syscall: 'spawn' })
  }
  expect(engine.submit(exportTo('a.tar'))).toMatchObject({ phase: 'failed', error: { code: 'io' } })
  expect(engine.openJobs).toEqual([])
})

test('what a dead job left beside its destination is removed', async () => {
  await using folder = await TemporaryFolder.make()
  const { engine, processes } = makeEngine()
  const spec = { ...exportTo('a.tar'), output: { kind: 'tar', path: folder.at('a.tar') } } as JobSpec
  const { id } = engine.submit(spec)
  // A pid that cannot be running.
  const mark = (await import('../../main/image/process-owner.ts')).ownerMark().split('-')[0]
  await mkdir(folder.at(`.occystrap-${mark}-999999999-1-0123456789abcdef.tmp`))
  processes.child(0).exit({ signal: 'SIGKILL' })
  await ended(engine, id)
  expect(await readdir(folder.path)).toEqual([])
})

test('an answer that is no state fails the job and ends its process', async () => {
  const { engine, processes } = makeEngine()
  const { id } = engine.submit(exportTo('a.tar'))
  processes.child(0).say({ type: 'progress', steps: 'many' })
  expect(await ended(engine, id)).toMatchObject({ phase: 'failed', error: { code: 'internal' } })
  expect(processes.child(0).isKilled).toBe(true)
})

test('retry is the same spec as a new job', async () => {
  const { engine, processes } = makeEngine()
  const { id } = engine.submit(exportTo('a.tar'))
  processes.child(0).say({ type: 'failed', error: { code: 'no-space', message: 'Full.' } })
  processes.child(0).exit()
  expect(await ended(engine, id)).toMatchObject({
    phase: 'failed',
    error: { code: 'no-space', message: 'Full.' },
  })
  const again = engine.retry(id)
  expect(again).toMatchObject({ phase: 'running', spec: exportTo('a.tar'), error: null })
  expect(again.id).not.toBe(id)
})

test('clear forgets ended jobs and leaves running ones', async () => {
  const { engine, processes } = makeEngine()
  const first = engine.submit(exportTo('a.tar'))
  const second = engine.submit(exportTo('b.tar'))
  processes.child(0).say({ type: 'done', outcome: {} })
  processes.child(0).exit()
  await ended(engine, first.id)
  engine.clear()
  expect(engine.states.map((state) => state.id)).toEqual([second.id])
  engine.clear(second.id)
  expect(engine.states).toHaveLength(1)
  expect(() => engine.clear('no-such-job')).toThrow(expect.objectContaining({ code: 'not-found' }))
})

test('watchers get everything once, then only what changed, coalesced', async () => {
  const { engine, processes } = makeEngine()
  engine.submit(exportTo('a.tar'))
  const second = engine.submit(exportTo('b.tar'))
  const watch = engine.watch()[Symbol.asyncIterator]()
  const first = await watch.next()
  expect((first.value as JobChanges).states).toHaveLength(2)
  for (let done = 1; done <= 1000; done++)
    processes.child(1).say({ type: 'progress', steps: [], done, total: 1000 })
  const next = await watch.next()
  expect((next.value as JobChanges).states).toMatchObject([{ id: second.id, done: 1000 }])
  const started = performance.now()
  processes.child(1).say({ type: 'progress', steps: [], done: 1001, total: 1000 })
  await watch.next()
  // The pace is a floor, so a slow machine cannot fail this.
  expect(performance.now() - started).toBeGreaterThan(40)
  await watch.return?.()
})

test('a watcher that leaves is not remembered', async () => {
  const { engine } = makeEngine()
  const leave = new AbortController()
  const seen: JobChanges[] = []
  const watching = (async () => {
    for await (const changes of engine.watch(leave.signal)) seen.push(changes)
  })()
  await Promise.resolve()
  leave.abort()
  await watching
  engine.submit(exportTo('a.tar'))
  expect(seen).toEqual([{ states: [], gone: [] }])
})

test('disposal cancels everything, waits for the processes, and takes nothing new', async () => {
  const { engine, processes } = makeEngine({ grace: 5 })
  for (const name of ['a.tar', 'b.tar', 'c.tar']) engine.submit(exportTo(name))
  await engine[Symbol.asyncDispose]()
  expect(engine.states.map((state) => state.phase)).toEqual(['cancelled', 'cancelled', 'cancelled'])
  expect(processes.children.map((child) => child.isKilled)).toEqual([true, true])
  expect(() => engine.submit(exportTo('d.tar'))).toThrow(expect.objectContaining({ code: 'busy' }))
})

test('outcomes are there again after a restart; a job that was running then has failed', async () => {
  await using folder = await TemporaryFolder.make()
  const historyFolder = folder.at('jobs')
  const before = makeEngine({ historyFolder })
  const done = before.engine.submit(exportTo('a.tar'))
  const lost = before.engine.submit(exportTo('b.tar'))
  before.engine.submit(indexOf('c.tar'))
  before.processes.child(0).say({ type: 'done', outcome: { path: '/nowhere/a.tar' } })
  before.processes.child(0).exit()
  await ended(before.engine, done.id)
  // As if that process had died: its mark names a pid that cannot be running.
  for (const name of await readdir(historyFolder)) {
    const record = JSON.parse(await readFile(`${historyFolder}/${name}`, 'utf8')) as { owner: string }
    record.owner = record.owner.replace(/-\d+-\d+$/, '-999999999-1')
    await writeFile(`${historyFolder}/${name}`, JSON.stringify(record))
  }
  const { engine } = makeEngine({ historyFolder })
  expect(engine.states).toMatchObject([
    { id: done.id, phase: 'done', outcome: { path: '/nowhere/a.tar' } },
    { id: lost.id, phase: 'failed', error: { message: 'Occystrap was closed while this job was running.' } },
  ])
})

test('jobs of another instance that still runs are not taken for lost, and damage is forgotten', async () => {
  await using folder = await TemporaryFolder.make()
  const historyFolder = folder.at('jobs')
  makeEngine({ historyFolder }).engine.submit(exportTo('a.tar'))
  await writeFile(`${historyFolder}/damaged.json`, '{"owner": 1')
  await writeFile(`${historyFolder}/empty.json`, '')
  expect(makeEngine({ historyFolder }).engine.states).toEqual([])
  expect(await readdir(historyFolder)).toHaveLength(1)
})

test('an upload is a job that is not ours to run', async () => {
  const { engine } = makeEngine()
  let isStopped = false
  const upload = engine.adopt({ kind: 'upload', name: 'big.tar', size: 100 }, 'Upload big.tar', () => {
    isStopped = true
  })
  upload.progress(40)
  expect(engine.states[0]).toMatchObject({ phase: 'running', done: 40, total: 100 })
  engine.cancel(upload.id)
  expect(isStopped).toBe(true)
  upload.failed(new Error('the socket was destroyed'))
  expect(engine.states[0]).toMatchObject({ phase: 'cancelled', error: null })
  expect(() => engine.retry(upload.id)).toThrow(expect.objectContaining({ code: 'unsupported' }))
})
