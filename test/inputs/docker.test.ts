import { createCipheriv } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { DockerImage } from '../../main/inputs/docker/docker.ts'
import { containerd, docker24, exportForm, type EngineKind } from '../support/engine-exports.ts'
import { FakeEngine, type FakeEngineOptions } from '../support/fake-engine.ts'
import { buildImage, sampleImage, type BuiltImage } from '../support/image-builder.ts'
import { inputSuite } from '../support/input-suite.ts'
import { bytesOf, elementsOf, layersOf } from '../support/collect.ts'
import { testContext, type TestContext } from '../support/context.ts'
import { hex, sha256 } from '../support/digests.ts'
import { packTar } from '../support/tar-builder.ts'
import { testTask } from '../support/task.ts'
import type { Digest } from '../../shared/digest.ts'
import { ImageError } from '../../shared/errors.ts'
import type { FetchOptions, Need } from '../../main/image/element.ts'

const KINDS: readonly EngineKind[] = ['docker-24', 'docker-25', 'containerd', 'podman']

const engines = new Set<FakeEngine>()

afterEach(async () => {
  for (const engine of engines) await engine[Symbol.asyncDispose]()
  engines.clear()
})

async function engineOf(
  image: BuiltImage,
  context: TestContext,
  options: FakeEngineOptions = {},
): Promise<FakeEngine> {
  const engine = await FakeEngine.start(context.path('engine.sock'), image, options)
  engines.add(engine)
  return engine
}

/** Bytes that do not compress, the same every time. */
function noise(length: number): Buffer {
  const key = Buffer.alloc(16, 'noise')
  return createCipheriv('aes-128-ctr', key, key).update(Buffer.alloc(length))
}

/** Five layers whose order in an export is another than in the image, one of them large, one twice. */
const FIVE = buildImage({
  references: ['example.org/five:1'],
  layers: [
    [{ path: 'a', content: 'a' }],
    [{ path: 'b', content: noise(600_000) }],
    [{ path: 'c', content: 'c' }],
    [{ path: 'd', content: 'd' }],
    [{ path: 'a', content: 'a' }],
  ],
})
const DIFF_IDS = FIVE.layers.map(({ diffID }) => diffID)
const DISTINCT = [...new Set(DIFF_IDS)]

function open(context: TestContext, image = 'example.org/five:1') {
  return DockerImage.open({ kind: 'docker', image, socket: context.path('engine.sock') }, context, testTask())
}

/** What an output gets, streamed to its end: by name, the digest of its bytes. */
async function taken(
  input: DockerImage,
  need: Need | ((diffID: Digest) => Need),
  options: FetchOptions = {},
): Promise<{ type: string; name: Digest; content: Digest | null }[]> {
  const found = []
  const ask = typeof need === 'function' ? need : () => need
  for await (const [type, name, data] of input.fetch(ask, testTask(), options)) {
    if (type === 'config') found.push({ type, name, content: sha256(data) })
    else found.push({ type, name, content: data && sha256(await bytesOf(data.stream())) })
  }
  return found
}

describe.each(KINDS)('an export of %s', (kind) => {
  describe('is an input like any other', () => {
    inputSuite({
      keepsConfig: kind !== 'containerd',
      isStreamed: true,
      prepare: async (image, context) => {
        await engineOf(image, context, { kind })
        return (context, task) =>
          DockerImage.open(
            {
              kind: 'docker',
              image: image.references[0]!,
              socket: (context as TestContext).path('engine.sock'),
            },
            context,
            task,
          )
      },
    })
  })

  test('gives every layer once, in any order, and keeps none that could pass', async () => {
    await using context = await testContext()
    const engine = await engineOf(FIVE, context, { kind })
    await using input = await open(context)
    const seen = new Set<Digest>()
    const once = (diffID: Digest): Need => {
      if (seen.has(diffID)) return 'skip'
      seen.add(diffID)
      return 'once'
    }
    const found = await taken(input, once, { isAnyOrder: true })
    for (const { name, content } of found) expect(content ?? name).toBe(name)
    expect(found.filter(({ type, content }) => type === 'layer' && content).length).toBe(DISTINCT.length)
    expect(found.find(({ type }) => type === 'config')?.name).toBe(FIVE.imageID)
    expect(engine.exports).toBe(1)
    const kept = [...context.cache.keys.keys()].filter((key) => DISTINCT.some((id) => key.includes(hex(id))))
    if (kind !== 'containerd') expect(kept).toEqual([])
  })

  test('gives layers base first where that is asked', async () => {
    await using context = await testContext()
    const engine = await engineOf(FIVE, context, { kind })
    await using input = await open(context)
    const found = await taken(input, 'once')
    expect(found.filter(({ type }) => type === 'layer').map(({ name }) => name)).toEqual(DIFF_IDS)
    expect(found.every(({ name, content }) => name === content)).toBe(true)
    // The layer that comes twice, and is wanted twice, has passed and was kept only where nobody could tell it by its name.
    expect(engine.exports).toBe(kind === 'containerd' ? 1 : 2)
  })

  test('is not asked for again when its layers are known', async () => {
    await using context = await testContext()
    const engine = await engineOf(FIVE, context, { kind })
    for (let round = 0; round < 2; round++) {
      await using input = await open(context)
      for await (const [type, , layer] of input.fetch(() => 'again', testTask(), { isLazy: true }))
        if (type === 'layer') expect((await layer!.entries()).length).toBe(1)
      expect(engine.exports).toBe(1)
    }
    expect([...context.index.layers.keys()].sort()).toEqual(DISTINCT.toSorted())
    await using input = await open(context)
    const elements = await elementsOf(input, 'skip')
    expect(elements.length).toBe(DIFF_IDS.length + 1)
    expect((await input.inspect(testTask())).imageID).toBe(FIVE.imageID)
    expect(engine.exports).toBe(1)
  })

  test('made once serves all who want to read layers again', async () => {
    await using context = await testContext()
    const engine = await engineOf(FIVE, context, { kind })
    {
      await using input = await open(context)
      const layers = []
      for await (const [type, , layer] of input.fetch(() => 'again', testTask(), { isLazy: true }))
        if (type === 'layer') layers.push(layer!)
      expect(engine.exports).toBe(0)
      const contents = await Promise.all(layers.map(async (layer) => sha256(await bytesOf(layer.stream()))))
      expect(contents).toEqual(DIFF_IDS)
      for (const layer of layers) expect(sha256(await bytesOf(layer.stream()))).toBe(layer.diffID)
      expect(engine.exports).toBe(1)
    }
    await using later = await open(context)
    const found = await taken(later, 'once')
    expect(found.every(({ name, content }) => name === content)).toBe(true)
    expect(engine.exports).toBe(1)
  })

  test('is read no further than to what is wanted', async () => {
    await using context = await testContext()
    const large = buildImage({
      references: ['example.org/five:1'],
      layers: Array.from({ length: 8 }, (_, i) => [{ path: 'x', content: noise(2_000_000 + i) }]),
    })
    const engine = await engineOf(large, context, { kind })
    await using input = await open(context)
    for await (const [type] of input.fetch(() => 'once', testTask(), { isAnyOrder: true }))
      if (type === 'layer') break
    expect(engine.sent).toBeLessThan(8_000_000)
  })

  test('that is cut off at any place fails and leaves nothing but what was whole', async () => {
    const tar = packTar(exportForm(FIVE, kind).members)
    const places = [
      0,
      100,
      512,
      700,
      ...Array.from({ length: 16 }, (_, i) => Math.floor((tar.length * i) / 16)),
    ]
    for (const place of places) {
      await using context = await testContext()
      const engine = await engineOf(FIVE, context, { kind })
      engine.onExport = (response, whole) => {
        if (place === 0) response.flushHeaders()
        response.write(whole.subarray(0, place), () => response.destroy())
      }
      const input = await open(context)
      const started = performance.now()
      await expect.soft(taken(input, 'once'), `cut at ${place}`).rejects.toMatchObject({
        code: 'engine',
        message: expect.stringMatching(
          /^The engine at .*engine\.sock stopped sending while it exported “example.org\/five:1”\.$/,
        ),
      })
      expect(performance.now() - started).toBeLessThan(5000)
      await input[Symbol.asyncDispose]()
      engine.onExport = undefined
      await using again = await open(context)
      const found = await taken(again, 'once')
      expect(found.every(({ name, content }) => name === content)).toBe(true)
      await engine[Symbol.asyncDispose]()
    }
  })

  test('of a layer whose first name looks like compressed data is read as what it is', async () => {
    const image = buildImage({
      references: ['example.org/five:1'],
      layers: [[{ path: 'BZh91AY', content: 'a file' }], [{ path: 'BZh91AY' }, { path: 'x' }]],
    })
    await using context = await testContext()
    await engineOf(image, context, { kind })
    await using input = await open(context)
    const found = await taken(input, 'again')
    expect(found.map(({ content }) => content)).toEqual(found.map(({ name }) => name))
  })

  test('any one changed byte is refused with a reason, or changes nothing', async () => {
    const image = sampleImage(['example.org/five:1'])
    const tar = packTar(exportForm(image, kind).members)
    const reasons = new Set<string>()
    const step = Math.ceil(tar.length / 150) | 1
    for (let at = 0; at < tar.length; at += step) {
      await using context = await testContext()
      const engine = await engineOf(image, context, { kind })
      engine.onExport = (response, whole) => void response.end(flipped(whole, at))
      await using input = await open(context)
      try {
        const found = await taken(input, 'once')
        expect.soft(found.map(({ content }) => content)).toEqual(found.map(({ name }) => name))
        expect.soft(found.map(({ name }) => name)).toContain(image.imageID)
      } catch (error) {
        expect.soft(error, `byte ${at}`).toBeInstanceOf(ImageError)
        reasons.add((error as ImageError).code)
      }
      for (const [diffID, { size }] of context.index.layers)
        expect.soft(image.layers.find((layer) => layer.diffID === diffID)?.tar.length).toBe(size)
      await engine[Symbol.asyncDispose]()
    }
    expect([...reasons]).toContain('digest-mismatch')
    expect([...reasons]).not.toContain('internal')
  })

  test('one changed byte of a layer is refused, and not indexed', async () => {
    await using context = await testContext()
    const form = exportForm(FIVE, kind)
    const members = form.members.map((member) =>
      (member.content?.length ?? 0) > 3_000
        ? { ...member, content: flipped(Buffer.from(member.content!)) }
        : member,
    )
    await engineOf(FIVE, context, { kind, form: { ...form, members } })
    await using input = await open(context)
    const error: unknown = await taken(input, 'once').catch((error: unknown) => error)
    expect(['digest-mismatch', 'malformed']).toContain((error as { code: string }).code)
    expect(context.index.layers.has(DIFF_IDS[1]!)).toBe(false)
    expect(context.cache.keys.has(`layer ${DIFF_IDS[1]}`)).toBe(false)
  })
})

function flipped(bytes: Buffer, at = bytes.length >> 1): Buffer {
  bytes[at] = bytes[at]! ^ 1
  return bytes
}

describe('layers are told by', () => {
  test.each(['1970-01-01T00:00:00Z', '1970-01-01T05:30:00+05:30', '1969-12-31T19:00:00-05:00'])(
    'their v1 ids, made where time began at %s',
    async (created) => {
      await using context = await testContext()
      const form = { id: FIVE.imageID, members: docker24(FIVE, created) }
      await engineOf(FIVE, context, { form })
      await using input = await open(context)
      const seen = new Set<Digest>()
      await taken(input, (diffID) => (seen.has(diffID) ? 'skip' : (seen.add(diffID), 'once')), {
        isAnyOrder: true,
      })
      expect([...context.cache.keys.keys()].filter((key) => !key.startsWith('blob'))).toEqual([])
    },
  )

  test('their bytes, where no id makes sense', async () => {
    await using context = await testContext()
    const form = { id: FIVE.imageID, members: docker24(FIVE, '2011-11-11T11:11:11Z') }
    await engineOf(FIVE, context, { form })
    const input = await open(context)
    const found = await taken(input, 'once')
    expect(found.filter(({ type }) => type === 'layer').map(({ name }) => name)).toEqual(DIFF_IDS)
    expect(found.every(({ name, content }) => name === content)).toBe(true)
    await input[Symbol.asyncDispose]()
    expect([...context.cache.keys.keys()].filter((key) => key.startsWith('archive'))).toEqual([])
  })

  test('a manifest seen before, so that compressed ones pass, too', async () => {
    await using context = await testContext()
    await engineOf(FIVE, context, { kind: 'containerd' })
    {
      await using input = await open(context)
      await taken(input, 'skip')
    }
    const before = context.cache.keys.size
    await using input = await open(context)
    const seen = new Set<Digest>()
    const once = (diffID: Digest): Need => (seen.has(diffID) ? 'skip' : (seen.add(diffID), 'once'))
    const found = await taken(input, once, { isAnyOrder: true })
    expect(found.every(({ name, content }) => content === null || name === content)).toBe(true)
    expect(context.cache.keys.size).toBe(before)
  })

  test('content, of several platforms and attestations beside them', async () => {
    await using context = await testContext()
    const others = ['riscv64', 's390x'].map((architecture) =>
      buildImage({
        layers: [[{ path: architecture }], [{ path: 'etc', content: architecture }]],
        platform: { os: 'linux', architecture },
        references: FIVE.references,
      }),
    )
    const form = containerd([others[0]!, FIVE, others[1]!])
    await engineOf(FIVE, context, { form })
    await using input = await open(context)
    expect((await input.inspect(testTask())).imageID).toBe(form.id)
    const found = await taken(input, 'once')
    expect(found.every(({ name, content }) => name === content)).toBe(true)
    expect(found.find(({ type }) => type === 'config')?.name).toBe(FIVE.imageID)
    expect((await input.inspect(testTask())).imageID).toBe(FIVE.imageID)
  })

  test('repeated members are taken once', async () => {
    await using context = await testContext()
    const { id, members } = exportForm(FIVE, 'podman')
    await engineOf(FIVE, context, { form: { id, members: [...members.slice(0, 3), ...members] } })
    await using input = await open(context)
    const found = await taken(input, 'once')
    expect(found.map(({ name }) => name).filter((name) => name !== FIVE.imageID)).toEqual(DIFF_IDS)
  })
})

describe('what an engine does wrong', () => {
  const image = sampleImage()

  async function failing(
    prepare: (engine: FakeEngine) => void,
    options: FakeEngineOptions = {},
  ): Promise<unknown> {
    await using context = await testContext()
    const engine = await engineOf(image, context, { kind: 'podman', ...options })
    prepare(engine)
    try {
      await using input = await open(context, 'sample:1')
      await taken(input, 'once')
    } catch (error) {
      return error
    }
    throw new Error('it did not fail')
  }

  test('half a header', async () => {
    const error = await failing((engine) => {
      engine.onExport = (response, tar) => void response.end(tar.subarray(0, 256))
    })
    expect(error).toMatchObject({ code: 'engine', message: expect.stringContaining('stopped sending') })
  })

  test('garbage', async () => {
    const error = await failing((engine) => {
      engine.onExport = (response) => void response.end(Buffer.alloc(100_000, 'garbage'))
    })
    expect(error).toMatchObject({
      code: 'malformed',
      message: expect.stringMatching(/^What the engine at .* sent as “sample:1” is not an image\.$/),
    })
  })

  test('says why it failed behind what it has sent', async () => {
    const error = await failing((engine) => {
      engine.onExport = (response, tar) => {
        response.write(tar.subarray(0, 1024))
        response.end('{"errorDetail":{"message":"layer does not exist"},"error":"layer does not exist"}')
      }
    })
    expect(error).toMatchObject({
      code: 'engine',
      message: expect.stringMatching(/failed while it exported “sample:1”: layer does not exist\.$/),
    })
  })

  test('a layer left out, the config left out', async () => {
    const form = exportForm(image, 'podman')
    for (const end of ['.tar', '.json']) {
      const members = form.members.filter(
        ({ path }) => !new RegExp(`^[0-9a-f]{64}\\${end}$`).test(String(path)),
      )
      const error = await failing(() => {}, { form: { ...form, members } })
      expect(error).toMatchObject({ code: 'missing-blob', message: expect.stringContaining('sample:1') })
    }
  })

  test('another config under the image’s name', async () => {
    const form = exportForm(image, 'podman')
    const members = form.members.map((member) =>
      member.path === `${hex(image.imageID)}.json` ? { ...member, content: '{"rootfs":{}}' } : member,
    )
    const error = await failing(() => {}, { form: { ...form, members } })
    expect(error).toMatchObject({ code: 'digest-mismatch' })
  })

  test('two layers under each other’s names', async () => {
    const form = exportForm(image, 'podman')
    const [first, second, ...rest] = form.members
    const members = [{ ...first!, path: second!.path }, { ...second!, path: first!.path }, ...rest]
    const error = await failing(() => {}, { form: { ...form, members } })
    expect(error).toMatchObject({ code: 'digest-mismatch' })
  })

  test('an image that is removed between two requests', async () => {
    const error = await failing((engine) => {
      engine.onRequest = (request, response) => {
        if (!request.url?.includes('/get')) return false
        response.writeHead(404).end('{"message":"No such image"}')
        return true
      }
    })
    expect(error).toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('has no image “sample:1”'),
    })
  })

  test('an answer that is none', async () => {
    const error = await failing((engine) => {
      engine.onRequest = ({ url }, response) => url !== '/_ping' && (response.end('hello'), true)
    })
    expect(error).toMatchObject({ code: 'engine', message: expect.stringContaining('makes no sense') })
  })

  test('another server’s answer', async () => {
    const error = await failing((engine) => {
      engine.onRequest = (_request, response) => (response.end('hello'), true)
    })
    expect(error).toMatchObject({ message: expect.stringContaining('is not a Docker or Podman engine') })
  })

  test('no answer at all, until it is cancelled', async () => {
    await using context = await testContext()
    const engine = await engineOf(image, context)
    engine.onRequest = () => true
    const task = testTask()
    const source = { kind: 'docker', image: 'sample:1', socket: engine.socket } as const
    const opening = DockerImage.open(source, context, task)
    setTimeout(() => task.cancel(), 50)
    await expect(opening).rejects.toMatchObject({ name: 'AbortError' })
  })
})

test('an image that is not there is named', async () => {
  await using context = await testContext()
  const { socket } = await engineOf(FIVE, context)
  await expect(open(context, 'nosuch:1')).rejects.toMatchObject({
    code: 'not-found',
    message: `The engine at ${socket} has no image “nosuch:1”.`,
  })
  await expect(open(context, '../../x')).rejects.toMatchObject({ code: 'usage' })
})

test('an engine that is not running is named, with how to start it', async () => {
  await using context = await testContext()
  const socket = context.path('engine.sock')
  await expect(open(context)).rejects.toMatchObject({
    code: 'engine',
    message: `The engine at ${socket} is not running.`,
    remedy: expect.stringContaining('systemctl'),
  })
})

test('the platform is asked for where the API takes it, and checked where it does not', async () => {
  await using context = await testContext()
  const engine = await engineOf(FIVE, context, { kind: 'docker-25', apiVersion: '1.49' })
  const source = { kind: 'docker', image: 'example.org/five:1', socket: engine.socket } as const
  {
    const platform = { architecture: 'amd64' }
    await using input = await DockerImage.open({ ...source, platform }, context, testTask())
    await layersOf(input)
    const query = `platform=${encodeURIComponent('{"os":"linux","architecture":"amd64"}')}`
    const asked = engine.requests.filter((path) => path.startsWith('/images'))
    expect(asked.map((path) => path.endsWith(query))).toEqual([true, true, true])
  }
  const opening = DockerImage.open({ ...source, platform: { architecture: 's390x' } }, context, testTask())
  await expect(opening).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringContaining('for linux/amd64, not for any system/s390x'),
  })
})

test('a cancelled fetch ends its export at once', async () => {
  await using context = await testContext()
  const engine = await engineOf(FIVE, context, { kind: 'podman' })
  let closed = 0
  engine.onExport = (response, tar) => {
    response.write(tar.subarray(0, 100_000))
    response.on('close', () => closed++)
  }
  await using input = await open(context)
  const task = testTask()
  setTimeout(() => task.cancel(), 50)
  const fetching = (async () => {
    for await (const [type, , data] of input.fetch(() => 'once', task))
      if (type === 'layer') await bytesOf(data!.stream())
  })()
  await expect(fetching).rejects.toMatchObject({ name: 'AbortError' })
  await expect.poll(() => closed).toBe(1)
})

test('who gives up waiting ends an export that nobody else waits for', async () => {
  await using context = await testContext()
  const engine = await engineOf(FIVE, context, { kind: 'podman' })
  let closed = 0
  engine.onExport = (response) => {
    response.flushHeaders()
    response.on('close', () => closed++)
  }
  await using input = await open(context)
  const [layer] = await elementsOfLazy(input)
  const controller = new AbortController()
  const listing = layer!.entries(controller.signal)
  setTimeout(() => controller.abort(), 50)
  await expect(listing).rejects.toMatchObject({ name: 'AbortError' })
  await expect.poll(() => closed).toBe(1)
  engine.onExport = undefined
  expect((await layer!.entries()).length).toBe(1)
})

async function elementsOfLazy(input: DockerImage) {
  const layers = []
  for await (const [type, , layer] of input.fetch(() => 'again', testTask(), { isLazy: true }))
    if (type === 'layer') layers.push(layer)
  return layers
}
