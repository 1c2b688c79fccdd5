import { createGzip, gunzipSync, gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fastGunzip } from '../../main/image/gunzip.ts'
import { bytesOf } from '../support/collect.ts'
import { noise } from '../registry/pulled.ts'

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

function inflated(bytes: Uint8Array, size = 65_536): Promise<Buffer> {
  return bytesOf(fastGunzip(pieces(bytes, size), undefined)!)
}

describe.skipIf(process.versions.node.split('.')[0] !== '24')(
  'inflating into memory that is used again',
  () => {
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

    test('draws what follows the stream, for whoever hashes it', async () => {
      let drawn = 0
      const bytes = Buffer.concat([gzipSync('x'), Buffer.alloc(300_000)])
      const counted = (async function* () {
        for await (const piece of pieces(bytes, 1000)) {
          drawn += piece.length
          yield piece
        }
      })()
      expect((await bytesOf(fastGunzip(counted)!)).toString()).toBe('x')
      expect(drawn).toBe(bytes.length)
    })

    test.each<[string, (bytes: Buffer) => Buffer]>([
      ['ends early', (bytes) => bytes.subarray(0, -9)],
      ['has a wrong checksum', (bytes) => Buffer.concat([bytes.subarray(0, -8), Buffer.alloc(8, 1)])],
      ['has a wrong byte', (bytes) => Buffer.from(bytes.map((byte, i) => (i === 40 ? byte ^ 0xff : byte)))],
      ['is none', () => Buffer.from('plain text')],
      ['is empty', () => Buffer.alloc(0)],
    ])('fails as Node does where the stream %s', async (_, damage) => {
      const bytes = damage(gzipSync(noise(1000)))
      const expected = (() => {
        try {
          return gunzipSync(bytes)
        } catch (error) {
          return (error as NodeJS.ErrnoException).code
        }
      })()
      const found: unknown = await inflated(bytes).catch((error: NodeJS.ErrnoException) => error.code)
      expect(expected).toMatch(/^Z_/)
      expect(found).toBe(expected)
    })

    test('does as Node does with whatever is damaged', async () => {
      const whole = gzipSync(Buffer.concat([noise(300), Buffer.alloc(3000)]))
      await fc.assert(
        fc.asyncProperty(
          fc.nat(whole.length - 1),
          fc.integer({ min: 1, max: 255 }),
          fc.integer({ min: 1, max: 500 }),
          async (at, mask, size) => {
            const bytes = Buffer.from(whole)
            bytes[at]! ^= mask
            const expected = (() => {
              try {
                return gunzipSync(bytes).toString('hex')
              } catch {
                return 'failed'
              }
            })()
            const found = await inflated(bytes, size).then(
              (content) => content.toString('hex'),
              () => 'failed',
            )
            expect(found).toBe(expected)
          },
        ),
        { numRuns: 200 },
      )
    })

    test('may be left at any time, by its reader or by its source', async () => {
      const bytes = gzipSync(noise(3_000_000))
      for await (const chunk of fastGunzip(pieces(bytes, 100_000))!) if (chunk.length > 0) break
      const failing = (async function* () {
        yield bytes.subarray(0, 1_000_000)
        throw new Error('the source ended')
      })()
      await expect(bytesOf(fastGunzip(failing)!)).rejects.toThrow('the source ended')
      const controller = new AbortController()
      const reading = bytesOf(
        fastGunzip(
          (async function* () {
            yield* pieces(bytes.subarray(0, 1_500_000), 100_000)
            controller.abort()
            yield* pieces(bytes.subarray(1_500_000), 100_000)
          })(),
          controller.signal,
        )!,
      )
      await expect(reading).rejects.toMatchObject({ name: 'AbortError' })
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
  },
)
