import { writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { DOCKER_LAYER_GZIP, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST } from '../../shared/media-types.ts'
import type { Platform } from '../../shared/image.ts'
import { listRepositories, listTags, resolveImage, trySignIn } from '../../main/registry/browse.ts'
import { RegistryImage } from '../../main/inputs/registry/registry.ts'
import { FileDocumentStore } from '../../main/store/documents.ts'
import { testContext, type TestContext } from '../support/context.ts'
import { sha256 } from '../support/digests.ts'
import { basicAuth, FakeRegistry } from '../support/fake-registry.ts'
import type { FakeRepository } from '../support/fake-repository.ts'
import { FakeServer } from '../support/fake-server.ts'
import { FaultProxy } from '../support/fault-proxy.ts'
import { buildImage, sampleImage, type BuiltImage } from '../support/image-builder.ts'
import { answers } from '../support/network-faults.ts'
import { testTask } from '../support/task.ts'
import { noise, pull } from './pulled.ts'

let registry: FakeRegistry
let context: TestContext
const { signal } = new AbortController()

beforeEach(async () => {
  registry = await FakeRegistry.start()
  context = await testContext()
  vi.stubEnv('HOME', context.folder)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await context[Symbol.asyncDispose]()
  await registry[Symbol.asyncDispose]()
})

const named = (name: string): string => `${registry.host}/${name}`

function imageFor(platform: Platform): BuiltImage {
  const content = JSON.stringify(platform)
  const { os, architecture, variant } = platform
  return buildImage({
    platform: { os, architecture, ...(variant == null ? {} : { variant }) },
    layers: [[{ path: 'etc/platform', content }]],
  })
}

const AMD64 = imageFor({ os: 'linux', architecture: 'amd64' })
const ARM64 = imageFor({ os: 'linux', architecture: 'arm64', variant: 'v8' })
const ARM_V5 = imageFor({ os: 'linux', architecture: 'arm', variant: 'v5' })
const ARM_V7 = imageFor({ os: 'linux', architecture: 'arm', variant: 'v7' })
const S390X = imageFor({ os: 'linux', architecture: 's390x' })
const ALL = [AMD64, ARM64, ARM_V5, ARM_V7, S390X]

describe('an index', () => {
  const chosen = async (platform?: Partial<Platform>): Promise<string> =>
    (await pull(context, { image: named('multi'), ...(platform ? { platform } : {}) })).imageID

  test.each<[wish: Partial<Platform>, image: BuiltImage]>([
    [{ architecture: 'amd64' }, AMD64],
    [{ architecture: 'x86_64' }, AMD64],
    [{ architecture: 'arm64' }, ARM64],
    [{ architecture: 'aarch64' }, ARM64],
    [{ os: 'linux', architecture: 'arm', variant: 'v7' }, ARM_V7],
    // The next lower variant runs, too; a higher one does not.
    [{ architecture: 'arm', variant: 'v6' }, ARM_V5],
    [{ architecture: 'arm', variant: 'v8' }, ARM_V7],
    [{ architecture: 's390x' }, S390X],
  ])('gives the image for %j', async (wish, image) => {
    registry.repository('multi').pushIndex(ALL)
    expect(await chosen(wish)).toBe(image.imageID)
  })

  test('gives that for this computer where nobody says', async () => {
    registry.repository('multi').pushIndex(ALL)
    const own = process.arch === 'arm64' ? ARM64 : AMD64
    expect(await chosen()).toBe(own.imageID)
  })

  test('of one image gives that, whatever computer this is', async () => {
    registry.repository('multi').pushIndex([S390X])
    expect(await chosen()).toBe(S390X.imageID)
  })

  test('without what is wanted says what there is', async () => {
    registry.repository('multi').pushIndex([ARM_V7, S390X])
    await expect(chosen({ architecture: 'amd64' })).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringMatching(
        /holds nothing for any system\/amd64, only linux\/arm\/v7, linux\/s390x\.$/,
      ),
    })
    await expect(chosen()).rejects.toMatchObject({
      code: 'choose-image',
      message: expect.stringContaining('only for linux/arm/v7, linux/s390x'),
    })
    registry.repository('single').push(S390X)
    const one = pull(context, { image: named('single'), platform: { architecture: 'amd64' } })
    await expect(one).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('linux/s390x'),
    })
  })

  test.each([0, 1, 3, 7])('within %i others is followed, its attestations are set aside', async (nesting) => {
    registry.repository('multi').pushIndex(ALL, { nesting, hasAttestations: true })
    const found = await pull(context, {
      image: named('multi'),
      platform: { architecture: 'arm', variant: 'v7' },
    })
    expect(found.imageID).toBe(ARM_V7.imageID)
    expect(found.task.warnings).toContainEqual(
      expect.objectContaining({
        code: 'attestations',
        message: expect.stringMatching(/^1 attestation was set aside/),
      }),
    )
  })

  test('too deep, or of too many, is refused after few requests', async () => {
    registry.repository('multi').pushIndex(ALL, { nesting: 9 })
    await expect(chosen()).rejects.toMatchObject({ code: 'limit' })
    const repository = registry.repository('wide')
    const { digest } = repository.push(AMD64)
    const many = Array.from({ length: 1025 }, () => ({ mediaType: OCI_MANIFEST, digest, size: 2 }))
    repository.putManifest({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: many }, OCI_INDEX, {
      tag: 'latest',
    })
    await expect(pull(context, named('wide'))).rejects.toMatchObject({ code: 'limit' })
    expect(registry.requests.length).toBeLessThan(20)
  })

  test('that names itself, by a digest that cannot be, is not followed round', async () => {
    const repository = registry.repository('loop')
    const digest = `sha256:${'1'.repeat(64)}` as const
    const index = {
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: [{ mediaType: OCI_INDEX, digest, size: 2 }],
    }
    repository.putManifest(index, OCI_INDEX, { tag: 'latest' })
    repository.putManifest(index, OCI_INDEX, { digest })
    await expect(pull(context, named('loop'))).rejects.toMatchObject({ code: 'digest-mismatch' })
  })

  test('that is a manifest, too, is neither (CVE-2021-41190)', async () => {
    const repository = registry.repository('both')
    const { digest } = repository.push(AMD64)
    const { bytes } = repository.manifest(digest)!
    const both = {
      ...(JSON.parse(bytes.toString()) as object),
      manifests: [{ mediaType: OCI_MANIFEST, digest, size: bytes.length }],
    }
    for (const type of [OCI_MANIFEST, OCI_INDEX]) {
      repository.putManifest(both, type, { tag: 'latest' })
      await expect(pull(context, named('both'))).rejects.toMatchObject({
        name: 'ImageError',
        code: 'malformed',
      })
    }
  })
})

describe('a manifest', () => {
  test('is found by its digest, and by tag and digest', async () => {
    const { digest } = registry.repository('app').push(AMD64, { tag: '1' })
    registry.repository('app').push(S390X, { tag: '2' })
    expect((await pull(context, named(`app@${digest}`))).imageID).toBe(AMD64.imageID)
    expect((await pull(context, named(`app:2@${digest}`))).imageID).toBe(AMD64.imageID)
  })

  test('that is not there is told by its name', async () => {
    registry.repository('app').push(AMD64)
    for (const name of ['app:none', 'none', `app@sha256:${'0'.repeat(64)}`])
      await expect(pull(context, named(name))).rejects.toMatchObject({
        code: 'not-found',
        message: expect.stringContaining(named(name)),
      })
  })

  test('of another kind is no image', async () => {
    const repository = registry.repository('chart')
    const config = {
      mediaType: 'application/vnd.cncf.helm.config.v1+json',
      digest: repository.putBlob(Buffer.from('{}')),
      size: 2,
    }
    repository.putManifest({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [] }, OCI_MANIFEST, {
      tag: 'latest',
    })
    await expect(pull(context, named('chart'))).rejects.toMatchObject({ code: 'not-an-image' })
  })

  test('with fewer layers than its config is refused', async () => {
    const repository = registry.repository('app')
    const { digest } = repository.push(sampleImage(), { format: 'docker' })
    const manifest = JSON.parse(repository.manifest(digest)!.bytes.toString()) as { layers: unknown[] }
    repository.putManifest({ ...manifest, layers: manifest.layers.slice(1) }, DOCKER_MANIFEST, {
      tag: 'latest',
    })
    await expect(pull(context, named('app'))).rejects.toMatchObject({ code: 'malformed' })
  })

  test('whose layer is another than its config says is refused, though its own digest is right', async () => {
    const repository = registry.repository('app')
    const { digest } = repository.push(sampleImage())
    const manifest = JSON.parse(repository.manifest(digest)!.bytes.toString()) as { layers: object[] }
    const blob = repository.blobs.get(repository.push(S390X, { tag: 'other' }).layers[0]!)!
    const layers = [{ ...manifest.layers[0], digest: sha256(blob), size: blob.length }, manifest.layers[1]]
    repository.putManifest({ ...manifest, layers }, OCI_MANIFEST, { tag: 'latest' })
    await expect(pull(context, named('app'))).rejects.toMatchObject({ code: 'digest-mismatch' })
  })
})

describe('a layer that registries may not pass on', () => {
  async function foreign(): Promise<{ server: FakeServer; repository: FakeRepository }> {
    const repository = registry.repository('windows')
    const { digest, layers } = repository.push(AMD64)
    const server = await registry.startBlobServer()
    const manifest = JSON.parse(repository.manifest(digest)!.bytes.toString()) as { layers: object[] }
    const urls = [`${server.url}/${layers[0]}`]
    repository.putManifest({ ...manifest, layers: [{ ...manifest.layers[0], urls }] }, OCI_MANIFEST, {
      tag: 'latest',
    })
    return { server, repository }
  }

  test('is fetched from its maker only where that is wanted, and without credentials', async () => {
    const { server, repository } = await foreign()
    await using _ = server
    registry.auth = basicAuth('me', 'secret')
    context.signIns.push({ registry: registry.host, username: 'me', secret: 'secret' })
    const [layer] = repository.blobs.entries().find(([, bytes]) => bytes[0] === 0x1f)!
    const bytes = repository.blobs.get(layer)!
    repository.blobs.delete(layer)
    // Whoever serves it has it from another repository.
    registry.repository('maker').blobs.set(layer, bytes)
    await expect(pull(context, named('windows'))).rejects.toMatchObject({ code: 'not-found' })
    expect(server.requests).toEqual([])
    expect((await pull(context, { image: named('windows'), foreign: true })).imageID).toBe(AMD64.imageID)
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([undefined])
  })

  test('is asked of the registry first', async () => {
    const { server } = await foreign()
    await using _ = server
    expect((await pull(context, { image: named('windows'), foreign: true })).imageID).toBe(AMD64.imageID)
    expect(server.requests).toEqual([])
  })
})

test('a layer that two images share is fetched once, and one that is twice in an image, too', async () => {
  const layer = [{ path: 'shared', content: noise(100_000) }]
  const twice = buildImage({ layers: [layer, [{ path: 'a', content: 'a' }], layer] })
  const other = buildImage({ layers: [layer, [{ path: 'b', content: 'b' }]] })
  const { layers } = registry.repository('app').push(twice, { tag: '1' })
  registry.repository('app').push(other, { tag: '2' })
  expect((await pull(context, named('app:1'))).imageID).toBe(twice.imageID)
  const found = await pull(context, named('app:2'))
  expect(found.imageID).toBe(other.imageID)
  expect(registry.bytesSent.get(layers[0]!)).toBe(registry.repository('app').blobs.get(layers[0]!)!.length)
  expect(found.traffic.kept).toBe(registry.bytesSent.get(layers[0]!))
})

test('what an output does not need is not fetched', async () => {
  const { layers, diffIDs } = registry.repository('app').push(sampleImage())
  await using input = await RegistryImage.open({ kind: 'registry', image: named('app') }, context, testTask())
  for await (const [type, , layer] of input.fetch(
    (diffID) => (diffID === diffIDs[1] ? 'once' : 'skip'),
    testTask(),
  ))
    if (type === 'layer' && layer) for await (const _ of layer.stream());
  expect([registry.bytesSent.has(layers[0]!), registry.bytesSent.has(layers[1]!)]).toEqual([false, true])
})

test('a piece of a compressed layer is not given before the whole was verified', async () => {
  const image = buildImage({
    layers: [
      [
        { path: 'first', content: 'first' },
        { path: 'rest', content: noise(300_000) },
      ],
    ],
  })
  const { layers } = registry.repository('app').push(image)
  await using proxy = await FaultProxy.start(registry.url)
  proxy.add({ digest: layers[0]!, fault: { kind: 'flip', at: -1 } })
  await using input = await RegistryImage.open(
    { kind: 'registry', image: `${proxy.host}/app` },
    context,
    testTask(),
  )
  for await (const [type, , layer] of input.fetch(() => 'again', testTask())) {
    if (type !== 'layer') continue
    const first = async (): Promise<void> => {
      for await (const [, bytes] of layer!.contents([{ offset: 512, length: 5 }]))
        for await (const _ of bytes) return
    }
    await expect(first()).rejects.toMatchObject({ code: 'digest-mismatch' })
  }
})

describe('an image of schema 1', () => {
  test('has the config and the ID that engines make of it', async () => {
    // Of engines before 1.8.3, or unknown ones, every field is written anew: test/image/v1-config.test.ts.
    const image = buildImage({
      layers: [[{ path: 'etc/motd', content: 'hello' }], [{ path: 'etc/<&>', content: 'x' }]],
      overrides: { docker_version: '24.0.7' },
    })
    const pushed = registry.repository('old').push(image, { format: 'schema1' })
    await using input = await RegistryImage.open(
      { kind: 'registry', image: named('old') },
      context,
      testTask(),
    )
    const info = await input.inspect(testTask())
    expect(info).toMatchObject({ imageID: pushed.imageID, digest: pushed.digest })
    expect(info.layers.map(({ diffID }) => diffID)).toEqual(pushed.diffIDs)
    expect(info.layers.map(({ mediaType }) => mediaType)).toEqual([DOCKER_LAYER_GZIP, DOCKER_LAYER_GZIP])
    expect(info.warnings.map(({ code }) => code)).toEqual(['config-synthesised'])
    expect((await pull(context, named(`old@${pushed.digest}`))).diffIDs).toEqual(pushed.diffIDs)
  })

  test('altered, signed or not, is refused by its digest', async () => {
    const repository = registry.repository('old')
    const { digest } = repository.push(sampleImage(), { format: 'schema1' })
    const stored = repository.manifest(digest)!
    const text = stored.bytes.toString()
    for (const wrong of [
      text.replace('"layer', '"lawyer'),
      text.replace(
        /"protected": ?"[^"]+"/,
        `"protected":"${Buffer.from('{"formatLength":99999999,"formatTail":"Cn0"}').toString('base64url')}"`,
      ),
      text.replace(/"protected": ?"[^"]+"/, '"protected":"e30"'),
      text.replace(/"protected": ?"[^"]+"/, '"protected":"garbage"'),
    ]) {
      expect(wrong).not.toBe(text)
      repository.putManifest(Buffer.from(wrong), stored.mediaType, { tag: 'latest', digest })
      await expect(pull(context, named('old'))).rejects.toMatchObject({
        code: expect.stringMatching(/^(digest-mismatch|malformed)$/),
      })
    }
  })

  test.each([
    [
      'a layer fewer than steps',
      (manifest: { fsLayers: unknown[] }) => ({ ...manifest, fsLayers: manifest.fsLayers.slice(1) }),
    ],
    [
      'a step that is no JSON',
      (manifest: object) => ({
        ...manifest,
        history: [{ v1Compatibility: '{' }, { v1Compatibility: '{}' }, { v1Compatibility: '{}' }],
      }),
    ],
    ['a digest that is none', (manifest: object) => ({ ...manifest, fsLayers: [{ blobSum: '../../x' }] })],
    ['no layers at all', (manifest: object) => ({ ...manifest, fsLayers: undefined })],
  ])('with %s is malformed', async (_, change) => {
    const repository = registry.repository('old')
    const stored = repository.manifest(repository.push(sampleImage(), { format: 'schema1' }).digest)!
    const { signatures: __, ...manifest } = JSON.parse(stored.bytes.toString()) as {
      signatures: unknown
      fsLayers: unknown[]
    }
    repository.putManifest(change(manifest), stored.mediaType, { tag: 'latest' })
    await expect(pull(context, named('old'))).rejects.toMatchObject({ code: 'malformed' })
  })
})

describe('the names of a registry', () => {
  test('come page by page, in order, whatever the size of a page', async () => {
    const names = Array.from({ length: 7 }, (_, i) => `team/app-${i}`)
    for (const name of names) registry.repository(name).push(AMD64)
    for (const tag of ['1', '2', '10', 'latest', 'zz']) registry.repository('team/app-0').push(AMD64, { tag })
    for (const pageSize of [Infinity, 3, 1]) {
      registry.pageSize = pageSize
      expect(await listRepositories(registry.host, false, context, signal)).toEqual({
        names,
        isTruncated: false,
      })
      expect(await listTags(named('team/app-0'), false, context, signal)).toEqual({
        names: ['1', '10', '2', 'latest', 'zz'],
        isTruncated: false,
      })
    }
  })

  test.each([
    ['relative', (path: string) => `<${path}?last=b>; rel="next"`],
    ['whole', (path: string) => `<http://HOST${path}?last=b>; rel="next"`],
    ['after another', (path: string) => `<${path}>; rel="first", <${path}?last=b>; rel="next"`],
    ['without quotes', (path: string) => `<${path}?last=b>;rel=next`],
    ['with other words', (path: string) => `<${path}?last=b>; title="x"; rel="next"`],
    ['among others', (path: string) => [`<${path}>; rel="first"`, `<${path}?last=b>; rel="next"`]],
  ])('go on where a link leads that is %s', async (_, link) => {
    await using server = await FakeServer.start(({ url, headers }, response) => {
      const { pathname, searchParams } = new URL(url, 'http://x')
      if (!url.includes('tags')) return void response.end('{}')
      const next = [link(pathname)].flat().map((text) => text.replace('HOST', headers.host ?? ''))
      if (!searchParams.has('last')) response.setHeader('link', next)
      response.end(JSON.stringify({ tags: searchParams.has('last') ? ['c'] : ['a', 'b'] }))
    })
    expect(await listTags(`${server.host}/app`, false, context, signal)).toEqual({
      names: ['a', 'b', 'c'],
      isTruncated: false,
    })
  })

  test('that go round in a circle, or on for ever, end and say so', async () => {
    let count = 0
    await using server = await FakeServer.start(({ url }, response) => {
      const { pathname } = new URL(url, 'http://x')
      response.setHeader('link', `<${pathname}?last=${count}>; rel="next"`)
      const tags = url.includes('circle') ? ['a'] : [`tag-${count++}`]
      response.end(JSON.stringify(url.includes('tags') ? { tags } : {}))
    })
    expect(await listTags(`${server.host}/circle`, false, context, signal)).toEqual({
      names: ['a'],
      isTruncated: true,
    })
    expect(server.requests.length).toBe(3)
    const found = await listTags(`${server.host}/endless`, false, context, signal)
    expect([found.names.length, found.isTruncated]).toEqual([50, true])
  })

  test('beyond ten thousand are cut off', async () => {
    const tags = Array.from({ length: 10_001 }, (_, i) => `t${i}`)
    await using server = await FakeServer.start(
      ({ url }, response) => void response.end(JSON.stringify(url.includes('tags') ? { tags } : {})),
    )
    const found = await listTags(`${server.host}/app`, false, context, signal)
    expect([found.names.length, found.isTruncated]).toEqual([10_000, true])
  })

  test('never lead to another server', async () => {
    await using other = await FakeServer.start((_, response) => void response.end('{"tags":["stolen"]}'))
    await using server = await FakeServer.start(({ url }, response) => {
      if (url.includes('tags'))
        response.setHeader('link', `<${other.url}/v2/app/tags/list?last=a>; rel="next"`)
      response.end('{"tags":["a"]}')
    })
    await expect(listTags(`${server.host}/app`, false, context, signal)).rejects.toMatchObject({
      code: 'server',
    })
    expect(other.requests).toEqual([])
  })

  test.each([
    [404, 'not-found'],
    [405, 'server'],
    [401, 'sign-in'],
    [403, 'sign-in'],
  ] as const)('that it does not give (%i) are no fault of ours', async (status, code) => {
    registry.catalogStatus = status
    await expect(listRepositories(registry.host, false, context, signal)).rejects.toMatchObject({ code })
  })

  test('may be none', async () => {
    await using server = await FakeServer.start(
      (_, response) => void response.end('{"name":"app","tags":null}'),
    )
    expect(await listTags(`${server.host}/app`, false, context, signal)).toEqual({
      names: [],
      isTruncated: false,
    })
  })
})

describe('what a reference leads to', () => {
  test('is said without fetching a layer', async () => {
    const index = registry.repository('multi').pushIndex(ALL, { hasAttestations: true })
    const found = await resolveImage(named('multi'), false, context, signal)
    expect(found).toMatchObject({ reference: named('multi:latest'), digest: index.digest, attestations: 1 })
    expect(found.platforms.map(({ digest }) => digest)).toEqual(index.images.map(({ digest }) => digest))
    expect(found.platforms.filter(({ isDefault }) => isDefault)).toHaveLength(1)
    for (const [i, { size, layers }] of found.platforms.entries()) {
      const blob = registry.repository('multi').blobs.get(index.images[i]!.layers[0]!)!
      expect([size, layers]).toEqual([blob.length, 1])
    }
    expect([...registry.bytesSent.keys()]).toEqual([])
    registry.repository('one').push(S390X)
    expect((await resolveImage(named('one'), false, context, signal)).platforms).toMatchObject([
      { platform: { os: 'linux', architecture: 's390x' }, isDefault: true, layers: 1 },
    ])
    registry.repository('old').push(AMD64, { format: 'schema1' })
    expect((await resolveImage(named('old'), false, context, signal)).platforms).toMatchObject([
      { platform: { os: 'linux', architecture: 'amd64' }, isDefault: true, size: null },
    ])
  })

  test('is found out as whoever signs in, tried before', async () => {
    registry.auth = basicAuth('me', 'right')
    const me = { registry: registry.host, username: 'me', secret: 'right' }
    await trySignIn(me, false, context, signal)
    await expect(trySignIn({ ...me, secret: 'wrong' }, false, context, signal)).rejects.toMatchObject({
      code: 'sign-in',
    })
    registry.repository('app').push(AMD64)
    const found = await resolveImage(named('app'), false, { ...context, signIns: [me] }, signal)
    expect(found.platforms).toHaveLength(1)
  })

  test('by a mirror that is there for it', async () => {
    registry.repository('team/app').push(AMD64)
    await writeFile(
      context.path('conf'),
      `[[registry]]\nprefix = "registry.example"\nlocation = "${registry.host}/team"\n`,
    )
    vi.stubEnv('CONTAINERS_REGISTRIES_CONF', context.path('conf'))
    expect((await resolveImage('registry.example/app:latest', false, context, signal)).reference).toBe(
      'registry.example/app:latest',
    )
  })
})

test('the body of an answer that nobody wants is nobody’s failure', async () => {
  const { layers } = registry
    .repository('app')
    .push(buildImage({ layers: [[{ path: 'x', content: noise(500_000) }]] }))
  await using proxy = await FaultProxy.start(registry.url)
  const problems: unknown[] = []
  const note = (error: unknown): void => void problems.push(error)
  process.on('uncaughtException', note)
  process.on('unhandledRejection', note)
  try {
    for (const fault of [
      { kind: 'gzip' } as const,
      answers(400, {}, Buffer.alloc(500_000)),
      answers(307, { location: 'file:///x' }, Buffer.alloc(500_000)),
    ]) {
      proxy.heal()
      proxy.add({ digest: layers[0]!, fault })
      await expect(pull(context, `${proxy.host}/app`)).rejects.toMatchObject({ code: 'server' })
    }
    await new Promise((resolve) => setImmediate(resolve))
    expect(problems).toEqual([])
  } finally {
    process.off('uncaughtException', note)
    process.off('unhandledRejection', note)
  }
})

test('a config is fetched once, and again where what was kept of it is damaged', async () => {
  const image = sampleImage()
  registry.repository('team/app').push(image, { tag: '1.0' })
  const documents = new FileDocumentStore(context.path('documents'))
  const asked = async (): Promise<number> => {
    const before = registry.requests.length
    const { imageID } = await pull({ ...context, documents }, named('team/app:1.0'))
    expect(imageID).toBe(image.imageID)
    return registry.requests.slice(before).filter(({ url }) => url.endsWith(image.imageID)).length
  }
  expect([await asked(), await asked()]).toEqual([1, 0])
  await writeFile(context.path(`documents/${image.imageID.slice(7)}`), '{}')
  expect([await asked(), await asked()]).toEqual([1, 0])
})
