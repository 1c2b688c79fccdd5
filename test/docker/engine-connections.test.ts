import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { listEngines } from '../../main/docker/engines.ts'
import { DockerImage } from '../../main/inputs/docker/docker.ts'
import { bytesOf } from '../support/collect.ts'
import { Certificates, type KeyPair } from '../support/certificates.ts'
import { testContext, type TestContext } from '../support/context.ts'
import { sha256 } from '../support/digests.ts'
import { FakeEngine } from '../support/fake-engine.ts'
import { LocalServer } from '../support/fake-server.ts'
import { sampleImage } from '../support/image-builder.ts'
import { testTask } from '../support/task.ts'

const IMAGE = sampleImage()

afterEach(() => {
  vi.unstubAllEnvs()
})

/** Exports the image of whatever engine the source means, and compares every byte. */
async function expectExport(context: TestContext, socket?: string): Promise<void> {
  const source = { kind: 'docker', image: 'sample:1', ...(socket === undefined ? {} : { socket }) } as const
  await using input = await DockerImage.open(source, context, testTask())
  const names = []
  for await (const [type, name, data] of input.fetch(() => 'once', testTask(), { isAnyOrder: true })) {
    names.push(name)
    expect(type === 'config' ? sha256(data) : sha256(await bytesOf(data!.stream()))).toBe(name)
  }
  expect(names.sort()).toEqual([IMAGE.imageID, ...IMAGE.layers.map(({ diffID }) => diffID)].sort())
}

async function engineIn(context: TestContext): Promise<FakeEngine> {
  return FakeEngine.start(context.path('engine.sock'), IMAGE, { kind: 'docker-25' })
}

test('an engine over TCP exports', async () => {
  await using context = await testContext()
  await using engine = await engineIn(context)
  await using server = await LocalServer.start(engine.listener)
  await expectExport(context, `tcp://${server.host}`)
})

describe('an engine over TLS', () => {
  /** A folder as DOCKER_CERT_PATH has it. */
  async function certificateFolder(context: TestContext, ca: string, client?: KeyPair): Promise<string> {
    const folder = context.path('certificates')
    await mkdir(folder)
    await copyFile(ca, `${folder}/ca.pem`)
    if (client) {
      await copyFile(client.cert, `${folder}/cert.pem`)
      await copyFile(client.key, `${folder}/key.pem`)
    }
    return folder
  }

  test('is shown the certificate of DOCKER_CERT_PATH, and shows its own', async () => {
    await using context = await testContext()
    await using certificates = await Certificates.make()
    await using engine = await engineIn(context)
    const tls = { ...certificates.server, clientAuthority: certificates.ca }
    await using server = await LocalServer.start(engine.listener, { tls })
    vi.stubEnv('DOCKER_HOST', `tcp://${server.host}`)
    vi.stubEnv('DOCKER_TLS_VERIFY', '1')
    vi.stubEnv('DOCKER_CERT_PATH', await certificateFolder(context, certificates.ca, certificates.client))
    await expectExport(context)
    await expectExport(context, `tcp://${server.host}`)
  })

  test('that nobody vouches for is refused', async () => {
    await using context = await testContext()
    await using certificates = await Certificates.make()
    await using engine = await engineIn(context)
    await using server = await LocalServer.start(engine.listener, { tls: certificates.otherName })
    vi.stubEnv('DOCKER_HOST', `tcp://${server.host}`)
    vi.stubEnv('DOCKER_TLS_VERIFY', '1')
    vi.stubEnv('DOCKER_CERT_PATH', await certificateFolder(context, certificates.ca))
    const [found] = await listEngines(new AbortController().signal)
    expect(found).toMatchObject({ state: 'unreachable', problem: { code: 'certificate' } })
    expect(engine.requests).toEqual([])
  })
})

describe('an engine over ssh', () => {
  /** A program in place of ssh, that notes how it is called. */
  async function fakeSsh(context: TestContext, script: string): Promise<void> {
    const folder = context.path('bin')
    await mkdir(folder)
    await writeFile(`${folder}/ssh`, `#!${process.execPath}\n${script}`)
    await chmod(`${folder}/ssh`, 0o755)
    vi.stubEnv('PATH', `${folder}:${process.env['PATH']}`)
  }

  test('exports through the user’s own ssh', async () => {
    await using context = await testContext()
    await using engine = await engineIn(context)
    await fakeSsh(
      context,
      `const socket = require('node:net').connect(${JSON.stringify(engine.socket)})
       process.stdin.pipe(socket).pipe(process.stdout)`,
    )
    await expectExport(context, 'ssh://me@far.example.org')
  })

  test('that does not let us in is an error with what ssh says', async () => {
    await using context = await testContext()
    await fakeSsh(
      context,
      `console.error('me@far.example.org: Permission denied (publickey).'); process.exit(255)`,
    )
    await expect(expectExport(context, 'ssh://me@far.example.org')).rejects.toMatchObject({
      code: 'engine',
      message: 'The engine at ssh://me@far.example.org cannot be reached over ssh.',
      detail: expect.stringContaining('Permission denied (publickey)'),
    })
  })
})
