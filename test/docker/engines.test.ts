import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { connectEngine } from '../../main/docker/choose-engine.ts'
import { surroundings, type Surroundings } from '../../main/docker/docker-hosts.ts'
import { hostFiles } from '../../main/docker/host-files.ts'
import { engineError, stateOf } from '../../main/docker/engine-errors.ts'
import type { ImageError } from '../../shared/errors.ts'
import { engineChange, engineImages, listEngines } from '../../main/docker/engines.ts'
import { FakeEngine } from '../support/fake-engine.ts'
import { sampleImage } from '../support/image-builder.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

const { signal } = new AbortController()
const NOBODY = 65534

/** This machine with another home and other variables, and without the sockets that it may have itself. */
function around(folder: TemporaryFolder, env: Record<string, string> = {}): Surroundings {
  return {
    ...surroundings(),
    home: folder.path,
    env: { XDG_RUNTIME_DIR: folder.path, TMPDIR: folder.at('none'), ...env },
    files: { ...hostFiles, exists: (path) => path.startsWith(folder.path) && hostFiles.exists(path) },
  }
}

describe('the list of engines', () => {
  test('says of each whether it answers, what it is, and which one is the default', async () => {
    await using folder = await TemporaryFolder.make()
    mkdirSync(folder.at('podman'))
    await using _docker = await FakeEngine.start(folder.at('docker.sock'), sampleImage())
    await using _podman = await FakeEngine.start(folder.at('podman/podman.sock'), sampleImage(), {
      kind: 'podman',
    })
    expect(await listEngines(signal, around(folder))).toEqual([
      {
        socket: folder.at('docker.sock'),
        name: 'Docker (rootless)',
        origin: folder.at('docker.sock'),
        state: 'ready',
        kind: 'docker',
        version: '28.0.4',
        isDefault: true,
      },
      {
        socket: folder.at('podman/podman.sock'),
        name: 'Podman (rootless)',
        origin: folder.at('podman/podman.sock'),
        state: 'ready',
        kind: 'podman',
        version: '5.3.1',
        isDefault: false,
      },
    ])
  })

  test('says why one cannot be reached, and what to do', async () => {
    await using folder = await TemporaryFolder.make()
    const engine = await FakeEngine.start(folder.at('docker.sock'), sampleImage())
    await engine.kill()
    writeFileSync(folder.at('docker.sock'), '')
    const env = { DOCKER_HOST: `unix://${folder.at('gone.sock')}` }
    const [gone, dead] = await listEngines(signal, around(folder, env))
    expect(gone).toMatchObject({
      state: 'stopped',
      isDefault: true,
      problem: {
        code: 'engine',
        message: `The engine at ${folder.at('gone.sock')} is not running.`,
        remedy: expect.stringContaining('systemctl start docker'),
      },
    })
    expect(dead).toMatchObject({ state: 'stopped', isDefault: false, problem: { code: 'engine' } })
  })

  test('waits two seconds for one that does not answer, and no longer', async () => {
    await using folder = await TemporaryFolder.make()
    await using engine = await FakeEngine.start(folder.at('docker.sock'), sampleImage())
    engine.onRequest = () => true
    const started = performance.now()
    const [silent] = await listEngines(signal, around(folder))
    expect(performance.now() - started).toBeLessThan(3500)
    expect(silent).toMatchObject({
      state: 'unreachable',
      problem: { message: `The engine at ${engine.socket} does not answer.` },
    })
  })

  test('tells an engine from anything else that listens', async () => {
    await using folder = await TemporaryFolder.make()
    const server = createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'))
    await new Promise<void>((resolve) => server.listen(folder.at('docker.sock'), resolve))
    const [other] = await listEngines(signal, around(folder))
    expect(other).toMatchObject({
      state: 'unreachable',
      problem: { message: expect.stringContaining('is not a Docker or Podman engine') },
    })
    server.close()
  })
})

test.each([
  ['/var/run/docker.sock', /usermod -aG docker/],
  ['/run/podman/podman.sock', /systemctl --user start podman\.socket/],
])('a socket without permission (%s) is forbidden, with the way in', (engine, remedy) => {
  // As root there is no such socket.
  const refused = Object.assign(new Error(`connect EACCES ${engine}`), { code: 'EACCES' })
  const error = engineError(refused, { engine }) as ImageError
  expect(error).toMatchObject({
    code: 'permission',
    message: `No permission for the engine’s socket ${engine}.`,
    remedy: expect.stringMatching(remedy),
  })
  expect(stateOf(error)).toBe('forbidden')
})

test.skipIf(process.getuid?.() !== 0 || !process.seteuid)(
  'a real socket of somebody else’s is forbidden',
  async () => {
    await using folder = await TemporaryFolder.make()
    await using engine = await FakeEngine.start(folder.at('docker.sock'), sampleImage())
    chmodSync(folder.path, 0o755)
    chmodSync(engine.socket, 0o600)
    // Loaded before: nobody may read the program.
    await listEngines(signal, around(folder))
    process.seteuid?.(NOBODY)
    try {
      const [found] = await listEngines(signal, around(folder))
      expect(found).toMatchObject({ state: 'forbidden', problem: { code: 'permission' } })
    } finally {
      process.seteuid?.(0)
    }
  },
)

describe('where no engine is named', () => {
  test('the first that answers is taken', async () => {
    await using folder = await TemporaryFolder.make()
    writeFileSync(folder.at('docker.sock'), '')
    mkdirSync(folder.at('podman'))
    await using podman = await FakeEngine.start(folder.at('podman/podman.sock'), sampleImage())
    using client = await connectEngine(undefined, signal, around(folder))
    expect(client.name).toBe(podman.socket)
  })

  test('the one of DOCKER_HOST is taken, whatever its state', async () => {
    await using folder = await TemporaryFolder.make()
    await using _docker = await FakeEngine.start(folder.at('docker.sock'), sampleImage())
    const env = { DOCKER_HOST: 'tcp://127.0.0.1:1' }
    using client = await connectEngine(undefined, signal, around(folder, env))
    expect(client.name).toBe('tcp://127.0.0.1:1')
  })

  test('none is an error that says what to do', async () => {
    await using folder = await TemporaryFolder.make()
    await expect(connectEngine(undefined, signal, around(folder))).rejects.toMatchObject({
      code: 'engine',
      message: 'No Docker or Podman engine was found.',
      remedy: expect.stringContaining('DOCKER_HOST'),
    })
  })
})

describe('an engine’s images', () => {
  test('are listed with names, size, age and platform', async () => {
    await using folder = await TemporaryFolder.make()
    const image = sampleImage(['a:1', 'b:2'])
    await using engine = await FakeEngine.start(folder.at('docker.sock'), image)
    expect(await engineImages(engine.socket, signal)).toEqual([
      {
        id: image.imageID,
        references: ['a:1', 'b:2'],
        size: image.layers.reduce((sum, { tar }) => sum + tar.length, 0),
        created: 1_714_979_289_000,
        platform: { os: 'linux', architecture: 'amd64' },
        containers: null,
      },
    ])
  })

  test('change, which is news; no news ends the wait; an engine that goes away is an error', async () => {
    await using folder = await TemporaryFolder.make()
    const engine = await FakeEngine.start(folder.at('docker.sock'), sampleImage())
    const waiting = engineChange(engine.socket, signal)
    await expect.poll(() => engine.requests.length).toBe(1)
    engine.emit()
    expect(await waiting).toEqual({ isChanged: true })
    expect(await engineChange(engine.socket, signal, 0.1)).toEqual({ isChanged: false })
    const last = engineChange(engine.socket, signal)
    await expect.poll(() => engine.requests.length).toBe(3)
    await engine.kill()
    await expect(last).rejects.toMatchObject({ code: 'engine' })
  })
})
