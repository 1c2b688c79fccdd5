import { readFile, writeFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Digest } from '../../shared/digest.ts'
import { FileLayer, type LayerBlob } from '../../main/image/file-layer.ts'
import { RandomAccess } from '../../main/image/random-access.ts'
import { sniffCompression } from '../../main/image/compression.ts'
import { bytesOf } from '../support/collect.ts'
import { memoryIndex, testContext, type TestContext } from '../support/context.ts'
import { sha256 } from '../support/digests.ts'
import { packTar } from '../support/tar-builder.ts'
import { testTask, type TestTask } from '../support/task.ts'

const tar = packTar([
  { path: 'etc/', type: 'directory' },
  { path: 'etc/motd', content: 'Welcome.\n' },
  { path: 'big', content: Buffer.alloc(2_500_000, 'some text ') },
])
const diffID = sha256(tar)

/** A layer over bytes in the midst of a file, so that an offset that is forgotten shows. */
async function layerOver(
  context: TestContext,
  bytes: Uint8Array,
  options: { diffID?: Digest; digest?: Digest; task?: TestTask } = {},
) {
  const path = context.path('archive')
  await writeFile(path, Buffer.concat([Buffer.alloc(700, 'x'), bytes, Buffer.alloc(700, 'y')]))
  const file = RandomAccess.open(path)
  const blob: LayerBlob = {
    offset: 700,
    size: bytes.length,
    compression: sniffCompression(bytes),
    mediaType: 'layer',
    ...(options.digest ? { digest: options.digest } : {}),
    open: () => file,
  }
  const task = options.task ?? testTask()
  const layer = new FileLayer(options.diffID ?? diffID, blob, context, task)
  return { layer, task, [Symbol.dispose]: () => file[Symbol.dispose]() }
}

describe('entries', () => {
  test('of an uncompressed layer are hopped over, unverified, and stay out of the index', async () => {
    await using context = await testContext()
    using subject = await layerOver(context, tar)
    expect((await subject.layer.entries()).length).toBe(3)
    expect(subject.layer.isVerified).toBe(false)
    expect(subject.task.steps).toEqual([])
    expect(context.index.layers.size).toBe(0)
  })

  test('of a compressed layer are read through once, verified, and indexed', async () => {
    await using context = await testContext()
    const blob = gzipSync(tar)
    using subject = await layerOver(context, blob, { digest: sha256(blob) })
    const table = await subject.layer.entries()
    expect(subject.layer.isVerified).toBe(true)
    expect(context.index.layers.get(diffID)).toEqual({ table, size: tar.length })
    const steps = subject.task.steps.length
    expect(await subject.layer.entries()).toBe(table)
    expect(subject.task.steps.length).toBe(steps)
  })
})

describe('a listing that was not verified', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  /** So that the file counts as one that nobody is writing. */
  const minutesLater = (minutes: number): void => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + minutes * 60_000 })
  }
  const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `file-${i}`)
  const tarOf = (paths: readonly string[]): Buffer => packTar(paths.map((path) => ({ path, content: path })))
  const many = tarOf(names(300))

  test('is kept under the place it was read at, and answers there the next time', async () => {
    await using context = await testContext()
    using subject = await layerOver(context, many, { diffID: sha256(many) })
    minutesLater(1)
    const table = await subject.layer.entries()
    expect([context.listings.layers.size, context.index.layers.size]).toEqual([1, 0])
    expect(await subject.layer.entries()).toBe(table)
    expect(subject.layer.isVerified).toBe(false)
  })

  test('is another one when the file has changed, even to the same size', async () => {
    await using context = await testContext()
    using subject = await layerOver(context, many, { diffID: sha256(many) })
    minutesLater(1)
    await subject.layer.entries()
    const archive = await readFile(context.path('archive'))
    const name = archive.indexOf('file-7\0')
    const other = tarOf(names(300).map((path) => (path === 'file-7' ? 'FILE-7' : path)))
    expect(name).toBeGreaterThan(0)
    other.copy(archive, 700)
    await writeFile(context.path('archive'), archive)
    minutesLater(2)
    const table = await subject.layer.entries()
    expect(Array.from({ length: 300 }, (_, row) => table.path(row))).toContain('FILE-7')
    expect(context.listings.layers.size).toBe(2)
  })

  test('is not kept of a file that may still be being written, nor of a few entries', async () => {
    await using context = await testContext()
    using fresh = await layerOver(context, many, { diffID: sha256(many) })
    await fresh.layer.entries()
    expect(context.listings.layers.size).toBe(0)
    using small = await layerOver(context, tar)
    minutesLater(1)
    await small.layer.entries()
    expect(context.listings.layers.size).toBe(0)
  })

  test('is given up where nothing can be kept', async () => {
    await using context = await testContext()
    const full = { ...context.listings, put: () => Promise.reject(new Error('ENOSPC')) }
    using subject = await layerOver({ ...context, listings: full }, many, { diffID: sha256(many) })
    minutesLater(1)
    expect((await subject.layer.entries()).length).toBe(300)
    expect(subject.task.warnings).toEqual([])
  })
})

describe('what is verified', () => {
  test.each([
    ['the diffID of plain bytes', tar, { diffID: sha256('other') }],
    ['the diffID of compressed bytes', gzipSync(tar), { diffID: sha256('other') }],
    ['the digest of the blob', gzipSync(tar), { digest: sha256('other') }],
    ['the digest of a blob that is not compressed', tar, { digest: sha256('other') }],
  ])('%s', async (_, bytes, options) => {
    await using context = await testContext()
    using subject = await layerOver(context, bytes, options)
    await expect(bytesOf(subject.layer.stream())).rejects.toMatchObject({ code: 'digest-mismatch' })
    expect(subject.layer.isVerified).toBe(false)
    expect(context.index.layers.size).toBe(0)
  })

  test('bytes behind the end of the compressed data count for the blob’s digest', async () => {
    await using context = await testContext()
    const honest = gzipSync(tar)
    const padded = Buffer.concat([honest, Buffer.alloc(3_000_000)])
    using good = await layerOver(context, padded, { digest: sha256(padded) })
    const read = await bytesOf(good.layer.stream()).then(sha256, (error: { code: string }) => error.code)
    expect([diffID, 'malformed']).toContain(read)
    using bad = await layerOver(context, padded, { digest: sha256(honest) })
    await expect(bytesOf(bad.layer.stream())).rejects.toThrow()
  })

  test('stored bytes whose digest nobody said fail where they do not inflate to the layer', async () => {
    await using context = await testContext()
    using good = await layerOver(context, gzipSync(tar))
    expect(sha256(await bytesOf(good.layer.stored().bytes))).toBe(sha256(gzipSync(tar)))
    using bad = await layerOver(context, gzipSync(tar), { diffID: sha256('other') })
    await expect(bytesOf(bad.layer.stored().bytes)).rejects.toMatchObject({ code: 'digest-mismatch' })
  })

  test('a stream left before its end has verified nothing', async () => {
    await using context = await testContext()
    using subject = await layerOver(context, tar)
    for await (const chunk of subject.layer.stream()) {
      expect(chunk.length).toBeGreaterThan(0)
      break
    }
    expect(subject.layer.isVerified).toBe(false)
    expect(context.index.layers.size).toBe(0)
  })
})

describe('damage', () => {
  test.each(['entries', 'stream', 'contents'] as const)('is named by its layer: %s', async (method) => {
    await using context = await testContext()
    const blob = gzipSync(tar)
    using subject = await layerOver(context, blob.subarray(0, blob.length >> 1))
    const { layer } = subject
    const reading =
      method === 'entries'
        ? layer.entries()
        : method === 'stream'
          ? bytesOf(layer.stream())
          : (async () => {
              for await (const [, bytes] of layer.contents([{ offset: 2_400_000, length: 9 }]))
                await bytesOf(bytes)
            })()
    await expect(reading).rejects.toThrow(`Layer ${diffID.slice(7, 19)} cannot be read: `)
  })

  test('bytes that are no tar still stream, but have no entries', async () => {
    await using context = await testContext()
    const bytes = Buffer.alloc(5000, 'no tar at all')
    using subject = await layerOver(context, bytes, { diffID: sha256(bytes) })
    expect(sha256(await bytesOf(subject.layer.stream()))).toBe(sha256(bytes))
    expect(context.index.layers.size).toBe(0)
    await expect(subject.layer.entries()).rejects.toMatchObject({ code: 'malformed' })
  })

  test('a piece beyond the end is refused, compressed or not', async () => {
    await using context = await testContext()
    for (const bytes of [tar, gzipSync(tar)]) {
      using subject = await layerOver(context, bytes)
      const reading = (async () => {
        for await (const [, piece] of subject.layer.contents([{ offset: tar.length - 1, length: 2 }]))
          await bytesOf(piece)
      })()
      await expect(reading).rejects.toMatchObject({ code: 'truncated' })
    }
  })

  test('an index that cannot be written is a warning, not a failure', async () => {
    await using context = await testContext()
    const full = { ...memoryIndex(), put: () => Promise.reject(new Error('no space left')) }
    using subject = await layerOver({ ...context, index: full }, tar)
    expect(sha256(await bytesOf(subject.layer.stream()))).toBe(diffID)
    expect(subject.task.warnings.map((warning) => warning.code)).toEqual(['index-not-kept'])
  })
})

test('progress counts the bytes of the stored blob', async () => {
  await using context = await testContext()
  const blob = gzipSync(tar, { level: 0 })
  using subject = await layerOver(context, blob)
  await bytesOf(subject.layer.stream())
  const { steps } = subject.task
  expect(new Set(steps.map(({ step, total }) => `${step} ${total}`))).toEqual(
    new Set([`${diffID} ${blob.length}`]),
  )
  expect(steps.map(({ done }) => done)).toEqual(steps.map(({ done }) => done).toSorted((a, b) => a - b))
  expect(steps.at(-1)?.done).toBe(blob.length)
})
