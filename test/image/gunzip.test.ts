import { crc32, createGzip, gunzipSync, gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fastGunzip } from '../../main/image/gunzip.ts'
import { bytesOf } from '../support/collect.ts'
import { noise } from '../registry/pulled.ts'

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** What zlib makes of it, or the code of its failure. */
function asNode(bytes: Uint8Array): Buffer | string | undefined {
  try {
    return gunzipSync(bytes)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code
  }
}

describe.skipIf(process.versions.node.split('.')[0] !== '24').each([
  ['on a thread of libuv', false],
  ['on the thread that asks', true],
])('inflating into memory that is used again, %s', (_where, isBlocking) => {
  const inflated = (bytes: Uint8Array, size = 65_536): Promise<Buffer> => bytesOf(opened(pieces(bytes, size)))
  const opened = (source: AsyncIterable<Uint8Array>, signal?: AbortSignal): AsyncIterable<Uint8Array> =>
    fastGunzip(source, signal, { isBlocking })!

  test.each([0, 1, 7, 512 * 1024 - 1, 512 * 1024, 512 * 1024 + 1, 1_500_000])(
    'gives %i bytes as they were',
    async (length) => {
      for (const content of [noise(length), Buffer.alloc(length, 'ab')])
        for (const level of [0, 1, 9])
          expect((await inflated(gzipSync(content, { level }))).equals(content)).toBe(true)
    },
  )

  test('takes its input in pieces of any size, down to single bytes', async () => {
    const content = noise(5000)
    for (const size of [1, 2, 17, 4999])
      expect((await inflated(gzipSync(content), size)).equals(content)).toBe(true)
  })

  test('goes on to the next member, and passes over zeros behind the last', async () => {
    const members = [noise(70_000, 'a'), Buffer.alloc(0), noise(10, 'b')]
    const joined = Buffer.concat(members.map((member) => gzipSync(member)))
    expect((await inflated(joined, 1000)).equals(Buffer.concat(members))).toBe(true)
    expect(
      (await inflated(Buffer.concat([joined, Buffer.alloc(1000)]), 333)).equals(Buffer.concat(members)),
    ).toBe(true)
  })

  test.each([0, 4, 8, 16, 28, 30])('passes over what a header with flags %i says', async (flags) => {
    const body = gzipSync('content').subarray(10)
    const fields = [
      Buffer.from([0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 255]),
      flags & 4 ? Buffer.from([3, 0, 0, 0, 0]) : Buffer.alloc(0),
      flags & 8 ? Buffer.from('name\0') : Buffer.alloc(0),
      flags & 16 ? Buffer.from('a comment\0') : Buffer.alloc(0),
    ]
    const head = Buffer.concat(fields)
    const sum = Buffer.alloc(flags & 2 ? 2 : 0)
    if (flags & 2) sum.writeUInt16LE(crc32(head) & 0xffff)
    const bytes = Buffer.concat([head, sum, body])
    expect(gunzipSync(bytes).toString()).toBe('content')
    for (const size of [1, 1000]) expect((await inflated(bytes, size)).toString()).toBe('content')
  })

  test('draws what follows the stream, for whoever hashes it', async () => {
    let drawn = 0
    const bytes = Buffer.concat([gzipSync('x'), Buffer.alloc(300_000)])
    const counted = (async function* () {
      for await (const piece of pieces(bytes, 1000)) {
        drawn += piece.length
        yield piece
      }
    })()
    expect((await bytesOf(opened(counted))).toString()).toBe('x')
    expect(drawn).toBe(bytes.length)
  })

  test.each<[string, (bytes: Buffer) => Buffer]>([
    ['ends early', (bytes) => bytes.subarray(0, -9)],
    ['has a wrong length', (bytes) => Buffer.concat([bytes.subarray(0, -4), Buffer.alloc(4, 1)])],
    ['ends in its header', (bytes) => bytes.subarray(0, 7)],
    ['is followed by something else', (bytes) => Buffer.concat([bytes, Buffer.from('more')])],
    [
      'has a flag that means nothing',
      (bytes) => Buffer.from(bytes.map((byte, i) => (i === 3 ? 0x20 : byte))),
    ],
    ['is packed in another way', (bytes) => Buffer.from(bytes.map((byte, i) => (i === 2 ? 7 : byte)))],
    ['is none', () => Buffer.from('plain text')],
    ['is empty', () => Buffer.alloc(0)],
  ])('fails as Node does where the stream %s', async (_, damage) => {
    const bytes = damage(gzipSync(noise(1000)))
    const expected = asNode(bytes)
    const found: unknown = await inflated(bytes).catch((error: NodeJS.ErrnoException) => error.code)
    expect(expected).toMatch(/^Z_/)
    expect(found).toBe(expected)
  })

  test('leaves a wrong checksum to whoever verifies a digest, and to nobody else', async () => {
    const whole = gzipSync(noise(1000))
    const bytes = Buffer.from(whole.map((byte, i) => (i === 40 ? byte ^ 0xff : byte)))
    const outcome = inflated(bytes).catch((error: NodeJS.ErrnoException) => error.code)
    expect(await outcome).toEqual(isBlocking ? expect.any(Buffer) : 'Z_DATA_ERROR')
  })

  test('does as Node does with whatever is damaged, but for what only a checksum tells', async () => {
    const whole = gzipSync(Buffer.concat([noise(300), Buffer.alloc(3000)]))
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.integer({ min: 1, max: 500 }),
        async (at, mask, size) => {
          const bytes = Buffer.from(whole)
          bytes[at]! ^= mask
          const expected = asNode(bytes)
          const found = await inflated(bytes, size).catch((error: NodeJS.ErrnoException) => error.code)
          if (isBlocking && typeof expected === 'string' && typeof found !== 'string') return
          expect(found).toEqual(expected)
        },
      ),
      { numRuns: 200 },
    )
  })

  test('may be left at any time, by its reader or by its source', async () => {
    const bytes = gzipSync(noise(3_000_000))
    for await (const chunk of opened(pieces(bytes, 100_000))) if (chunk.length > 0) break
    const failing = (async function* () {
      yield bytes.subarray(0, 1_000_000)
      throw new Error('the source ended')
    })()
    await expect(bytesOf(opened(failing))).rejects.toThrow('the source ended')
    const controller = new AbortController()
    const cancelled = (async function* () {
      yield* pieces(bytes.subarray(0, 1_500_000), 100_000)
      controller.abort()
      controller.signal.throwIfAborted()
    })()
    await expect(bytesOf(opened(cancelled, controller.signal))).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('several at once do not write into each other', async () => {
    const contents = Array.from({ length: 8 }, (_, i) => noise(700_000, `seed ${i}`))
    const found = await Promise.all(contents.map(async (content) => inflated(gzipSync(content), 10_000)))
    expect(found.every((content, i) => content.equals(contents[i]!))).toBe(true)
  })

  test('reads what a stream wrote with flushes in between', async () => {
    const gzip = createGzip()
    const compressed = bytesOf(gzip)
    for (const part of ['one ', 'two ', 'three']) {
      gzip.write(part)
      await new Promise<void>((resolve) => gzip.flush(() => resolve()))
    }
    gzip.end()
    expect((await inflated(await compressed, 3)).toString()).toBe('one two three')
  })
})
