import { createHash } from 'node:crypto'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { FileLayer, type LayerBlob } from '../../main/image/file-layer.ts'
import { RandomAccess } from '../../main/image/random-access.ts'
import { SharedProgress } from '../../main/image/shared-progress.ts'
import type { Digest } from '../../shared/digest.ts'
import { testContext, type TestContext } from '../support/context.ts'
import { packTar } from '../support/tar-builder.ts'
import { testTask } from '../support/task.ts'

const tar = packTar([
  { path: 'usr/', type: 'directory' },
  { path: 'usr/a', content: Buffer.alloc(3_000_000, 'a') },
  { path: 'usr/b', content: 'b', xattrs: { 'user.note': Buffer.from([0, 255]) } },
])
const diffID: Digest = `sha256:${createHash('sha256').update(tar).digest('hex')}`
const blob = gzipSync(tar)

/** The blob in a file, of which another thread may read what `readable` says. */
function layerIn(context: TestContext, parts: Partial<LayerBlob> & { readonly diffID?: Digest } = {}) {
  const path = context.path('blob')
  writeFileSync(path, blob)
  const file = RandomAccess.open(path)
  const whole: LayerBlob = {
    offset: 0,
    size: blob.length,
    compression: 'gzip',
    mediaType: 'layer',
    open: () => file,
    ...parts,
  }
  const task = testTask()
  const layer = new FileLayer(parts.diffID ?? diffID, whole, context, task)
  return { layer, file, task, [Symbol.dispose]: () => file[Symbol.dispose]() }
}

test('a layer is written to its place in a file, verified, and its entries are kept', async () => {
  await using context = await testContext()
  using subject = layerIn(context)
  const out = openSync(context.path('out'), 'w')
  const target = { fd: out, position: 100, place: context.folder }
  expect(await subject.layer.readThrough(target)).toBe(tar.length)
  closeSync(out)
  expect(readFileSync(context.path('out')).subarray(100).equals(tar)).toBe(true)
  expect(subject.layer.isVerified).toBe(true)
  expect(subject.task.steps.at(-1)).toEqual({
    step: diffID,
    done: blob.length,
    total: blob.length,
  })
  const table = context.index.layers.get(diffID)?.table
  expect(table?.at(2)).toMatchObject({ path: 'usr/b', size: 1 })
  expect([...(table?.rare(2)?.xattrs?.['user.note'] ?? [])]).toEqual([0, 255])
})

test('what is not the layer is refused, and nothing is kept', async () => {
  await using context = await testContext()
  using subject = layerIn(context, { diffID: `sha256:${'0'.repeat(64)}` })
  await expect(subject.layer.readThrough(undefined)).rejects.toMatchObject({ code: 'digest-mismatch' })
  expect(context.index.layers.size).toBe(0)
})

test('a blob is followed while it grows; a failure of its source is the failure', async () => {
  await using context = await testContext()
  for (const fails of [false, true]) {
    const ends = Promise.withResolvers<never>()
    ends.promise.catch(() => {})
    const watched = Promise.withResolvers<(readable: number) => void>()
    using subject = layerIn(context, {
      lend: async () => {
        const lent = RandomAccess.open(context.path('blob')).lend()
        return {
          fd: lent.fd,
          watch: (onReadable, onFailure) => {
            watched.resolve(onReadable)
            ends.promise.catch(onFailure)
          },
          [Symbol.dispose]: () => lent[Symbol.dispose](),
        }
      },
    })
    let isDone = false
    const reading = subject.layer.readThrough(undefined).finally(() => (isDone = true))
    reading.catch(() => {})
    const grow = await watched.promise
    grow(blob.length - 1)
    await sleep(100)
    expect(isDone).toBe(false)
    if (fails) ends.reject(new Error('the line was cut'))
    else grow(blob.length)
    if (fails) await expect(reading).rejects.toThrow('the line was cut')
    else expect(await reading).toBe(tar.length)
  }
})

test('a thread that waits for bytes stops when it is told to, and reads the next layer', async () => {
  await using context = await testContext()
  using subject = layerIn(context, {
    lend: async () => ({ ...RandomAccess.open(context.path('blob')).lend(), watch: () => {} }),
  })
  const cancel = new AbortController()
  const readings = Array.from({ length: 6 }, () => subject.layer.readThrough(undefined, cancel.signal))
  const ends = Promise.allSettled(readings)
  await sleep(50)
  cancel.abort()
  for (const end of await ends)
    expect(end).toMatchObject({ status: 'rejected', reason: { name: 'AbortError' } })
  using next = layerIn(context)
  expect(await next.layer.readThrough(undefined)).toBe(tar.length)
})

test('a file that ends before its blob does is told, not waited for', async () => {
  await using context = await testContext()
  using subject = layerIn(context, { size: blob.length + 10 })
  await expect(subject.layer.readThrough(undefined)).rejects.toMatchObject({ code: 'truncated' })
})

test('a disk that takes no more is told as such', async () => {
  await using context = await testContext()
  using subject = layerIn(context)
  const full = openSync('/dev/full', 'w')
  const target = { fd: full, position: 0, place: context.folder }
  await expect(subject.layer.readThrough(target)).rejects.toMatchObject({ code: 'no-space' })
  closeSync(full)
})

test('what a thread has done is seen from another', () => {
  const progress = new SharedProgress()
  const same = new SharedProgress(progress.memory)
  same.done = 2 ** 40
  expect(progress.done).toBe(2 ** 40)
  progress.readable = 7
  expect(same.waitBeyond(6)).toBe(7)
  progress.stop()
  expect(() => same.waitBeyond(6)).toThrow(expect.objectContaining({ code: 'cancelled' }))
})
