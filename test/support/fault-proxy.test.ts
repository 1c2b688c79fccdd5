import { get, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sha256 } from './digests.ts'
import { FakeRegistry } from './fake-registry.ts'
import type { PushedImage } from './fake-repository.ts'
import { FaultProxy } from './fault-proxy.ts'
import { buildImage } from './image-builder.ts'
import { answers, bloated, httpDateIn, redirects, truncated, type Fault } from './network-faults.ts'

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** The code of what broke off the answer. */
  readonly error?: string | undefined
}

/** A client without opinions: no retries, no redirects, no decoding. */
async function ask(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return new Promise((resolve) => {
    let isAnswered = false
    const request = get(url, { headers, agent: false }, (response: IncomingMessage) => {
      isAnswered = true
      const chunks: Buffer[] = []
      const end = (error?: NodeJS.ErrnoException): void =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks),
          error: error?.code,
        })
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', end)
      response.on('end', () => end())
    })
    // Also called for a reset amid an answer, whose own error tells more.
    request.on('error', (error: NodeJS.ErrnoException) => {
      if (!isAnswered) resolve({ status: 0, headers: {}, body: Buffer.alloc(0), error: error.code })
    })
  })
}

describe('a proxy that fails as networks and servers do', () => {
  let registry: FakeRegistry
  let proxy: FaultProxy
  let image: PushedImage
  let blob: Buffer

  const strike = async (
    fault: Fault | readonly Fault[],
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> => {
    proxy.heal()
    proxy.add({ url: /\/blobs\//, fault })
    return ask(`${proxy.url}/v2/app/blobs/${image.layers[0]}`, headers)
  }

  beforeAll(async () => {
    registry = await FakeRegistry.start()
    proxy = await FaultProxy.start(registry.url)
    const repository = registry.repository('app')
    const noise = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7919) >> 5))
    image = repository.push(buildImage({ layers: [[{ path: 'noise', content: noise }]] }), {
      compression: 'none',
    })
    blob = repository.blobs.get(image.layers[0] ?? '') ?? Buffer.alloc(0)
  })
  afterAll(async () => {
    await proxy[Symbol.asyncDispose]()
    await registry[Symbol.asyncDispose]()
  })

  test('passes on what it is not told to spoil, and counts it', async () => {
    proxy.heal()
    const digest = image.layers[0]!
    const before = proxy.bytesOf(digest)
    const answer = await ask(`${proxy.url}/v2/app/blobs/${digest}`, { range: 'bytes=10-' })
    expect(answer.status).toBe(206)
    expect(sha256(answer.body)).toBe(sha256(blob.subarray(10)))
    expect(proxy.bytesOf(digest) - before).toBe(blob.length - 10)
    expect(proxy.requests.at(-1)).toMatchObject({ status: 206, faults: [], headers: { range: 'bytes=10-' } })
  })

  test.each(['rst', 'fin'] as const)('cuts by %s where it is told to', async (by) => {
    for (const after of [0, 1, 100_000, blob.length - 1]) {
      const { status, body, error } = await strike({ kind: 'cut', after, by })
      expect(error).toBe('ECONNRESET')
      expect([status, body.length]).toEqual([200, after])
    }
    expect(await strike({ kind: 'cut', after: 'request', by })).toMatchObject({
      status: 0,
      error: 'ECONNRESET',
    })
  })

  test('strikes some of the requests', async () => {
    proxy.heal()
    proxy.add({ url: /\/blobs\//, skip: 1, times: 2, fault: answers(429, { 'retry-after': httpDateIn(2) }) })
    const statuses = []
    for (let count = 0; count < 4; count++)
      statuses.push((await ask(`${proxy.url}/v2/app/blobs/${image.layers[0]}`)).status)
    expect(statuses).toEqual([200, 429, 429, 200])
  })

  test('sends wrong bytes', async () => {
    const expected = Buffer.from(blob)
    expected[70_000] = blob[70_000]! ^ 0xff
    expect(sha256((await strike({ kind: 'flip', at: 70_000 })).body)).toBe(sha256(expected))
    const range = { range: 'bytes=60000-80000' }
    expect(sha256((await strike({ kind: 'flip', at: 70_000 }, range)).body)).toBe(
      sha256(expected.subarray(60_000, 80_001)),
    )
    expect((await strike({ kind: 'flip', at: -1 })).body.at(-1)).toBe(blob.at(-1)! ^ 0xff)
  })

  test('lies about ranges, lengths and encodings', async () => {
    const range = { range: 'bytes=5-9' }
    const whole = await strike({ kind: 'ignore-range' }, range)
    expect([whole.status, sha256(whole.body)]).toEqual([200, image.layers[0]])
    const wrong = await strike(
      { kind: 'headers', set: { 'Content-Range': 'bytes 0-4/9', ETag: null } },
      range,
    )
    expect(wrong.headers).toMatchObject({ 'content-range': 'bytes 0-4/9' })
    expect(wrong.headers.etag).toBeUndefined()
    const longer = await strike({ kind: 'headers', set: { 'content-length': String(blob.length + 9) } })
    expect([longer.body.length, longer.error]).toEqual([blob.length, 'ECONNRESET'])
    const zipped = await strike({ kind: 'gzip' })
    expect(zipped.headers['content-encoding']).toBe('gzip')
    expect(sha256(gunzipSync(zipped.body))).toBe(image.layers[0])
    expect((await strike(truncated(7))).body).toEqual(blob.subarray(0, 7))
    expect((await strike(bloated(5_000_000))).body.length).toBe(blob.length + 5_000_000)
  })

  test('answers in the place of the registry, and sends elsewhere', async () => {
    const asked = registry.requests.length
    expect((await strike(redirects('http://127.0.0.2/there', 302))).headers.location).toBe(
      'http://127.0.0.2/there',
    )
    expect((await strike(redirects(({ url }) => url))).headers.location).toContain('/v2/app/blobs/')
    expect(await strike(answers(416, {}, 'no'))).toMatchObject({ status: 416, body: Buffer.from('no') })
    expect(registry.requests.length).toBe(asked)
  })

  test('is slow, and falls silent', async () => {
    const last = blob.length - 10
    const began = performance.now()
    const dripped = await strike({ kind: 'drip', everyMs: 5, after: last })
    expect(sha256(dripped.body)).toBe(image.layers[0])
    expect(performance.now() - began).toBeGreaterThan(45)
    const head = await strike([truncated(3), { kind: 'drip', everyMs: 1, after: 'request' }])
    expect([head.status, head.body, head.error]).toEqual([200, blob.subarray(0, 3), undefined])
    const late = performance.now()
    expect(sha256((await strike({ kind: 'silence', ms: 60, after: 5 })).body)).toBe(image.layers[0])
    expect(performance.now() - late).toBeGreaterThan(55)
  })

  test('keeps silent until the client gives up', async () => {
    proxy.heal()
    proxy.add({ fault: { kind: 'silence', ms: Infinity, after: 'request' } })
    const socket = connect(proxy.server.port, '127.0.0.1')
    socket.write('GET /v2/ HTTP/1.1\r\nhost: x\r\n\r\n')
    await expect.poll(() => proxy.requests.at(-1)).toMatchObject({ url: '/v2/', faults: ['silence'] })
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.destroy()
    await closed
    expect(proxy.requests.at(-1)?.status).toBe(0)
  })
})
