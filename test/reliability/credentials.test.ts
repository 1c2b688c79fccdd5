import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Engine } from '../../main/engine/engine.ts'
import { ForkHost } from '../../main/engine/process-host.ts'
import type { JobState } from '../../shared/job.ts'
import type { SignIn } from '../../shared/remote.ts'
import { startCli, type CliResult } from '../support/cli.ts'
import { testContext, type TestContext } from '../support/context.ts'
import { basicAuth, FakeRegistry } from '../support/fake-registry.ts'
import { FakeServer, sendJson, type RecordedRequest } from '../support/fake-server.ts'
import { FaultProxy } from '../support/fault-proxy.ts'
import { buildImage } from '../support/image-builder.ts'
import { answers, type Fault } from '../support/network-faults.ts'
import { noise } from '../registry/pulled.ts'

/** One of each kind of secret there is, told apart from everything else. */
const CANARIES = {
  password: 'canary-password-7f3a',
  registryToken: 'canary-registry-token-7f3b',
  identityToken: 'canary-identity-token-7f3c',
  helperSecret: 'canary-helper-secret-7f3d',
  fileSecret: 'canary-file-secret-7f3e',
  signature: 'canary-signature-7f3f',
} as const
/** As Basic authentication has it, at each of the three places that base64 may put it. */
function encodedForms(secret: string): string[] {
  return ['', 'x', 'xx'].map((before) => Buffer.from(`${before}${secret}`).toString('base64').slice(4, -4))
}
const SECRETS = [...Object.values(CANARIES), ...Object.values(CANARIES).flatMap(encodedForms)]
const USER = 'canary-user'

const IMAGE = buildImage({
  layers: [[{ path: 'a', content: noise(300_000) }], [{ path: 'b', content: 'b' }]],
})

let stack: AsyncDisposableStack
let context: TestContext
let registry: FakeRegistry
let proxy: FaultProxy
/** Another server, to which blobs lead by signed addresses. */
let storage: FakeServer
/** What was seen of the processes that ran. */
let processes: string

beforeEach(async () => {
  stack = new AsyncDisposableStack()
  context = stack.use(await testContext())
  registry = stack.use(await FakeRegistry.start())
  registry.repository('app').push(IMAGE)
  proxy = stack.use(await FaultProxy.start(registry.url))
  storage = stack.use(await registry.startBlobServer({ address: '127.0.0.2' }))
  registry.redirectBlobs = (digest) => `${storage.url}/${digest}?signature=${CANARIES.signature}`
  processes = ''
  vi.stubEnv('HOME', context.folder)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await stack.disposeAsync()
})

/** Notes the command line and the environment of every process below this one, as long as `work` is under way. */
async function watched<T>(work: Promise<T>, isNoted: (variable: string) => boolean): Promise<T> {
  const state = { isDone: false }
  const ended = work.finally(() => (state.isDone = true))
  const isBelow = new Map<string, boolean>([[String(process.pid), true]])
  while (!state.isDone) {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        if (!isBelow.has(pid)) {
          const parent = /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? ''
          isBelow.set(pid, isBelow.get(parent) ?? false)
        }
        if (!isBelow.get(pid) || Number(pid) === process.pid) continue
        const variables = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0')
        processes += [readFileSync(`/proc/${pid}/cmdline`, 'latin1'), ...variables.filter(isNoted)].join('\n')
      } catch {
        // It has ended meanwhile.
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return ended
}

function inNothing(text: string): readonly string[] {
  return SECRETS.filter((secret) => text.includes(secret))
}

/** Every file that was written: cache, settings, outputs. Those that the user wrote are passed over. */
async function written(): Promise<string> {
  const entries = await readdir(context.folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const own = files.filter((file) => !/\/(docker|bin)\//.test(file.slice(context.folder.length)))
  return (await Promise.all(own.map(async (file) => `${file}\n${await readFile(file, 'latin1')}`))).join('\n')
}

const recorded = (requests: readonly Omit<RecordedRequest, 'body'>[]): string => JSON.stringify(requests)

type Way = 'password' | 'registryToken' | 'identityToken' | 'helperSecret' | 'fileSecret'

/** Puts a secret where its kind lies, and lets the registry take it. */
async function prepare(
  way: Way,
): Promise<{ env: Record<string, string>; signIns: SignIn[]; tokens: FakeServer }> {
  const secret = CANARIES[way]
  // Trades the one identity token it knows for a token of no worth.
  const tokens = stack.use(
    await FakeServer.start(({ body }, response) => {
      const isKnown = new URLSearchParams(body).get('refresh_token') === CANARIES.identityToken
      sendJson(response, isKnown ? 200 : 401, isKnown ? { token: 'worthless' } : {})
    }),
  )
  const bearer = way === 'registryToken' ? secret : 'worthless'
  registry.auth =
    way === 'registryToken' || way === 'identityToken'
      ? {
          challenges: () => [`Bearer realm="${tokens.url}/token"`],
          accepts: (authorization) => authorization === `Bearer ${bearer}`,
        }
      : basicAuth(USER, secret)
  await mkdir(context.path('docker'), { recursive: true })
  await mkdir(context.path('bin'), { recursive: true })
  const helper = context.path('bin/docker-credential-canary')
  const answer = JSON.stringify({ ServerURL: 'x', Username: USER, Secret: secret })
  await writeFile(helper, `#!/bin/sh\ncat > /dev/null\necho '${answer}'\n`)
  await chmod(helper, 0o755)
  const auth = Buffer.from(`${USER}:${secret}`).toString('base64')
  const config = {
    password: {},
    registryToken: { auths: { [proxy.host]: { registrytoken: secret } } },
    identityToken: { auths: { [proxy.host]: { auth: 'eDp5', identitytoken: secret } } },
    helperSecret: { credHelpers: { [proxy.host]: 'canary' } },
    fileSecret: { auths: { [proxy.host]: { auth } } },
  }[way]
  await writeFile(context.path('docker/config.json'), JSON.stringify(config))
  return {
    env: {
      DOCKER_CONFIG: context.path('docker'),
      PATH: `${context.path('bin')}:${process.env['PATH']}`,
      ...(way === 'password' ? { OCCYSTRAP_USERNAME: USER, OCCYSTRAP_PASSWORD: secret } : {}),
    },
    signIns: way === 'password' ? [{ registry: proxy.host, username: USER, secret }] : [],
    tokens,
  }
}

/** How a pull may end; each fails where the secret is on its way or has just arrived. */
const ENDINGS: Readonly<Record<string, Fault | undefined>> = {
  well: undefined,
  refused: answers(
    401,
    { 'www-authenticate': 'Basic realm="x"' },
    '{"errors":[{"code":"DENIED","message":"no"}]}',
  ),
  failed: answers(400, {}, 'no'),
  garbage: answers(200, { 'content-type': 'application/json' }, '{'),
}

const WAYS: readonly Way[] = ['password', 'registryToken', 'identityToken', 'helperSecret', 'fileSecret']

describe.each(WAYS)('a secret that comes as %s', (way) => {
  test.each(way === 'password' ? Object.keys(ENDINGS) : ['well', 'refused'])(
    'is in nothing that is left of a command that ended %s',
    async (ending) => {
      const { env, tokens } = await prepare(way)
      const fault = ENDINGS[ending]
      if (fault) proxy.add({ url: /manifests/, fault })
      const args = [
        'process',
        `registry://${proxy.host}/app`,
        'tar://out.tar',
        '--verbose',
        '--cache-dir',
        context.path('cache'),
      ]
      const run = startCli(context, args, env)
      const result: CliResult = await watched(
        run.ended,
        (variable) => !variable.startsWith('OCCYSTRAP_PASSWORD='),
      )
      const isDone = ending === 'well'
      expect(result.status).toBe(isDone ? 0 : 1)
      // It was there, and it was used.
      const arrived = recorded(proxy.requests) + recorded(tokens.requests)
      expect(inNothing(arrived)).not.toEqual([])
      expect(inNothing(result.stdout.toString() + result.stderr)).toEqual([])
      expect(processes).toContain('--verbose')
      expect(inNothing(processes)).toEqual([])
      expect(inNothing(await written())).toEqual([])
      // Storage elsewhere is told its own signature, and nothing else.
      expect(inNothing(recorded(storage.requests).replaceAll(CANARIES.signature, ''))).toEqual([])
      // Config and layers.
      if (isDone) expect(storage.requests.length).toBe(3)
    },
  )
})

test.each(['password', 'identityToken', 'helperSecret'] as const)(
  'a secret that comes as %s is in nothing that is left of a job of the window',
  async (way) => {
    const { env, signIns, tokens } = await prepare(way)
    for (const [name, value] of Object.entries(env))
      if (!name.startsWith('OCCYSTRAP')) vi.stubEnv(name, value)
    const workspace = {
      cacheDir: context.path('cache'),
      configDir: context.path('config'),
      tempDir: context.path('temp'),
    }
    await using engine = new Engine({ host: new ForkHost(), workspace, signIns: () => signIns })
    const states: JobState[] = []
    const ended = async (id: string): Promise<void> => {
      for await (const { states: now } of engine.watch()) {
        states.push(...now)
        if (now.some((state) => state.id === id && state.ended !== null)) return
      }
    }
    const submit = (name: string) =>
      engine.submit({
        kind: 'convert',
        input: { kind: 'registry', image: `${proxy.host}/app` },
        filters: [],
        output: { kind: 'tar', path: context.path(name), compression: 'none', overwrite: true },
      })
    await watched(ended(submit('out.tar').id), () => true)
    proxy.add({ url: /manifests/, fault: ENDINGS['refused']! })
    await watched(ended(submit('second.tar').id), () => true)
    expect(new Set(states.map(({ phase }) => phase))).toEqual(new Set(['running', 'done', 'failed']))
    expect(inNothing(recorded(proxy.requests) + recorded(tokens.requests))).not.toEqual([])
    expect(inNothing(JSON.stringify(states))).toEqual([])
    expect(processes).toContain('job-process')
    expect(inNothing(processes)).toEqual([])
    expect(inNothing(await written())).toEqual([])
  },
)

test.each([
  ['refuses', answers(403, {}, 'signature')],
  ['sends on', answers(307, { location: 'ftp://a.example/' })],
  ['says garbage', answers(206, {}, 'x')],
] as const)('a signed address is in nothing that is left where its storage %s', async (_, fault) => {
  await using broken = await FaultProxy.start(storage.url, { rules: [{ fault }] })
  registry.redirectBlobs = (digest) => `${broken.url}/${digest}?signature=${CANARIES.signature}`
  const args = [
    'process',
    `registry://${proxy.host}/app`,
    'tar://out.tar',
    '--verbose',
    '--cache-dir',
    context.path('cache'),
  ]
  const result = await watched(startCli(context, args).ended, () => true)
  expect(result.status).toBe(1)
  expect(broken.requests.some(({ url }) => url.includes(CANARIES.signature))).toBe(true)
  expect(inNothing(result.stdout.toString() + result.stderr)).toEqual([])
  expect(inNothing(processes)).toEqual([])
  expect(inNothing(await written())).toEqual([])
})

test('what looks for secrets finds them', () => {
  const basic = Buffer.from(`${USER}:${CANARIES.password}`).toString('base64')
  expect(inNothing(`authorization: Basic ${basic}`)).not.toEqual([])
  expect(inNothing(`x=${CANARIES.signature}&y`)).not.toEqual([])
  expect(inNothing('nothing of the kind')).toEqual([])
})
