import { createServer, type AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { reportOf } from '../../shared/errors.ts'
import type { RecordedRequest } from '../support/fake-server.ts'
import { Certificates } from '../support/certificates.ts'
import { testContext, type TestContext } from '../support/context.ts'
import { basicAuth, FakeRegistry, type FakeRegistryOptions } from '../support/fake-registry.ts'
import { FakeServer } from '../support/fake-server.ts'
import { FaultProxy } from '../support/fault-proxy.ts'
import { sampleImage } from '../support/image-builder.ts'
import { answers, redirects } from '../support/network-faults.ts'
import { pauses } from '../support/quick-clock.ts'
import { testTask } from '../support/task.ts'
import { TokenServer, type TokenServerOptions } from '../support/token-server.ts'
import { pull, type Pulled } from './pulled.ts'

vi.mock('node:timers/promises', async (actual) => ({
  ...(await actual<object>()),
  setTimeout: (await import('../support/quick-clock.ts')).noWait,
}))

const IMAGE = sampleImage()
const USER = { username: 'puller', secret: 'correct horse' }
/** An address of this machine that is none of loopback: to others it is a machine like any. */
const AFAR = Object.values(networkInterfaces())
  .flat()
  .find((one) => one && !one.internal && one.family === 'IPv4')?.address

let stack: AsyncDisposableStack
let context: TestContext

beforeEach(async () => {
  pauses.length = 0
  stack = new AsyncDisposableStack()
  context = stack.use(await testContext())
  vi.stubEnv('HOME', context.folder)
  vi.stubEnv('DOCKER_CONFIG', context.path('docker'))
  vi.stubEnv('XDG_CONFIG_HOME', context.path('config'))
  vi.stubEnv('XDG_RUNTIME_DIR', undefined)
  vi.stubEnv('CONTAINERS_REGISTRIES_CONF', undefined)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await stack.disposeAsync()
})

async function registryWith(options: FakeRegistryOptions = {}): Promise<FakeRegistry> {
  const registry = stack.use(await FakeRegistry.start(options))
  registry.repository('team/app').push(IMAGE)
  return registry
}

async function tokenServer(options: TokenServerOptions = {}): Promise<TokenServer> {
  return stack.use(await TokenServer.start({ users: { [USER.username]: USER.secret }, ...options }))
}

const signIn = (registry: string, secret = USER.secret): void => {
  context.signIns.push({ registry, username: USER.username, secret })
}

const pulled = async ({ host }: { readonly host: string }): Promise<Pulled> =>
  pull(context, `${host}/team/app`)

function expectRight({ imageID, diffIDs }: Pulled): void {
  expect({ imageID, diffIDs }).toEqual({
    imageID: IMAGE.imageID,
    diffIDs: IMAGE.layers.map(({ diffID }) => diffID),
  })
}

const authorizations = (requests: readonly RecordedRequest[]): (string | undefined)[] => [
  ...new Set(requests.map(({ headers }) => headers.authorization)),
]

describe('a registry that wants a password', () => {
  test('is given it after it has asked, and not before', async () => {
    const registry = await registryWith({ auth: basicAuth(USER.username, USER.secret) })
    signIn(registry.host)
    expectRight(await pulled(registry))
    const sent = registry.requests.map(({ headers }) => headers.authorization !== undefined)
    expect(sent).toEqual([false, ...sent.slice(1).map(() => true)])
  })

  test('takes no other, and says so once', async () => {
    const registry = await registryWith({ auth: basicAuth(USER.username, 'another') })
    signIn(registry.host)
    await expect(pulled(registry)).rejects.toMatchObject({
      code: 'sign-in',
      message: expect.stringContaining('does not take these credentials'),
      remedy: expect.stringContaining('sign in again'),
    })
    expect(registry.requests.length).toBeLessThanOrEqual(3)
    expect(pauses).toEqual([])
  })

  test('says who it is that has none', async () => {
    const registry = await registryWith({ auth: basicAuth(USER.username, USER.secret) })
    await expect(pulled(registry)).rejects.toMatchObject({
      code: 'sign-in',
      message: `${registry.host} wants to know who you are.`,
      remedy: expect.stringContaining('docker login'),
    })
  })

  test('in a way that is not known is told by the name of that way', async () => {
    const auth = { challenges: () => ['Negotiate', 'NTLM'], accepts: () => false }
    const registry = await registryWith({ auth })
    signIn(registry.host)
    await expect(pulled(registry)).rejects.toMatchObject({
      code: 'sign-in',
      message: expect.stringContaining('negotiate, ntlm, which is not supported'),
    })
  })

  test('is not given what belongs to another', async () => {
    const registry = await registryWith({ auth: basicAuth(USER.username, USER.secret) })
    signIn('127.0.0.1')
    signIn(`localhost:${registry.server.port}`)
    await expect(pulled(registry)).rejects.toMatchObject({ code: 'sign-in' })
    expect(authorizations(registry.requests)).toEqual([undefined])
  })
})

describe('a registry with a token server', () => {
  test.each(['token', 'access_token', 'both'] as const)(
    'gives to nobody in particular what is for all (%s)',
    async (answers) => {
      const tokens = await tokenServer({ answers })
      const registry = await registryWith({ auth: tokens.auth() })
      expectRight(await pulled(registry))
      expect(tokens.requests.map(({ headers }) => headers.authorization)).toEqual([undefined])
      const asked = new URL(tokens.requests[0]!.url, tokens.url).searchParams
      expect([asked.get('service'), asked.get('scope')]).toEqual([
        'test-registry',
        'repository:team/app:pull',
      ])
    },
  )

  test('gives a user what is theirs, and sees the password never', async () => {
    const tokens = await tokenServer({ allowsAnonymous: false })
    const registry = await registryWith({ auth: tokens.auth() })
    signIn(registry.host)
    expectRight(await pulled(registry))
    const basic = `Basic ${Buffer.from(`${USER.username}:${USER.secret}`).toString('base64')}`
    expect(authorizations(tokens.requests)).toEqual([basic])
    for (const sent of authorizations(registry.requests)) expect(sent ?? 'Bearer').toMatch(/^Bearer/)
  })

  test('wants to know who somebody is, or does not take them', async () => {
    const tokens = await tokenServer({ allowsAnonymous: false })
    const registry = await registryWith({ auth: tokens.auth() })
    await expect(pulled(registry)).rejects.toMatchObject({
      message: `${registry.host} wants to know who you are.`,
    })
    signIn(registry.host, 'wrong')
    await expect(pulled(registry)).rejects.toMatchObject({
      code: 'sign-in',
      message: `${registry.host} does not take these credentials.`,
    })
  })

  test('trades an identity token by POST', async () => {
    const tokens = await tokenServer({ allowsAnonymous: false })
    const registry = await registryWith({ auth: tokens.auth() })
    const secret = tokens.identityTokenFor(USER.username)
    context.signIns.push({ registry: registry.host, username: '<token>', secret })
    expectRight(await pulled(registry))
    const [request] = tokens.requests
    expect(request).toMatchObject({ method: 'POST', url: '/token' })
    expect(Object.fromEntries(new URLSearchParams(request!.body))).toEqual({
      grant_type: 'refresh_token',
      client_id: 'occystrap',
      refresh_token: secret,
      scope: 'repository:team/app:pull',
      service: 'test-registry',
    })
  })

  test('takes a token as it is from a file', async () => {
    const tokens = await tokenServer({ allowsAnonymous: false })
    const registry = await registryWith({ auth: tokens.auth() })
    const registrytoken = tokens.tokenFor(USER.username, 'repository:team/app:pull')
    await writeFile(
      context.path('auth.json'),
      JSON.stringify({ auths: { [registry.host]: { registrytoken } } }),
    )
    vi.stubEnv('REGISTRY_AUTH_FILE', context.path('auth.json'))
    expectRight(await pulled(registry))
    expect(tokens.requests).toEqual([])
  })

  test('whose tokens end midway gives others', async () => {
    const tokens = await tokenServer({ allowsAnonymous: false })
    const auth = tokens.auth()
    const spent = new Set<string>()
    const registry = await registryWith({
      auth: {
        ...auth,
        // A token is good for one blob.
        accepts: (authorization, request) => {
          const isSpent = request.url.includes('/blobs/') && spent.has(authorization ?? '')
          if (request.url.includes('/blobs/')) spent.add(authorization ?? '')
          return !isSpent && auth.accepts(authorization, request)
        },
      },
    })
    signIn(registry.host)
    expectRight(await pulled(registry))
    // The config's, and one for each layer.
    expect(tokens.issued.length).toBe(3)
  })

  test.each([0, -1, null] as const)(
    'that says %j of their life gives tokens all the same',
    async (expiresIn) => {
      const tokens = await tokenServer()
      const registry = await registryWith({ auth: tokens.auth() })
      await using proxy = await FaultProxy.start(tokens.url)
      registry.auth = tokens.auth(`${proxy.url}/token`)
      proxy.add({
        fault: {
          kind: 'body',
          of: (body) =>
            Buffer.from(
              JSON.stringify({ ...(JSON.parse(body.toString()) as object), expires_in: expiresIn }),
            ),
        },
      })
      expectRight(await pulled(registry))
    },
  )

  test('that is busy is asked again, as it wishes', async () => {
    const tokens = await tokenServer()
    await using proxy = await FaultProxy.start(tokens.url)
    const registry = await registryWith({ auth: tokens.auth(`${proxy.url}/token`) })
    proxy.add({ times: 1, fault: answers(429, { 'retry-after': '3' }) })
    proxy.add({ times: 1, fault: answers(503) })
    proxy.add({ times: 1, fault: { kind: 'cut', after: 0 } })
    expectRight(await pulled(registry))
    expect([pauses.length, pauses[0]]).toEqual([3, 3000])
  })

  test.each([
    ['no token', '{}'],
    ['no JSON', 'hello'],
    ['an empty token', '{"token":""}'],
    ['a token with a line break', '{"token":"a\\r\\nx-evil: 1"}'],
  ])('that gives %s is told by its registry', async (_, body) => {
    const server = stack.use(await FakeServer.start((_request, response) => void response.end(body)))
    const auth = { challenges: () => [`Bearer realm="${server.url}/token"`], accepts: () => false }
    const registry = await registryWith({ auth })
    await expect(pulled(registry)).rejects.toMatchObject({
      code: 'server',
      message: `The token server of ${registry.host} gave no token.`,
    })
    for (const { headers } of registry.requests) expect(headers).not.toHaveProperty('x-evil')
  })

  test.each([
    ['no address', 'realm=""'],
    ['an address that is none', 'realm="http://["'],
    ['a file', 'realm="file:///etc/passwd"'],
    ['plain HTTP elsewhere', 'realm="http://127.0.0.2:1/token"'],
    ['plain HTTP afar', 'realm="http://auth.example/token"'],
  ])('at %s is never asked', async (_, realm) => {
    const registry = await registryWith({
      auth: { challenges: () => [`Bearer ${realm}`], accepts: () => false },
    })
    signIn(registry.host)
    await expect(pulled(registry)).rejects.toMatchObject({
      code: expect.stringMatching(/^(server|sign-in)$/),
    })
    expect(authorizations(registry.requests)).toEqual([undefined])
  })
})

describe('a registry that sends elsewhere', () => {
  /** Every kind of credential there is, at a registry whose blobs lie elsewhere. */
  async function signedIn(): Promise<{ registry: FakeRegistry; proxy: FaultProxy }> {
    const registry = await registryWith({ auth: basicAuth(USER.username, USER.secret) })
    const proxy = stack.use(await FaultProxy.start(registry.url))
    signIn(proxy.host)
    return { registry, proxy }
  }

  test.each(['127.0.0.1', '127.0.0.2'])(
    'for blobs to another server (%s), tells it nothing of who asks',
    async (address) => {
      const registry = await registryWith({ auth: basicAuth(USER.username, USER.secret) })
      signIn(registry.host)
      const elsewhere = stack.use(await registry.startBlobServer({ address }))
      registry.redirectBlobs = (digest) => `${elsewhere.url}/${digest}?signature=x`
      expectRight(await pulled(registry))
      expect(elsewhere.requests.length).toBeGreaterThan(2)
      expect(authorizations(elsewhere.requests)).toEqual([undefined])
      for (const { headers } of elsewhere.requests) expect(headers.cookie).toBeUndefined()
    },
  )

  test('by a signed address, does not have it told when it leads nowhere', async () => {
    const registry = await registryWith()
    const elsewhere = stack.use(await registry.startBlobServer())
    const proxy = stack.use(await FaultProxy.start(elsewhere.url))
    registry.redirectBlobs = (digest) => `${proxy.url}/${digest}?signature=canary`
    const task = testTask()
    for (const fault of [
      { kind: 'cut', after: 0 },
      answers(503),
      answers(403),
      answers(429, { 'retry-after': '999' }),
    ] as const) {
      proxy.heal()
      proxy.add({ fault })
      const error: unknown = await pull(context, `${registry.host}/team/app`, task).catch(
        (error: unknown) => error,
      )
      expect(error).toMatchObject({ name: 'ImageError' })
      expect(JSON.stringify([reportOf(error), task.steps, task.warnings])).not.toContain('canary')
    }
    expect(proxy.requests.every(({ url }) => url.includes('canary'))).toBe(true)
  })

  test('and back again, does not get back what it was not given', async () => {
    const { registry, proxy } = await signedIn()
    const elsewhere = stack.use(
      await FakeServer.start(
        ({ url }, response) => void response.writeHead(307, { location: `${proxy.url}${url}&back` }).end(),
      ),
    )
    proxy.add({ url: /\/blobs\/[^?]*$/, fault: redirects(({ url }) => `${elsewhere.url}${url}?there`) })
    await expect(pulled(proxy)).rejects.toMatchObject({ code: 'sign-in' })
    expect(authorizations(elsewhere.requests)).toEqual([undefined])
    const back = registry.requests.filter(({ url }) => url.includes('back'))
    expect([...new Set(back.map(({ headers }) => headers.authorization))]).toEqual([undefined])
  })

  test.each([301, 302, 303, 307, 308])('by %i within itself stays signed in', async (status) => {
    const { proxy } = await signedIn()
    proxy.add({ url: /\/blobs\/[^?]*$/, fault: redirects(({ url }) => `${url}?moved`, status) })
    expectRight(await pulled(proxy))
  })

  test('ten times is followed, eleven times is not', async () => {
    const { proxy } = await signedIn()
    const hop = (most: number) =>
      redirects(({ url }) => {
        const [path, count = '0'] = url.split('?hop=')
        return Number(count) < most ? `${path}?hop=${Number(count) + 1}` : `${path}?there`
      })
    const rule = (most: number) => ({ url: /manifests\/latest(\?hop=\d+)?$/, fault: hop(most) })
    proxy.add(rule(9))
    expectRight(await pulled(proxy))
    proxy.heal()
    proxy.add(rule(10))
    await expect(pulled(proxy)).rejects.toMatchObject({
      code: 'server',
      message: `${proxy.host} redirects more than 10 times.`,
    })
    proxy.heal()
    const before = proxy.requests.length
    proxy.add({ url: /manifests/, fault: redirects(({ url }) => url) })
    await expect(pulled(proxy)).rejects.toMatchObject({ code: 'server' })
    expect(proxy.requests.length - before).toBe(12)
  })

  test.each(['file:///etc/passwd', 'ftp://a.example/', 'http://[', 'data:text/plain,x'])(
    'to %s is refused',
    async (to) => {
      const { proxy } = await signedIn()
      proxy.add({ url: /manifests/, fault: redirects(to) })
      await expect(pulled(proxy)).rejects.toMatchObject({
        code: 'server',
        message: expect.stringContaining('not safe'),
      })
    },
  )

  test('from TLS to none is refused, wherever it leads', async () => {
    const certificates = stack.use(await Certificates.make())
    const registry = await registryWith()
    const proxy = stack.use(
      await FaultProxy.start(registry.url, { tls: certificates.server, name: 'localhost' }),
    )
    proxy.add({ url: /blobs/, fault: redirects(({ url }) => `${registry.url}${url}`) })
    const source = { image: `${proxy.host}/team/app`, insecure: true }
    await expect(pull(context, source)).rejects.toMatchObject({
      code: 'server',
      message: expect.stringContaining('not safe'),
    })
    expect(registry.requests.filter(({ url }) => url.includes('blobs'))).toEqual([])
  })

  describe.skipIf(AFAR === undefined)('from another machine to this one', () => {
    const HERE = [
      'http://127.0.0.1:1/x',
      'http://localhost:1/x',
      'http://[::1]:1/x',
      'http://169.254.169.254/latest/',
      'http://0.0.0.0:1/',
    ]

    test('is refused', async () => {
      const registry = await registryWith({ address: AFAR! })
      const proxy = stack.use(await FaultProxy.start(registry.url, { address: AFAR! }))
      for (const to of HERE) {
        proxy.heal()
        proxy.add({ url: /blobs/, fault: redirects(to) })
        const source = { image: `${proxy.host}/team/app`, insecure: true }
        await expect(pull(context, source)).rejects.toMatchObject({
          code: 'server',
          message: expect.stringContaining('is on this machine or its own network link'),
        })
      }
    })

    test('for a token is refused, too', async () => {
      const tokens = await tokenServer()
      const certificates = stack.use(await Certificates.make())
      const proxy = stack.use(await FaultProxy.start(tokens.url, { tls: certificates.server }))
      const registry = await registryWith({ address: AFAR!, auth: tokens.auth(`${proxy.url}/token`) })
      signIn(registry.host)
      const source = { image: `${registry.host}/team/app`, insecure: true }
      await expect(pull(context, source)).rejects.toMatchObject({ code: 'server' })
      expect([proxy.requests, tokens.requests]).toEqual([[], []])
    })

    test('is allowed to the registry that is there itself', async () => {
      const registry = await registryWith({ address: AFAR! })
      const elsewhere = stack.use(await registry.startBlobServer({ address: AFAR! }))
      registry.redirectBlobs = (digest) => `${elsewhere.url}/${digest}`
      expectRight(await pull(context, { image: `${registry.host}/team/app`, insecure: true }))
    })
  })
})

describe('a connection without TLS', () => {
  test.each(['127.0.0.1', '127.0.0.2', 'localhost'])(
    'is taken to this machine by the name %s',
    async (name) => {
      const registry = await registryWith({ name, ...(name === 'localhost' ? {} : { address: name }) })
      expectRight(await pulled(registry))
    },
  )

  test.skipIf(AFAR === undefined)('is refused to another one, unless it was asked for', async () => {
    // As servers without TLS answer to a greeting of TLS.
    const plain = createServer((socket) => {
      socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n400 Bad Request')
    })
    stack.defer(() => void plain.close())
    await new Promise<void>((resolve) => void plain.listen(0, AFAR, resolve))
    const host = `${AFAR}:${(plain.address() as AddressInfo).port}`
    await expect(pulled({ host })).rejects.toMatchObject({
      code: 'network',
      message: `${host} does not speak TLS.`,
      remedy: expect.stringContaining('--insecure'),
    })
    expect(pauses).toEqual([])
    const registry = await registryWith({ address: AFAR! })
    await expect(pulled(registry)).rejects.toMatchObject({ code: 'network' })
    expect(registry.requests).toEqual([])
    expectRight(await pull(context, { image: `${registry.host}/team/app`, insecure: true }))
  })

  test('is not given up because the first one was cut', async () => {
    const registry = await registryWith()
    const proxy = stack.use(await FaultProxy.start(registry.url))
    proxy.add({ url: /\/v2\/$/, times: 3, fault: { kind: 'cut', after: 'request' } })
    expectRight(await pulled(proxy))
  })
})

describe('a connection with TLS', () => {
  let certificates: Certificates
  beforeEach(async () => {
    certificates = stack.use(await Certificates.make())
  })

  test.each([
    ['an authority that nobody knows', 'server', /an authority that this computer does not know/],
    ['a day that is over', 'expired', /has expired/],
    ['another name', 'otherName', /is for another name/],
    ['a client', 'client', /is not for servers/],
  ] as const)(
    'whose certificate is of %s is refused, though it is on this machine',
    async (_, which, why) => {
      const registry = await registryWith({ tls: certificates[which], name: 'localhost' })
      const caFile = which === 'server' ? undefined : certificates.ca
      const trusting = { ...context, caFile: async () => caFile }
      await expect(pull(trusting, `${registry.host}/team/app`)).rejects.toMatchObject({
        code: 'certificate',
        message: expect.stringMatching(why),
        remedy: expect.any(String),
      })
      expect(registry.requests).toEqual([])
      expect(pauses).toEqual([])
      expectRight(await pull(context, { image: `${registry.host}/team/app`, insecure: true }))
    },
  )

  test("is trusted by the user's own file", async () => {
    const registry = await registryWith({ tls: certificates.server, name: 'localhost' })
    expectRight(await pull({ ...context, caFile: async () => certificates.ca }, `${registry.host}/team/app`))
  })

  test('goes unchecked to the registry that was named, and to no other', async () => {
    const tokens = await tokenServer({ tls: certificates.server })
    const registry = await registryWith({ tls: certificates.server, auth: tokens.auth() })
    const source = { image: `${registry.host}/team/app`, insecure: true }
    signIn(registry.host)
    await expect(pull(context, source)).rejects.toMatchObject({
      code: 'certificate',
      message: expect.stringContaining(new URL(tokens.url).host),
    })
    expect(tokens.requests).toEqual([])
    registry.auth = undefined
    const elsewhere = stack.use(await registry.startBlobServer({ tls: certificates.server }))
    registry.redirectBlobs = (digest) => `${elsewhere.url}/${digest}`
    await expect(pull(context, source)).rejects.toMatchObject({ code: 'certificate' })
    expect(elsewhere.requests).toEqual([])
  })
})

describe('mirrors', () => {
  async function conf(registry: FakeRegistry, mirrors: readonly string[]): Promise<void> {
    const lines = mirrors.map((mirror) => `[[registry.mirror]]\nlocation = "${mirror}"\n`)
    await writeFile(
      context.path('registries.conf'),
      `[[registry]]\nlocation = "${registry.host}"\n${lines.join('')}`,
    )
    vi.stubEnv('CONTAINERS_REGISTRIES_CONF', context.path('registries.conf'))
  }

  test('are asked first, and what they do not have is asked of the next', async () => {
    const [registry, gone, partly] = [await registryWith(), await registryWith(), await registryWith()]
    const { host } = gone
    await gone[Symbol.asyncDispose]()
    const pushed = partly.repository('team/app').push(IMAGE)
    partly.repository('team/app').blobs.delete(pushed.layers[1]!)
    await conf(registry, [host, partly.host])
    const found = await pulled(registry)
    expectRight(found)
    expect(found.task.warnings.map(({ code }) => code)).toEqual(['mirror-failed', 'mirror-failed'])
    expect(found.task.warnings[0]?.message).toContain(host)
    expect(partly.requests.some(({ url }) => url.includes('manifests'))).toBe(true)
    expect(registry.requests.filter(({ url }) => url !== '/v2/').map(({ url }) => url)).toEqual([
      `/v2/team/app/blobs/${pushed.layers[1]}`,
    ])
  })

  test('with other bytes than the digest says are passed over', async () => {
    const [registry, liar] = [await registryWith(), await registryWith()]
    const proxy = stack.use(await FaultProxy.start(liar.url))
    const { digest } = registry.repository('team/app').push(IMAGE)
    proxy.add({ url: /manifests/, fault: { kind: 'flip', at: 9 } })
    await conf(registry, [proxy.host])
    expectRight(await pull(context, `${registry.host}/team/app@${digest}`))
  })

  test('are not told the password for the registry that a command names', async () => {
    const auth = basicAuth(USER.username, USER.secret)
    const [registry, mirror] = [await registryWith({ auth }), await registryWith({ auth })]
    signIn('*')
    await conf(registry, [mirror.host])
    expectRight(await pulled(registry))
    expect(mirror.requests.length).toBeGreaterThan(0)
    expect(authorizations(mirror.requests)).toEqual([undefined])
  })
})
