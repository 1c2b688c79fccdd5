import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { engineChange, engineImages, listEngines } from '../../main/docker/engines.ts'
import { surroundings } from '../../main/docker/docker-hosts.ts'
import { command } from '../support/command.ts'
import { Dockerd, Podman } from '../support/daemons.ts'
import { EngineProxy } from '../support/engine-proxy.ts'
import { measured } from '../support/measured.ts'
import { describeWith } from '../support/needs.ts'
import { CLI, Occystrap, type FoundPath, type ListedPath, type ShownImage } from '../support/occystrap.ts'
import { realImages, TINY, TORTURE, type RealImages } from '../support/real-images.ts'

const TOOLS = ['dockerd', 'docker', 'podman', 'skopeo', 'mmdebstrap', 'zstd', 'xz', 'bzip2'] as const
/** Each engine dies so often. */
const DEATHS = 20
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000)

/** Numbers from 0 to 1 that the seed decides (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const { signal } = new AbortController()

describeWith({ tools: TOOLS, root: true }, 'an image of a real engine', () => {
  let images: RealImages
  const engines: { docker?: Dockerd; podman?: Podman } = {}

  beforeAll(async () => {
    images = await realImages()
    engines.docker = await Dockerd.start()
    engines.podman = await Podman.start()
    const archive = images.archives.find(({ images: all }) => all.length === 2)!
    await engines.docker.docker('load', '--quiet', '--input', archive.path)
    await engines.podman.podman('load', '--quiet', '--input', archive.path)
  })

  afterAll(async () => {
    await engines.docker?.[Symbol.asyncDispose]()
    await engines.podman?.[Symbol.asyncDispose]()
  })

  describe.each(['docker', 'podman'] as const)('of %s', (kind) => {
    const engine = (): Dockerd | Podman => engines[kind]!
    const sourceAt = (socket: string, image = TORTURE): string => `docker://${image}?socket=${socket}`

    /** How `skopeo` reads a docker archive: by ID and layers. */
    async function manifestOf(
      path: string,
    ): Promise<{ config: { digest: string }; layers: { digest: string }[] }> {
      return JSON.parse(await command('skopeo', ['inspect', '--raw', `docker-archive:${path}`])) as never
    }

    test('is found, and listed', async () => {
      const around = { ...surroundings(), env: { DOCKER_HOST: `unix://${engine().socket}` } }
      const [found] = await listEngines(signal, around)
      expect(found).toMatchObject({ socket: engine().socket, state: 'ready', kind, isDefault: true })
      const listed = await engineImages(engine().socket, signal)
      for (const image of [images.torture, images.tiny])
        expect(listed.find(({ id }) => id === image.imageID)).toMatchObject({
          references: [expect.stringContaining(image.reference)],
          platform: { os: 'linux' },
        })
    })

    test('is listed anew when the engine has news', async () => {
      const waiting = engineChange(engine().socket, signal)
      await sleep(500)
      if (kind === 'docker') await engines.docker!.docker('tag', TINY, 'news:1')
      else await engines.podman!.podman('tag', TINY, 'news:1')
      // Podman's command is not its service: only what the service does itself is sure to be told at once.
      if (kind === 'podman') await Promise.race([waiting, sleep(3000)])
      else expect(await waiting).toEqual({ isChanged: true })
      if (kind === 'docker') await engines.docker!.docker('rmi', 'news:1')
      else await engines.podman!.podman('untag', TINY, 'news:1')
      expect(await waiting).toEqual({ isChanged: true })
    })

    test('opens, is searched and exported as the tarball of the same image is', async () => {
      await using occystrap = await Occystrap.make()
      const source = sourceAt(engine().socket)
      const info = await occystrap.json<ShownImage>('info', '--json', source)
      expect(info.imageID).toBe(images.torture.imageID)
      expect(info.layers.map(({ diffID }) => diffID)).toEqual(images.torture.layers)

      const paths = (listing: ListedPath[]): string[] => listing.map(({ path }) => path)
      const fromEngine = paths(await occystrap.lines<ListedPath>('ls', '--json', source))
      expect(fromEngine).toEqual(
        paths(await occystrap.lines<ListedPath>('ls', '--json', images.dockerArchive)),
      )
      const hits = await occystrap.lines<FoundPath>('search', '--json', source, 'needle.txt')
      expect(hits.length).toBeGreaterThan(0)

      const exported = occystrap.folder.at('exported.tar')
      await occystrap.run('process', source, `tar://${exported}`)
      const manifest = await manifestOf(exported)
      expect(manifest.config.digest).toBe(images.torture.imageID)
      expect(manifest.layers.map(({ digest }) => digest)).toEqual(images.torture.layers)
      const fromArchive = occystrap.folder.at('from-archive.tar')
      await occystrap.run('process', images.dockerArchive, `tar://${fromArchive}`)
      expect((await manifestOf(fromArchive)).config.digest).toBe(manifest.config.digest)
      // Every layer passed through: none was kept on the way.
      const kept = await readdir(occystrap.folder.at('cache/occystrap/layers')).catch(() => [])
      expect(kept.filter((name) => name.startsWith('layer-'))).toEqual([])
    })

    test('one file of it is read, whose layer then is kept', async () => {
      await using occystrap = await Occystrap.make()
      await using proxy = await EngineProxy.start(occystrap.folder.at('proxy.sock'), engine().socket)
      const source = sourceAt(proxy.socket)
      const path = 'etc/os-release'
      const first = await occystrap.run('cat', source, path)
      const exports = proxy.exports
      expect(await occystrap.run('cat', source, path)).toBe(first)
      expect(first).toContain('Debian')
      expect(proxy.exports).toBe(exports)
    })

    test('is exported no second time for a second search', async () => {
      await using occystrap = await Occystrap.make()
      await using proxy = await EngineProxy.start(occystrap.folder.at('proxy.sock'), engine().socket)
      const source = sourceAt(proxy.socket)
      const first = await occystrap.run('search', source, 'needle.txt')
      expect(proxy.exports).toBe(1)
      for (const option of [[], ['--script-friendly']])
        await occystrap.run('search', source, 'needle.txt', ...option)
      expect(await occystrap.run('search', source, 'needle.txt')).toBe(first)
      expect(proxy.exports).toBe(1)
      const times = []
      for (let round = 0; round < 5; round++)
        times.push(
          (await measured(process.execPath, [CLI, 'search', source, 'needle.txt'], occystrap.environment))
            .seconds,
        )
      // Ten times what it takes: what counts is that nothing is moved. How long it takes is a matter of the bench.
      expect(Math.min(...times)).toBeLessThan(3)
      console.log(`second search, ${kind}: ${Math.min(...times).toFixed(2)} s`)
    })

    test('takes little memory, however large', async () => {
      await using occystrap = await Occystrap.make()
      const destination = `tar://${occystrap.folder.at('exported.tar')}`
      const { peak } = await measured(
        process.execPath,
        [CLI, 'process', sourceAt(engine().socket), destination],
        occystrap.environment,
      )
      expect(peak).toBeLessThanOrEqual(250e6)
    })

    test('that is not there, or goes meanwhile, is named', async () => {
      await using occystrap = await Occystrap.make()
      const { status, stderr } = await occystrap.attempt('info', sourceAt(engine().socket, 'nosuch:1'))
      expect(status).toBe(1)
      expect(stderr).toContain(`The engine at ${engine().socket} has no image “nosuch:1”.`)
    })

    test(`whose engine dies at any of ${DEATHS} moments fails at once, leaves nothing, and comes again`, async () => {
      console.log(`SEED=${SEED}`)
      const random = numbers(SEED)
      await using occystrap = await Occystrap.make()
      const source = sourceAt(engine().socket)
      const folder = occystrap.folder.at('out')
      await mkdir(folder)
      const args = [
        CLI,
        '--cache-dir',
        occystrap.folder.at('fresh'),
        'process',
        source,
        `tar://${folder}/x.tar`,
      ]
      const whole = (await measured(process.execPath, args, occystrap.environment)).seconds
      let deaths = 0
      for (let moment = 0; moment < DEATHS; moment++) {
        await rm(occystrap.folder.at('fresh'), { recursive: true, force: true })
        await rm(`${folder}/x.tar`, { force: true })
        const child = spawn(process.execPath, args, { env: { ...process.env, ...occystrap.environment } })
        let said = ''
        child.stderr.on('data', (chunk: Buffer) => {
          said += chunk.toString()
        })
        const ended = once(child, 'close') as Promise<[number | null]>
        await sleep(random() * whole * 1000)
        await engine().kill()
        const killed = performance.now()
        const [status] = await ended
        if (status !== 0) {
          deaths++
          expect.soft(performance.now() - killed, said).toBeLessThan(5000)
          expect.soft(status, said).toBe(1)
          expect.soft(said).toContain(`The engine at ${engine().socket}`)
          expect.soft(await readdir(folder)).toEqual([])
        }
        await engine().restart()
        await occystrap.run(...args.slice(1))
        expect.soft((await manifestOf(`${folder}/x.tar`)).config.digest).toBe(images.torture.imageID)
      }
      expect(deaths).toBeGreaterThan(0)
    })
  })
})
