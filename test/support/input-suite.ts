import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { isCancelled } from '../../shared/errors.ts'
import type { Digest } from '../../shared/digest.ts'
import type { ImageInput, Layer } from '../../main/image/element.ts'
import type { InputContext } from '../../main/inputs/input-context.ts'
import { bytesOf, elementsOf, layersOf } from './collect.ts'
import { testContext, type TestContext } from './context.ts'
import { sha256 } from './digests.ts'
import { buildImage, type BuiltImage } from './image-builder.ts'
import { testTask, type TestTask } from './task.ts'

export interface InputSubject {
  /** Writes the image below the context's folder and says how it is opened. */
  prepare(
    image: BuiltImage,
    context: TestContext,
  ): Promise<(context: InputContext, task: TestTask) => Promise<ImageInput>>
  /** Whether this form of an image keeps the config's bytes; the others give it another image ID. */
  readonly keepsConfig: boolean
  /** Where its history words the builder's steps otherwise. */
  readonly createdBy?: readonly string[]
  /** Its layers come as a stream: the config in the midst of them, and nothing is known of their size as stored before. */
  readonly isStreamed?: boolean
  /** It is fetched over connections, several layers at a time: all of them are asked for before the first is given. */
  readonly isRemote?: boolean
}

/** Three layers of which the last repeats the first, as a rebuilt image may. */
function repeatingImage(): BuiltImage {
  const base = [
    { path: 'etc/', type: 'directory' as const },
    { path: 'etc/motd', content: 'Welcome.\n' },
    { path: 'big', content: Buffer.alloc(300_000, 'abcdefg') },
  ]
  return buildImage({
    references: ['registry.example.org/team/app:1.0'],
    layers: [base, [{ path: 'etc/.wh.motd' }, { path: 'more', content: 'more' }], base],
  })
}

/** What every input must do, whatever it reads. */
export function inputSuite(subject: InputSubject): void {
  const image = repeatingImage()
  const diffIDs = image.layers.map((layer) => layer.diffID)

  async function opened(context: TestContext, task = testTask()): Promise<ImageInput> {
    const open = await subject.prepare(image, context)
    return open(context, task)
  }

  test('says what the image is without reading its layers', async () => {
    await using context = await testContext()
    await using input = await opened(context)
    const info = await input.inspect(testTask())
    expect(info.layers.map((layer) => layer.diffID)).toEqual(diffIDs)
    expect(info.layers.map((layer) => layer.createdBy)).toEqual(
      subject.createdBy ?? ['layer 1', 'layer 2', 'layer 3'],
    )
    expect(info.references).toEqual(['registry.example.org/team/app:1.0'])
    expect(info.platform).toEqual({ os: 'linux', architecture: 'amd64' })
    if (subject.keepsConfig) expect(info.imageID).toBe(image.imageID)
  })

  test('gives the config first, under its own digest, then every layer, base first', async () => {
    await using context = await testContext()
    await using input = await opened(context)
    const elements = await elementsOf(input)
    const types = elements.map(([type]) => type)
    if (subject.isStreamed) expect(types.sort()).toEqual(['config', 'layer', 'layer', 'layer'])
    else expect(types).toEqual(['config', 'layer', 'layer', 'layer'])
    expect(elements.flatMap(([type, name]) => (type === 'layer' ? [name] : []))).toEqual(diffIDs)
    const [, imageID, config] = elements.find(([type]) => type === 'config')!
    expect(sha256(config as Uint8Array)).toBe(imageID)
    if (subject.keepsConfig) expect(imageID).toBe(image.imageID)
  })

  test('asks for each layer before it is given, repeats included', async () => {
    await using context = await testContext()
    await using input = await opened(context)
    const log: string[] = []
    const ask = (diffID: Digest): 'skip' => {
      log.push(`ask ${diffID}`)
      return 'skip'
    }
    for await (const [type, name, data] of input.fetch(ask, testTask()))
      if (type === 'layer') log.push(`${data === null ? 'null' : 'layer'} ${name}`)
    const asked = diffIDs.map((diffID) => `ask ${diffID}`)
    const given = diffIDs.map((diffID) => `null ${diffID}`)
    expect(log.filter((line) => line.startsWith('ask'))).toEqual(asked)
    expect(log.filter((line) => line.startsWith('null'))).toEqual(given)
    if (subject.isRemote) expect(log).toEqual([...asked, ...given])
    else if (!subject.isStreamed) expect(log).toEqual(asked.flatMap((ask, index) => [ask, given[index]]))
  })

  test('streams the very bytes of every layer, as often as asked', async () => {
    await using context = await testContext()
    await using input = await opened(context)
    for (const [index, layer] of (await layersOf(input)).entries()) {
      const expected = image.layers[index]
      expect(sha256(await bytesOf(layer.stream()))).toBe(expected?.diffID)
      expect(layer.isVerified).toBe(true)
      expect(layer.size).toBe(expected?.tar.length)
      expect(sha256(await bytesOf(layer.stream()))).toBe(expected?.diffID)
    }
  })

  test('lists the entries, and puts into the index only what it has verified', async () => {
    await using context = await testContext()
    await using input = await opened(context)
    for (const layer of await layersOf(input, 'list')) {
      const paths = await pathsOf(layer)
      expect(paths).toEqual(
        layer.diffID === diffIDs[1] ? ['etc/.wh.motd', 'more'] : ['etc', 'etc/motd', 'big'],
      )
      expect(context.index.layers.has(layer.diffID)).toBe(layer.isVerified)
    }
  })

  test('a layer streamed once is in the index, and its entries come from there', async () => {
    await using context = await testContext()
    await using input = await opened(context)
    const [layer] = await layersOf(input)
    await bytesOf(layer!.stream())
    const known = context.index.layers.get(diffIDs[0]!)
    expect(known?.size).toBe(image.layers[0]?.tar.length)
    const [again] = await layersOf(input)
    expect(await again!.entries()).toBe(known?.table)
    expect(again!.isVerified).toBe(true)
  })

  test('reads pieces of a layer in one pass', async () => {
    await using context = await testContext()
    await using input = await opened(context)
    const [layer] = await layersOf(input)
    const tar = image.layers[0]!.tar
    const ranges = [
      { offset: 0, length: 5 },
      { offset: 512, length: 0 },
      { offset: 1000, length: 200_000 },
      { offset: 201_000, length: 1 },
      { offset: tar.length - 3, length: 3 },
    ]
    const pieces: string[] = []
    for await (const [index, bytes] of layer!.contents(ranges)) pieces[index] = sha256(await bytesOf(bytes))
    expect(pieces).toEqual(ranges.map(({ offset, length }) => sha256(tar.subarray(offset, offset + length))))
  })

  test('a piece may be left unread, and so may the rest', async () => {
    await using context = await testContext()
    await using input = await opened(context)
    const [layer] = await layersOf(input)
    const ranges = [
      { offset: 0, length: 100_000 },
      { offset: 150_000, length: 4 },
      { offset: 160_000, length: 4 },
    ]
    for await (const [index, bytes] of layer!.contents(ranges)) {
      if (index === 0) continue
      expect(await bytesOf(bytes)).toEqual(image.layers[0]!.tar.subarray(150_000, 150_004))
      break
    }
  })

  test('gives the blob as it is stored', async () => {
    await using context = await testContext()
    await using input = await opened(context)
    const info = await input.inspect(testTask())
    const [layer] = await layersOf(input)
    const stored = layer!.stored!()
    const bytes = await bytesOf(stored.bytes)
    expect(bytes.length).toBe(stored.size)
    if (!subject.isStreamed) expect(stored.size).toBe(info.layers[0]?.compressedSize)
    if (info.layers[0]?.digest) expect(sha256(bytes)).toBe(info.layers[0].digest)
  })

  test('tells progress by layer, in bytes of the stored blob', async () => {
    await using context = await testContext()
    await using input = await opened(context)
    const task = testTask()
    let size = 0
    for await (const [type, , layer] of input.fetch(() => 'once', task))
      if (type === 'layer' && layer) {
        size = layer.stored?.().size ?? size
        await bytesOf(layer.stream())
      }
    const last = (diffID?: Digest) => task.steps.findLast(({ step }) => step === diffID)
    for (const diffID of diffIDs) expect(last(diffID)?.done).toBe(last(diffID)?.total)
    if (!subject.isStreamed) expect(task.steps.at(-1)).toEqual({ step: diffIDs[2], done: size, total: size })
  })

  test('stops when it is cancelled', async () => {
    await using context = await testContext()
    await using input = await opened(context)
    const task = testTask()
    const reading = (async () => {
      for await (const [type, , layer] of input.fetch(() => 'once', task))
        if (type === 'config') task.cancel()
        else if (layer && 'diffID' in layer) await bytesOf(layer.stream(task.signal))
    })()
    const error: unknown = await reading.catch((error: unknown) => error)
    expect(isCancelled(error)).toBe(true)
  })

  test.skipIf(process.platform !== 'linux')('leaves no file open, disposed once or twice', async () => {
    await using context = await testContext()
    const open = await subject.prepare(image, context)
    const openFiles = (): number => readdirSync('/proc/self/fd').length
    const before = openFiles()
    const input = await open(context, testTask())
    for (const layer of await layersOf(input)) await bytesOf(layer.stream())
    await input[Symbol.asyncDispose]()
    await input[Symbol.asyncDispose]()
    // The other end of a connection closes in its own time.
    if (subject.isStreamed || subject.isRemote) await expect.poll(openFiles).toBe(before)
    expect(openFiles()).toBe(before)
  })
}

async function pathsOf(layer: Layer): Promise<string[]> {
  const table = await layer.entries()
  return Array.from({ length: table.length }, (_, row) => table.path(row))
}
