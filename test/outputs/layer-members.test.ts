import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Digest } from '../../shared/digest.ts'
import type { Layer } from '../../main/image/element.ts'
import { paddingOf } from '../../main/image/tar-header.ts'
import { FileSink } from '../../main/outputs/file-sink.ts'
import { LayerMembers, layerPath } from '../../main/outputs/layer-members.ts'
import { memberHeader } from '../../main/outputs/member-header.ts'
import { testContext, type TestContext } from '../support/context.ts'

interface Part {
  readonly content: Buffer
  /** As the layer itself knows it. */
  readonly size?: number
  /** As its source expects it. */
  readonly expected?: number
}

const SIGNAL = new AbortController().signal
const digestOf = (index: number): Digest => `sha256:${String(index).repeat(64).slice(0, 64)}`

/** A layer that counts how often it is read, and waits for `gate` before its last byte. */
function layerOf(
  index: number,
  { content, size, expected }: Part,
  gate: Promise<void>,
  reads: number[],
): Layer {
  return {
    diffID: digestOf(index),
    size,
    isVerified: true,
    ...(expected === undefined ? {} : { expectedSize: async () => expected }),
    entries: () => Promise.reject(new Error('nobody asks')),
    contents: () => {
      throw new Error('nobody asks')
    },
    async *stream() {
      reads[index] = (reads[index] ?? 0) + 1
      yield content.subarray(0, content.length >> 1)
      await gate
      yield content.subarray(content.length >> 1)
    },
  }
}

async function written(context: TestContext, parts: readonly Part[], gate = Promise.resolve()) {
  const reads: number[] = []
  const path = context.path('members')
  await using sink = await FileSink.create(path, context.folder)
  const members = new LayerMembers(sink, SIGNAL)
  await Promise.all(parts.map((part, index) => members.add(layerOf(index, part, gate, reads))))
  await sink.moveTo(await members.finish())
  await sink.close()
  return { bytes: readFileSync(path), reads }
}

/** One member after the other. */
function inOrder(parts: readonly Part[]): Buffer {
  return Buffer.concat(
    parts.flatMap(({ content }, index) => [
      memberHeader(layerPath(digestOf(index)), content.length),
      content,
      new Uint8Array(paddingOf(content.length)),
    ]),
  )
}

const content = (length: number, fill: string): Buffer => Buffer.alloc(length, fill)

describe('layers written at once', () => {
  it('stand in order, whether their sizes are known, expected or neither', async () => {
    await using context = await testContext()
    const parts: Part[] = [
      { content: content(3_000_001, 'a'), expected: 3_000_001 },
      { content: content(700, 'b'), size: 700 },
      { content: content(0, 'c') },
      { content: content(2_500_000, 'd') },
    ]
    const { bytes, reads } = await written(context, parts)
    expect(bytes.equals(inOrder(parts))).toBe(true)
    expect(reads).toEqual([1, 1, 1, 1])
  })

  it('begin before the one before has ended, where its size is expected', async () => {
    await using context = await testContext()
    const gate = Promise.withResolvers<void>()
    const parts: Part[] = [{ content: content(1000, 'a'), expected: 1000 }, { content: content(1000, 'b') }]
    const reads: number[] = []
    await using sink = await FileSink.create(context.path('members'), context.folder)
    const members = new LayerMembers(sink, SIGNAL)
    const first = members.add(layerOf(0, parts[0]!, gate.promise, reads))
    // Ends, though the first cannot.
    await members.add(layerOf(1, parts[1]!, Promise.resolve(), reads))
    expect(reads).toEqual([1, 1])
    gate.resolve()
    await first
    await sink.moveTo(await members.finish())
    await sink.close()
    expect(readFileSync(context.path('members')).equals(inOrder(parts))).toBe(true)
  })

  it.each([
    ['too small', 100],
    ['too large', 9000],
  ])('are written again in order where an expectation was %s', async (_, expected) => {
    await using context = await testContext()
    const parts: Part[] = [
      { content: content(5000, 'a'), expected },
      { content: content(3000, 'b'), expected: 3000 },
      { content: content(20, 'c') },
    ]
    const { bytes, reads } = await written(context, parts)
    expect(bytes.equals(inOrder(parts))).toBe(true)
    expect(reads).toEqual([2, 2, 2])
  })

  it('all end where one fails, and say what failed', async () => {
    await using context = await testContext()
    const parts: Part[] = [
      { content: content(1000, 'a'), size: 999 },
      { content: content(1000, 'b'), expected: 1000 },
    ]
    await expect(written(context, parts)).rejects.toMatchObject({
      code: 'malformed',
      detail: '999 bytes promised, 1000 read',
    })
  })
})
