import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { runJob } from '../../main/engine/run-job.ts'
import { RegistryImage } from '../../main/inputs/registry/registry.ts'
import { openWorkspace } from '../../main/store/workspace.ts'
import { isCancelled } from '../../shared/errors.ts'
import { startCli } from '../support/cli.ts'
import { bytesOf } from '../support/collect.ts'
import { testContext, type TestContext } from '../support/context.ts'
import { inspect } from '../support/conversion.ts'
import { sha256 } from '../support/digests.ts'
import { FakeRegistry } from '../support/fake-registry.ts'
import type { PushedImage } from '../support/fake-repository.ts'
import { FaultProxy } from '../support/fault-proxy.ts'
import { buildImage } from '../support/image-builder.ts'
import { answers } from '../support/network-faults.ts'
import { testTask } from '../support/task.ts'
import { noise, pull } from '../registry/pulled.ts'

// By the real clock, but none of these waits for it: what they wait for comes, or the test fails.

const MIB = 1024 * 1024
const IMAGE = buildImage({
  layers: [
    [{ path: 'large', content: noise(3 * MIB) }],
    [{ path: 'small', content: noise(30_000, 'small') }],
    [{ path: 'other', content: noise(40_000, 'other') }],
  ],
})
const DIFF_IDS = IMAGE.layers.map(({ diffID }) => diffID)

let registry: FakeRegistry
let proxy: FaultProxy
let context: TestContext
let image: PushedImage
let sizes: readonly number[]

beforeEach(async () => {
  registry = await FakeRegistry.start()
  proxy = await FaultProxy.start(registry.url)
  const repository = registry.repository('app')
  image = repository.push(IMAGE, { compression: 'none' })
  sizes = image.layers.map((digest) => repository.blobs.get(digest)!.length)
  context = await testContext()
  vi.stubEnv('HOME', context.folder)
})
afterEach(async () => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
  await context[Symbol.asyncDispose]()
  await proxy[Symbol.asyncDispose]()
  await registry[Symbol.asyncDispose]()
})

// First: undici's own clock is started by whoever connects first, and this one is to be turned.
test('silence for a minute is a cut, and is gone on from', async () => {
  const [large] = image.layers
  proxy.add({
    digest: large!,
    times: 1,
    fault: { kind: 'silence', ms: Infinity, after: 2 * MIB },
  })
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  const pulling = pull(context, `${proxy.host}/app`)
  // Until they have been read: each byte begins the minute anew.
  const kept = (): number =>
    Math.max(
      0,
      ...readdirSync(context.folder)
        .filter((name) => name.includes(large!.slice(7)))
        .map((name) => statSync(context.path(name)).size),
    )
  while (kept() < 2 * MIB) await turn()
  for (let seconds = 0; seconds < 65; seconds += 0.5) {
    vi.advanceTimersByTime(500)
    await turn()
  }
  expect((await pulling).diffIDs).toEqual(DIFF_IDS)
  const ranges = proxy.requestsFor(large!).map(({ headers }) => headers.range)
  expect(ranges).toEqual([undefined, `bytes=${2 * MIB}-`])
})

test('a program that is killed, twice, goes on where it was', async () => {
  const [large] = image.layers
  const cacheDir = context.path('cache')
  const target = context.path('out.tar')
  const begun = (): number =>
    Math.max(
      0,
      ...readdirSync(join(cacheDir, 'layers'))
        .filter((name) => name.endsWith('.part'))
        .map((name) => statSync(join(cacheDir, 'layers', name)).size),
    )
  for (const [place, whole] of [
    [MIB, MIB],
    [MIB, 2 * MIB],
  ] as const) {
    proxy.heal()
    proxy.add({ digest: large!, times: 1, fault: { kind: 'silence', ms: Infinity, after: place } })
    const { child, ended } = startCli(context, [
      'process',
      `registry://${proxy.host}/app`,
      `tar://${target}`,
      '--cache-dir',
      cacheDir,
    ])
    // The others are whole by then.
    const isThere = (digest: string): boolean =>
      existsSync(join(cacheDir, 'layers', `blob-${digest.slice(7)}`))
    await expect.poll(() => image.layers.slice(1).every(isThere) && begun(), { timeout: 20_000 }).toBe(whole)
    child.kill('SIGKILL')
    expect((await ended).signal).toBe('SIGKILL')
    expect(existsSync(target)).toBe(false)
  }
  proxy.heal()
  const outcome = await runJob(
    {
      kind: 'convert',
      input: { kind: 'registry', image: `${proxy.host}/app` },
      filters: [],
      output: { kind: 'tar', path: target, compression: 'none', overwrite: true },
    },
    openWorkspace({ cacheDir, configDir: context.path('config') }),
    testTask(),
  )
  expect(outcome).toMatchObject({
    imageID: IMAGE.imageID,
    bytesFetched: sizes[0]! - 2 * MIB,
    bytesKept: 2 * MIB + sizes[1]! + sizes[2]!,
  })
  expect((await inspect(context, { kind: 'tar', path: target })).imageID).toBe(IMAGE.imageID)
  // Nothing was fetched twice, and each layer but the large one came with the first try.
  expect(image.layers.map((digest) => proxy.bytesOf(digest))).toEqual(sizes)
  expect(proxy.requestsFor(large!).map(({ headers }) => headers.range)).toEqual([
    undefined,
    `bytes=${MIB}-`,
    `bytes=${2 * MIB}-`,
  ])
  expect(readdirSync(join(cacheDir, 'layers')).filter((name) => /\.(part|tmp)$/.test(name))).toEqual([])
})

test('a layer that drips keeps no other from coming', async () => {
  const [large] = image.layers
  proxy.add({ digest: large!, fault: { kind: 'drip', everyMs: 1000, after: 1000 } })
  const task = testTask()
  await using input = await RegistryImage.open(
    { kind: 'registry', image: `${proxy.host}/app` },
    context,
    task,
  )
  const found: string[] = []
  for await (const [type, name, layer] of input.fetch(() => 'again', task))
    if (type === 'layer' && name !== DIFF_IDS[0]) found.push(sha256(await bytesOf(layer!.stream())))
  expect(found).toEqual(DIFF_IDS.slice(1))
  expect(proxy.bytesOf(large!)).toBeLessThan(sizes[0]!)
})

test.each([
  ['a manifest', /manifests/],
  ['a layer', /blobs/],
  ['the version', /\/v2\/$/],
])('to cancel while the registry wants to be left alone takes no longer than that: %s', async (_, url) => {
  proxy.add({ url, fault: answers(429, { 'retry-after': '299' }) })
  const task = testTask()
  const pulling = pull(context, `${proxy.host}/app`, task)
  pulling.catch(() => {})
  await expect.poll(() => proxy.requests.some(({ status }) => status === 429)).toBe(true)
  task.cancel()
  const error: unknown = await pulling.catch((error: unknown) => error)
  expect(isCancelled(error)).toBe(true)
})

test.each([
  ['before a word', 'request'],
  ['amid a layer', 500_000],
] as const)('to cancel while a server is silent %s ends it, and leaves no connection', async (_, after) => {
  proxy.add({
    url: after === 'request' ? /manifests/ : /blobs/,
    fault: { kind: 'silence', ms: Infinity, after },
  })
  const open = (): number => readdirSync('/proc/self/fd').length
  const before = open()
  const task = testTask()
  const pulling = pull(context, `${proxy.host}/app`, task)
  pulling.catch(() => {})
  await expect.poll(() => proxy.requests.some(({ faults }) => faults.length > 0)).toBe(true)
  task.cancel()
  const error: unknown = await pulling.catch((error: unknown) => error)
  expect(isCancelled(error)).toBe(true)
  // The other end closes in its own time.
  await expect.poll(open).toBe(before)
})

test('a program that is told to stop does so, and leaves what it has for the next time', async () => {
  const [large] = image.layers
  const cacheDir = context.path('cache')
  proxy.add({ digest: large!, times: 1, fault: { kind: 'silence', ms: Infinity, after: MIB } })
  const { child, ended } = startCli(context, [
    'process',
    `registry://${proxy.host}/app`,
    'tar://out.tar',
    '--cache-dir',
    cacheDir,
  ])
  await expect.poll(() => proxy.bytesOf(large!), { timeout: 20_000 }).toBe(MIB)
  child.kill('SIGINT')
  const { status, stderr } = await ended
  expect([status, stderr.trim().split('\n').at(-1)]).toEqual([
    130,
    'occystrap: Cancelled; nothing was left behind.',
  ])
  expect(readdirSync(context.folder).filter((name) => name.includes('out.tar'))).toEqual([])
})
