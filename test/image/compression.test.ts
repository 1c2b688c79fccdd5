import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compress, decompress, sniffCompression } from '../../main/image/compression.ts'
import type { Compression } from '../../main/image/compression.ts'
import type { ErrorCode } from '../../shared/errors.ts'
import { ImageError } from '../../shared/errors.ts'
import { bytesOf, chunksOf, reusedChunksOf } from '../support/tar-fixtures.ts'

type Kind = Exclude<Compression, 'none'>
const KINDS: readonly Kind[] = ['gzip', 'zstd', 'xz', 'bzip2']

/** Compressed by the tool of that name. */
function packed(kind: Kind, bytes: Uint8Array, ...options: readonly string[]): Buffer {
  return execFileSync(kind, ['-c', ...options], { input: bytes, maxBuffer: 64 * 1024 * 1024 })
}

/** What comes out, and with which error it ends. */
async function outcome(
  kind: Compression,
  bytes: Uint8Array,
  ...sizes: readonly number[]
): Promise<{ readonly bytes: Buffer; readonly code: ErrorCode | undefined }> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of decompress(kind, reusedChunksOf(bytes, ...sizes)))
      chunks.push(Buffer.from(chunk))
    return { bytes: Buffer.concat(chunks), code: undefined }
  } catch (error) {
    if (!(error instanceof ImageError)) throw error
    return { bytes: Buffer.concat(chunks), code: error.code }
  }
}

/** Words over and over, noise, long runs, and runs of four: what every coder has a way of its own for. */
const sample = Buffer.concat([
  Buffer.from('the quick brown fox jumps over the lazy dog. '.repeat(20_000)),
  randomBytes(200_000),
  Buffer.alloc(1_500_000, 'r'),
  Buffer.from('aaaab'.repeat(30_000)),
  Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i) & 0xff)),
])

describe.each(KINDS)('%s', (kind) => {
  const sampleFile = packed(kind, sample)

  test('what the tool packs is read, however it is cut', async () => {
    for (const bytes of [sample, Buffer.alloc(0), Buffer.from('x'), randomBytes(70_000)]) {
      const file = packed(kind, bytes)
      expect(sniffCompression(file)).toBe(kind)
      for (const size of [file.length + 1, 65_536, 4099]) {
        const result = await outcome(kind, file, size)
        expect(result.code).toBeUndefined()
        expect(result.bytes.equals(bytes)).toBe(true)
      }
    }
    const small = packed(kind, Buffer.from('one byte at a time'))
    expect((await outcome(kind, small, 1)).bytes.toString()).toBe('one byte at a time')
  })

  test('several one after the other are one', async () => {
    const parts = ['first ', '', 'second ', 'third'].map((text) => packed(kind, Buffer.from(text)))
    for (const sizes of [[100_000], [1], [7, 30], parts.map((part) => part.length)]) {
      const result = await outcome(kind, Buffer.concat(parts), ...sizes)
      expect(result).toEqual({ bytes: Buffer.from('first second third'), code: undefined })
    }
  })

  test('an end too early is told', async () => {
    const file = packed(kind, sample.subarray(0, 300_000))
    for (const length of [0, 3, 9, 20, file.length >> 1, file.length - 5, file.length - 1])
      expect((await outcome(kind, file.subarray(0, length), 5000)).code).toBe('truncated')
    const two = Buffer.concat([file, file])
    expect((await outcome(kind, two.subarray(0, two.length - 3))).code).toBe('truncated')
  })

  test('a flipped bit is found', async () => {
    // Noise is stored as it is: there only the format's own check can tell.
    const bytes = Buffer.concat([sample.subarray(0, 40_000), randomBytes(150_000)])
    // zstd has a check of its content only where asked; the tool asks.
    const file = packed(kind, bytes)
    await fc.assert(
      fc.asyncProperty(fc.nat(file.length - 1), fc.nat(7), async (at, bit) => {
        const damaged = Buffer.from(file)
        damaged[at] = (damaged[at] as number) ^ (1 << bit)
        const { code, bytes: found } = await outcome(kind, damaged, 30_000)
        // A few bits carry no meaning: gzip's time, name and flags.
        if (code === undefined) expect(found.equals(bytes)).toBe(true)
        else expect(['malformed', 'truncated', 'limit', 'unsupported']).toContain(code)
      }),
      { numRuns: 150 },
    )
  })

  test('noise after its magic fails, and never hangs', async () => {
    const head = packed(kind, Buffer.from('head'))
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 3000 }),
        fc.integer({ min: 6, max: 24 }),
        async (noise, kept) => {
          const { code } = await outcome(kind, Buffer.concat([head.subarray(0, kept), noise]), 500)
          expect(['malformed', 'truncated', 'limit', 'unsupported', undefined]).toContain(code)
        },
      ),
      { numRuns: 100 },
    )
  })

  test('stopping early leaves the source', async () => {
    let isLeft = false
    async function* source() {
      try {
        for (;;) yield* chunksOf(sampleFile, 10_000)
      } finally {
        isLeft = true
      }
    }
    for await (const chunk of decompress(kind, source())) {
      expect(chunk.length).toBeGreaterThan(0)
      break
    }
    expect(isLeft).toBe(true)
  })

  test('abort ends it with the reason, and leaves the source', async () => {
    const abort = new AbortController()
    let isLeft = false
    async function* source() {
      try {
        for (;;) yield sampleFile
      } finally {
        isLeft = true
      }
    }
    let count = 0
    const run = async () => {
      for await (const chunk of decompress(kind, source(), abort.signal)) {
        count += chunk.length
        if (count > 1_000_000) abort.abort()
      }
    }
    await expect(run()).rejects.toMatchObject({ name: 'AbortError' })
    expect(isLeft).toBe(true)
  })

  test("the source's own error comes through", async () => {
    async function* source() {
      yield sampleFile.subarray(0, 1000)
      throw new ImageError('digest-mismatch', 'Layer 3 is not what its digest says.')
    }
    await expect(bytesOf(decompress(kind, source()))).rejects.toMatchObject({ code: 'digest-mismatch' })
  })
})

describe('bombs', () => {
  const MIB = 1024 * 1024

  /** Reads through and gives the size and how much the process grew meanwhile. */
  async function measured(kind: Kind, source: AsyncIterable<Uint8Array>) {
    const before = process.memoryUsage.rss()
    let peak = before
    let size = 0
    for await (const chunk of decompress(kind, source)) {
      size += chunk.length
      peak = Math.max(peak, process.memoryUsage.rss())
    }
    return { size, growth: peak - before }
  }

  test.each([
    ['gzip', 16],
    ['zstd', 16],
    ['xz', 5],
    ['bzip2', 5],
  ] as const)('zeros in %s, 32 MiB and that %d times over, take little memory', async (kind, times) => {
    const member = packed(kind, Buffer.alloc(32 * MIB))
    async function* source() {
      for (let i = 0; i < times; i++) yield member
    }
    const { size, growth } = await measured(kind, source())
    expect(size).toBe(times * 32 * MIB)
    expect(growth).toBeLessThan(120 * MIB)
  })

  test('a slow consumer holds the source back', async () => {
    let drawn = 0
    const noise = randomBytes(MIB)
    async function* source() {
      const file = gzipSync(noise)
      for (let i = 0; i < 50; i++) {
        drawn++
        yield file
      }
    }
    for await (const chunk of decompress('gzip', source())) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      expect(chunk.length).toBeGreaterThan(0)
      break
    }
    expect(drawn).toBeLessThan(5)
  })

  test('a bomb does not hold the thread', async () => {
    const bomb = packed('xz', Buffer.alloc(16 * MIB), '-0')
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    try {
      await bytesOf(decompress('xz', chunksOf(bomb)))
    } finally {
      clearInterval(timer)
    }
    expect(turns).toBeGreaterThan(3)
  })

  test('windows beyond the bound are refused by their header', async () => {
    // A zstd frame header asking for a window of 2 GiB, and one for a single segment as long.
    const wide = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 1, 0, 0])
    const single = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0x80, 1, 0, 0])
    expect((await outcome('zstd', wide)).code).toBe('limit')
    expect((await outcome('zstd', single)).code).toBe('limit')
    const dictionary = packed('xz', Buffer.from('x'), '--lzma2=dict=256MiB')
    expect((await outcome('xz', dictionary)).code).toBe('limit')
    expect((await outcome('xz', packed('xz', sample, '-9'))).bytes.equals(sample)).toBe(true)
  })
})

describe('peculiarities', () => {
  test('zeros after gzip members are padding; anything else is damage', async () => {
    const member = gzipSync('member')
    expect(await outcome('gzip', Buffer.concat([member, Buffer.alloc(1000)]))).toEqual({
      bytes: Buffer.from('member'),
      code: undefined,
    })
    expect((await outcome('gzip', Buffer.concat([member, Buffer.from('trailing garbage')]))).code).toBe(
      'malformed',
    )
  })

  test('zstd: skippable frames, no checksum, sizes left out, a long window', async () => {
    const skippable = Buffer.concat([Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 5, 0, 0, 0]), Buffer.from('hello')])
    expect(sniffCompression(skippable)).toBe('zstd')
    const frames = [
      skippable,
      packed('zstd', sample, '--no-check', '-19', '--long=27'),
      skippable,
      zstdCompressSync(Buffer.from('tail')),
      skippable,
    ]
    for (const size of [1 << 20, 1000]) {
      const { bytes, code } = await outcome('zstd', Buffer.concat(frames), size)
      expect(code).toBeUndefined()
      expect(bytes.equals(Buffer.concat([sample, Buffer.from('tail')]))).toBe(true)
    }
    expect((await outcome('zstd', Buffer.concat([zstdCompressSync('x'), Buffer.from('garbage')]))).code).toBe(
      'malformed',
    )
    expect((await outcome('zstd', skippable)).code).toBe('truncated')
  })

  test('xz: every check, every preset, several blocks, padding between streams', async () => {
    for (const check of ['none', 'crc32', 'crc64']) {
      const { bytes, code } = await outcome('xz', packed('xz', sample, `--check=${check}`, '-0'), 50_000)
      expect(code).toBeUndefined()
      expect(bytes.equals(sample)).toBe(true)
    }
    for (const options of [
      ['-T2', '--block-size=200000'],
      ['--lzma2=lc=0,lp=4,pb=0'],
      ['--lzma2=lc=4,lp=0,pb=4'],
    ])
      expect((await outcome('xz', packed('xz', sample, ...options))).bytes.equals(sample)).toBe(true)
    const stream = packed('xz', Buffer.from('x'))
    expect(
      (
        await outcome('xz', Buffer.concat([stream, Buffer.alloc(8), stream, Buffer.alloc(4)]))
      ).bytes.toString(),
    ).toBe('xx')
    expect((await outcome('xz', Buffer.concat([stream, Buffer.alloc(3)]))).code).toBe('malformed')
    expect((await outcome('xz', Buffer.concat([stream, Buffer.from('garbage, sixteen!')]))).code).toBe(
      'malformed',
    )
    for (const options of [['--x86', '--lzma2'], ['--delta', '--lzma2'], ['--check=sha256']])
      expect((await outcome('xz', packed('xz', sample, ...options))).code).toBe('unsupported')
  })

  test('xz: one reading waits for another, and goes on when that is left or has failed', async () => {
    const file = packed('xz', sample)
    const broken = Buffer.concat([file.subarray(0, 1000), Buffer.alloc(5000)])
    const readings = Array.from({ length: 12 }, async (_, i) => {
      if (i % 3 === 1) return (await outcome('xz', broken, 5000)).code
      for await (const chunk of decompress('xz', chunksOf(file, 5000)))
        if (i % 3 === 2) return chunk.length > 0 && 'left'
      return (await outcome('xz', file, 5000)).bytes.equals(sample)
    })
    expect(await Promise.all(readings)).toEqual(
      Array.from({ length: 4 }, () => [true, 'malformed', 'left']).flat(),
    )
  })

  test('xz: the source is left where the data makes no sense', async () => {
    let isLeft = false
    async function* source() {
      try {
        yield packed('xz', sample).subarray(0, 1000)
        for (;;) yield Buffer.alloc(5000)
      } finally {
        isLeft = true
      }
    }
    await expect(bytesOf(decompress('xz', source()))).rejects.toMatchObject({ code: 'malformed' })
    expect(isLeft).toBe(true)
  })

  test('xz: a slow consumer holds the source back', async () => {
    let drawn = 0
    const file = packed('xz', randomBytes(100_000))
    async function* source() {
      for (;;) {
        drawn++
        yield file
      }
    }
    for await (const chunk of decompress('xz', source())) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      expect(chunk.length).toBeGreaterThan(0)
      break
    }
    expect(drawn).toBeLessThan(5)
  })

  test('bzip2: every level, garbage after the end', async () => {
    for (const level of ['-1', '-5', '-9'])
      expect((await outcome('bzip2', packed('bzip2', sample, level), 30_000)).bytes.equals(sample)).toBe(true)
    const file = packed('bzip2', Buffer.from('x'))
    expect(await outcome('bzip2', Buffer.concat([file, Buffer.from('garbage')]))).toEqual({
      bytes: Buffer.from('x'),
      code: undefined,
    })
  })
})

describe('compress', () => {
  test.each(['gzip', 'zstd'] as const)(
    '%s: the same bytes however they come, read by the tool',
    async (kind) => {
      const whole = await bytesOf(compress(kind, chunksOf(sample)))
      for (const sizes of [[65_536], [1000, 300_000], [99_991]])
        expect((await bytesOf(compress(kind, reusedChunksOf(sample, ...sizes)))).equals(whole)).toBe(true)
      expect(execFileSync(kind, ['-dc'], { input: whole, maxBuffer: 64 * 1024 * 1024 }).equals(sample)).toBe(
        true,
      )
      expect((await outcome(kind, whole)).bytes.equals(sample)).toBe(true)
      const empty = await bytesOf(compress(kind, chunksOf(Buffer.alloc(0))))
      expect(execFileSync(kind, ['-dc'], { input: empty })).toHaveLength(0)
    },
  )

  test('gzip names neither time nor system', async () => {
    const bytes = await bytesOf(compress('gzip', chunksOf(Buffer.from('x'))))
    expect([...bytes.subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
  })
})

test('what is not compressed passes as it is', async () => {
  expect(sniffCompression(Buffer.alloc(512))).toBe('none')
  expect(sniffCompression(Buffer.from('BZ'))).toBe('none')
  expect(sniffCompression(Buffer.alloc(0))).toBe('none')
  expect((await bytesOf(decompress('none', chunksOf(sample, 1000)))).equals(sample)).toBe(true)
})
