import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Digest } from '../../shared/digest.ts'
import { sha256 } from '../support/digests.ts'
import { Certificates } from '../support/certificates.ts'
import { testContext, type TestContext } from '../support/context.ts'
import { FakeRegistry } from '../support/fake-registry.ts'
import type { PushedImage } from '../support/fake-repository.ts'
import { FaultProxy } from '../support/fault-proxy.ts'
import { buildImage } from '../support/image-builder.ts'
import { answers, bloated, httpDateIn, truncated, type Fault } from '../support/network-faults.ts'
import { pauses } from '../support/quick-clock.ts'
import { noise, pull, randoms, type Pulled } from '../registry/pulled.ts'

vi.mock('node:timers/promises', async (actual) => ({
  ...(await actual<object>()),
  setTimeout: (await import('../support/quick-clock.ts')).noWait,
}))

const MIB = 1024 * 1024
/** Larger than what a cut may cost, so that it shows where it costs more. */
const LARGE = 1.5 * MIB
const IMAGE = buildImage({
  layers: [[{ path: 'large', content: noise(LARGE) }], [{ path: 'small', content: noise(30_000, 'small') }]],
})
const DIFF_IDS = IMAGE.layers.map(({ diffID }) => diffID)

let registry: FakeRegistry
let proxy: FaultProxy
let context: TestContext
let image: PushedImage
let large: Digest
let size: number
/** Of the other layer. */
let rest: number

beforeEach(async () => {
  pauses.length = 0
  registry = await FakeRegistry.start()
  proxy = await FaultProxy.start(registry.url)
  image = registry.repository('app').push(IMAGE, { compression: 'none' })
  large = image.layers[0]!
  size = registry.repository('app').blobs.get(large)!.length
  rest = registry.repository('app').blobs.get(image.layers[1]!)!.length
  context = await testContext()
  vi.stubEnv('HOME', context.folder)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await context[Symbol.asyncDispose]()
  await proxy[Symbol.asyncDispose]()
  await registry[Symbol.asyncDispose]()
})

const pulled = async (): Promise<Pulled> => pull(context, `${proxy.host}/app`)

function expectRight({ imageID, diffIDs }: Pulled): void {
  expect({ imageID, diffIDs }).toEqual({ imageID: IMAGE.imageID, diffIDs: DIFF_IDS })
}

/** What the registry has of itself in the cache now, by the digests of the bytes. */
async function cached(): Promise<Record<string, Digest>> {
  const { readFile } = await import('node:fs/promises')
  const found: Record<string, Digest> = {}
  for (const [key, path] of context.cache.keys) found[key] = sha256(await readFile(path))
  return found
}

async function expectCacheIsRight(): Promise<void> {
  for (const [key, digest] of Object.entries(await cached())) expect(key).toBe(`blob ${digest}`)
}

const random = randoms(20_240_506)
const PLACES: readonly (number | 'request')[] = [
  'request',
  0,
  1,
  -1,
  ...Array.from({ length: 20 }, () => Math.floor(random() * LARGE)),
]

describe('a connection that is cut', () => {
  test.each(['rst', 'fin'] as const)('by %s costs no more than a mebibyte, wherever it is', async (by) => {
    for (const place of PLACES) {
      await using context = await testContext()
      proxy.heal()
      const before = proxy.bytesOf(large)
      const after = place === -1 ? size - 1 : place
      proxy.add({ digest: large, times: 1, fault: { kind: 'cut', after, by } })
      const found = await pull(context, `${proxy.host}/app`)
      expectRight(found)
      const fetched = proxy.bytesOf(large) - before
      expect({ place, isLittle: fetched <= size + MIB }).toEqual({ place, isLittle: true })
      // What came was all used where nothing of it was thrown away on the way.
      if (by === 'fin') expect(fetched).toBe(size)
    }
    expect(pauses.length).toBe(PLACES.length)
  })

  test('again and again is gone on from, as long as something comes', async () => {
    const step = 100_000
    proxy.add({ digest: large, fault: { kind: 'cut', after: step, by: 'fin' } })
    const found = await pulled()
    expectRight(found)
    const cuts = Math.floor(size / step)
    expect(proxy.requestsFor(large)).toHaveLength(cuts + 1)
    expect(proxy.bytesOf(large)).toBe(size)
    expect(found.traffic).toEqual({ fetched: size + rest, kept: 0 })
  })

  test('over TLS, with or without its farewell, is gone on from', async () => {
    await using certificates = await Certificates.make()
    await using proxy = await FaultProxy.start(registry.url, { tls: certificates.server })
    for (const by of ['rst', 'fin', 'close-notify'] as const)
      for (const after of [0, size - 1, 1_234_567]) {
        await using context = await testContext()
        proxy.heal()
        const before = proxy.bytesOf(large)
        proxy.add({ digest: large, times: 1, fault: { kind: 'cut', after, by } })
        expectRight(await pull(context, { image: `${proxy.host}/app`, insecure: true }))
        expect(proxy.bytesOf(large) - before).toBeLessThanOrEqual(size + MIB)
      }
    expect(proxy.requestsFor(large)).toHaveLength(18)
  })

  test.each([/\/v2\/$/, /manifests\/latest/, new RegExp(`blobs/${IMAGE.imageID}`)])(
    'amid %s is tried again',
    async (url) => {
      for (const after of ['request', 0, 1] as const) {
        proxy.heal()
        // An answer to the question for the version has but two bytes.
        proxy.add({ url, times: 2, fault: { kind: 'cut', after } })
        expectRight(await pulled())
      }
    },
  )

  test('for good is told after five tries, and nothing of it is lost', async () => {
    proxy.add({ digest: large, fault: { kind: 'cut', after: 0 } })
    await expect(pulled()).rejects.toMatchObject({
      code: 'network',
      message: `${proxy.host} cut the connection.`,
    })
    expect(proxy.requestsFor(large)).toHaveLength(5)
    proxy.heal()
    proxy.add({ digest: large, times: 1, fault: { kind: 'cut', after: MIB, by: 'fin' } })
    proxy.add({ digest: large, fault: { kind: 'cut', after: 0 } })
    await expect(pulled()).rejects.toMatchObject({ code: 'network' })
    proxy.heal()
    const before = proxy.bytesOf(large)
    const found = await pulled()
    expectRight(found)
    expect(proxy.bytesOf(large) - before).toBe(size - MIB)
    expect(found.traffic).toMatchObject({ fetched: size - MIB, kept: MIB + rest })
  })
})

describe('a server that lies about a part', () => {
  const cases: readonly (readonly [name: string, fault: Fault | readonly Fault[]])[] = [
    ['gives the whole', { kind: 'ignore-range' }],
    ['says it is another', { kind: 'headers', set: { 'content-range': 'bytes 0-9/10' } }],
    ['says nothing of which it is', { kind: 'headers', set: { 'content-range': null } }],
    ['says garbage of which it is', { kind: 'headers', set: { 'content-range': 'bytes lots' } }],
    [
      'says it is of a longer blob',
      { kind: 'headers', set: { 'content-range': 'bytes 1048576-1573887/9999999' } },
    ],
    ['has none of it', answers(416, { 'content-range': 'bytes */5' })],
    ['has none of it and says no more', answers(416)],
    ['says nothing of a length', { kind: 'headers', set: { 'content-length': null } }],
  ]
  test.each(cases)('that %s is asked again, and nothing wrong is kept', async (_, fault) => {
    proxy.add({ digest: large, times: 1, fault: { kind: 'cut', after: MIB, by: 'fin' } })
    proxy.add({ digest: large, times: 1, fault })
    expectRight(await pulled())
    await expectCacheIsRight()
  })

  test('is not believed that it is still the same when its validator changed', async () => {
    proxy.add({
      digest: large,
      times: 1,
      fault: [
        { kind: 'headers', set: { etag: '"another"' } },
        { kind: 'cut', after: MIB, by: 'fin' },
      ],
    })
    expectRight(await pulled())
    expect(proxy.requestsFor(large)[1]?.headers).toMatchObject({
      'if-range': '"another"',
      range: `bytes=${MIB}-`,
    })
    expect(proxy.requestsFor(large)[1]?.status).toBe(200)
  })

  test('a weak validator vouches for no bytes', async () => {
    proxy.add({
      digest: large,
      times: 1,
      fault: [
        { kind: 'headers', set: { etag: 'W/"weak"' } },
        { kind: 'cut', after: MIB, by: 'fin' },
      ],
    })
    expectRight(await pulled())
    expect(proxy.requestsFor(large)[1]?.headers['if-range']).toBeUndefined()
  })

  test('wrong bytes behind a right range are refused', async () => {
    proxy.add({ digest: large, times: 1, fault: { kind: 'cut', after: MIB, by: 'fin' } })
    proxy.add({ digest: large, times: 1, fault: { kind: 'body', of: (body) => Buffer.alloc(body.length) } })
    await expect(pulled()).rejects.toMatchObject({ code: 'digest-mismatch' })
    await expectCacheIsRight()
    proxy.heal()
    expectRight(await pulled())
  })
})

describe('a blob that is not what its digest says', () => {
  test.each([0, 1_000_000, -1])(
    'in its byte %i is refused, never kept, and right from the next server',
    async (at) => {
      proxy.add({ digest: large, fault: { kind: 'flip', at } })
      await expect(pulled()).rejects.toMatchObject({
        code: 'digest-mismatch',
        message: 'Layer 1 of 2 is not what its digest says.',
        detail: expect.stringContaining(large),
      })
      await expectCacheIsRight()
      expect(await cached()).not.toHaveProperty(`blob ${large}`)
      proxy.heal()
      expectRight(await pulled())
      await expectCacheIsRight()
    },
  )

  test('from an earlier try is fetched whole again, once', async () => {
    proxy.add({
      digest: large,
      times: 1,
      fault: [
        { kind: 'flip', at: 5 },
        { kind: 'cut', after: MIB, by: 'fin' },
      ],
    })
    proxy.add({ digest: large, fault: answers(404) })
    await expect(pulled()).rejects.toMatchObject({ code: 'not-found' })
    proxy.heal()
    const found = await pulled()
    expectRight(found)
    expect(found.traffic.kept).toBe(rest)
    const lately = proxy.requestsFor(large).slice(-2)
    expect(lately.map(({ headers }) => headers.range)).toEqual([`bytes=${MIB}-`, undefined])
  })

  test('is never given to somebody who saves it as it is, though it was right the second time', async () => {
    const { RegistryImage } = await import('../../main/inputs/registry/registry.ts')
    const { testTask } = await import('../support/task.ts')
    const task = testTask()
    proxy.add({
      digest: large,
      times: 1,
      fault: [
        { kind: 'flip', at: 5 },
        { kind: 'silence', ms: Infinity, after: MIB },
      ],
    })
    proxy.add({ digest: large, times: 1, fault: { kind: 'ignore-range' } })
    await using input = await RegistryImage.open(
      { kind: 'registry', image: `${proxy.host}/app` },
      context,
      task,
    )
    for await (const [type, name, layer] of input.fetch(() => 'again', task)) {
      if (type !== 'layer' || name !== DIFF_IDS[0]) continue
      const reading = (async () => {
        let seen = 0
        for await (const chunk of layer!.stored!().bytes) {
          seen += chunk.length
          // What is wrong has been read: now the connection ends, and all comes anew.
          if (seen >= MIB) proxy.server.dropConnections()
        }
      })()
      await expect(reading).rejects.toMatchObject({ code: 'digest-mismatch' })
    }
    await expectCacheIsRight()
    expect(await cached()).toHaveProperty(`blob ${large}`)
  })

  test.each([
    ['longer', bloated(1)],
    ['shorter', truncated(1000)],
    ['of no length', [truncated(1000), { kind: 'headers', set: { 'content-length': null } }]],
  ] as const)('%s than the manifest says is refused', async (_, fault) => {
    proxy.add({ digest: large, fault })
    const error: unknown = await pulled().catch((error: unknown) => error)
    expect(error).toMatchObject({
      code: expect.stringMatching(/^(server|network|digest-mismatch)$/),
      remedy: expect.any(String),
    })
    await expectCacheIsRight()
    expect(proxy.requestsFor(large).length).toBeLessThanOrEqual(5)
    proxy.heal()
    expectRight(await pulled())
  })

  test('in an encoding that nobody asked for is refused, not decoded', async () => {
    proxy.add({ digest: large, fault: { kind: 'gzip' } })
    await expect(pulled()).rejects.toMatchObject({
      code: 'server',
      message: expect.stringContaining('encoding'),
    })
    expect(proxy.requestsFor(large)[0]?.headers['accept-encoding']).toBe('identity')
    proxy.heal()
    expectRight(await pulled())
  })

  test('a header with another digest makes no difference to its bytes', async () => {
    proxy.add({
      digest: large,
      fault: { kind: 'headers', set: { 'docker-content-digest': `sha256:${'0'.repeat(64)}` } },
    })
    expectRight(await pulled())
  })
})

describe('a document that is not what it should be', () => {
  const MANIFEST = /manifests\/latest/
  const CONFIG = new RegExp(`blobs/${IMAGE.imageID}`)
  const noDigest = { kind: 'headers', set: { 'docker-content-digest': null } } as const
  test.each<[what: string, url: RegExp, fault: Fault | readonly Fault[], code: string]>([
    ['a manifest with a wrong byte', MANIFEST, { kind: 'flip', at: 20 }, 'digest-mismatch'],
    ['a manifest cut short', MANIFEST, truncated(50), 'digest-mismatch'],
    ['a manifest cut short, of which nothing is said', MANIFEST, [truncated(50), noDigest], 'malformed'],
    ['a manifest without end', MANIFEST, bloated(5 * MIB), 'limit'],
    [
      'a manifest with another digest',
      MANIFEST,
      { kind: 'headers', set: { 'docker-content-digest': `sha256:${'0'.repeat(64)}` } },
      'digest-mismatch',
    ],
    ['a manifest encoded', MANIFEST, { kind: 'gzip' }, 'server'],
    [
      'a manifest that is a page',
      MANIFEST,
      answers(200, { 'content-type': 'text/html' }, '<html>'),
      'malformed',
    ],
    ['a manifest that is empty', MANIFEST, answers(200), 'malformed'],
    ['a config with a wrong byte', CONFIG, { kind: 'flip', at: -3 }, 'digest-mismatch'],
    ['a config cut short', CONFIG, truncated(50), 'digest-mismatch'],
    ['a config without end', CONFIG, bloated(5 * MIB), 'limit'],
    ['a config encoded', CONFIG, { kind: 'gzip' }, 'server'],
    ['a config that is not there', CONFIG, answers(404), 'not-found'],
    ['a config of which a part is given', CONFIG, answers(206, {}, '{}'), 'server'],
  ])('%s is refused, and right the next time', async (_, url, fault, code) => {
    proxy.add({ url, fault })
    const error: unknown = await pulled().catch((error: unknown) => error)
    expect(error).toMatchObject({ name: 'ImageError', code, message: expect.stringMatching(/\.$/) })
    expect(proxy.requests.length).toBeLessThan(8)
    proxy.heal()
    expectRight(await pulled())
  })

  test('that was mixed up once on the way is asked for again', async () => {
    proxy.add({ url: MANIFEST, times: 1, fault: { kind: 'flip', at: 20 } })
    expectRight(await pulled())
  })
})

describe('a server that has had enough', () => {
  const places = [
    ['the version', /\/v2\/$/],
    ['a manifest', /manifests\/latest/],
    ['a config', new RegExp(`blobs/${IMAGE.imageID}`)],
    ['a layer', new RegExp(`blobs/${DIFF_IDS[0]}`)],
  ] as const

  test.each(places)('is left alone for as long as it wishes: %s', async (_, url) => {
    proxy.add({ url, times: 1, fault: answers(429, { 'retry-after': '7' }) })
    proxy.add({ url, times: 1, fault: answers(503, { 'retry-after': httpDateIn(30) }) })
    proxy.add({ url, times: 1, fault: answers(500) })
    expectRight(await pulled())
    expect(pauses[0]).toBe(7000)
    expect(pauses[1]).toBeGreaterThan(25_000)
    expect(pauses[1]).toBeLessThanOrEqual(30_000)
    expect(pauses[2]).toBeGreaterThanOrEqual(1000)
    expect(pauses).toHaveLength(3)
  })

  test.each(places)('is tried five times, each after a longer pause: %s', async (_, url) => {
    proxy.add({
      url,
      fault: answers(503, {}, '{"errors":[{"code":"UNAVAILABLE","message":"so sorry\\u001b[31m"}]}'),
    })
    const error: unknown = await pulled().catch((error: unknown) => error)
    expect(error).toMatchObject({
      code: 'server',
      remedy: 'Try again later.',
      detail: expect.stringContaining('UNAVAILABLE so sorry'),
    })
    expect((error as Error & { detail: string }).detail).not.toContain('\u001b')
    expect(proxy.requests.filter((request) => url.test(decodeURIComponent(request.url)))).toHaveLength(5)
    expect(pauses).toHaveLength(4)
    for (const [i, pause] of pauses.entries()) {
      expect(pause).toBeGreaterThanOrEqual(250 * 2 ** i)
      expect(pause).toBeLessThanOrEqual(500 * 2 ** i)
    }
  })

  test.each(places)('for more than five minutes is told, not waited for: %s', async (_, url) => {
    for (const wish of ['301', httpDateIn(3600), '99999999999']) {
      proxy.heal()
      proxy.add({ url, fault: answers(429, { 'retry-after': wish }) })
      await expect(pulled()).rejects.toMatchObject({
        code: 'server',
        message: expect.stringMatching(/^The registry asks to be left alone for \d+ minutes\.$/),
      })
    }
    expect(pauses).toEqual([])
  })
})

describe('the cache', () => {
  test('gives what is there, and the network is asked for documents alone', async () => {
    const first = await pulled()
    expect(first.traffic.kept).toBe(0)
    const before = proxy.bytesOf(large)
    const second = await pulled()
    expectRight(second)
    expect(proxy.bytesOf(large)).toBe(before)
    expect(second.traffic).toEqual({ fetched: 0, kept: first.traffic.fetched })
  })

  test('damaged is seen before it is used, told, and fetched again', async () => {
    const { readFile, truncate, writeFile } = await import('node:fs/promises')
    for (const damage of ['flip', 'truncate', 'empty', 'longer'] as const) {
      await pulled()
      const path = context.cache.keys.get(`blob ${large}`)!
      const bytes = await readFile(path)
      if (damage === 'flip') bytes[1_300_000]! ^= 1
      if (damage === 'truncate') await truncate(path, 1_000_000)
      else if (damage === 'empty') await truncate(path, 0)
      else await writeFile(path, damage === 'longer' ? Buffer.concat([bytes, Buffer.of(0)]) : bytes)
      const before = proxy.bytesOf(large)
      const found = await pulled()
      expectRight(found)
      expect(found.task.warnings).toContainEqual(
        expect.objectContaining({ code: 'cache-damaged', message: expect.stringContaining('Layer 1 of 2') }),
      )
      expect(proxy.bytesOf(large) - before).toBe(size)
      await expectCacheIsRight()
    }
  })
})
