import { afterAll, beforeAll, expect, test } from 'vitest'
import { Dockerd, Podman } from '../support/daemons.ts'
import { buildImage, writeDockerArchive } from '../support/image-builder.ts'
import { describeWith } from '../support/needs.ts'
import { Occystrap, type FoundPath } from '../support/occystrap.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

const BASE = [{ path: 'usr/share/base', content: 'of every image\n' }]
const NAMES = ['one', 'two', 'three'] as const

describeWith({ tools: ['dockerd', 'docker', 'podman'], root: true }, 'all images of a real engine', () => {
  let folder: TemporaryFolder
  const engines: { docker?: Dockerd; podman?: Podman } = {}

  beforeAll(async () => {
    folder = await TemporaryFolder.make()
    const images = NAMES.map((name) =>
      buildImage({
        references: [`indexed/${name}:1`],
        layers: [BASE, [{ path: `srv/${name}`, content: `${name}\n` }]],
      }),
    )
    await writeDockerArchive(images, folder.at('images.tar'))
    engines.docker = await Dockerd.start()
    engines.podman = await Podman.start()
    await engines.docker.docker('load', '--quiet', '--input', folder.at('images.tar'))
    await engines.podman.podman('load', '--quiet', '--input', folder.at('images.tar'))
  })

  afterAll(async () => {
    await engines.docker?.[Symbol.asyncDispose]()
    await engines.podman?.[Symbol.asyncDispose]()
    await folder?.[Symbol.asyncDispose]()
  })

  test.each(['docker', 'podman'] as const)(
    'of %s are read once, and then searched when it is gone',
    async (kind) => {
      await using occystrap = await Occystrap.make()
      const engine = engines[kind]!
      const found = async (pattern: string): Promise<string[]> =>
        (await occystrap.lines<FoundPath>('search', '--all', '--json', pattern))
          .map(({ image, path }) => `${image.replace(/^.*\/indexed\//, '')} ${path}`)
          .sort()
      const first = await occystrap.attempt('index', '--engine', `unix://${engine.socket}`)
      expect(first).toMatchObject({
        status: 0,
        stderr: `occystrap: read 3 images of ${engine.socket}\n`,
      })
      const everything = NAMES.flatMap((name) => [`${name}:1 srv/${name}`, `${name}:1 usr/share/base`]).sort()
      const files = async (): Promise<string[]> =>
        (await found('*')).filter((line) => everything.includes(line))
      expect(await files()).toEqual(everything)
      const again = await occystrap.attempt('index', '--engine', engine.socket)
      expect(again.stderr).toBe(`occystrap: read 0 images of ${engine.socket}, 3 were known already\n`)
      await engine.kill()
      expect(await files()).toEqual(everything)
      expect(await occystrap.attempt('index', '--engine', engine.socket)).toMatchObject({ status: 1 })
      for (const name of NAMES) expect(await found(`srv/${name}`)).toEqual([`${name}:1 srv/${name}`])
    },
  )
})
