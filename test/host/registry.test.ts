import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Certificates } from '../support/certificates.ts'
import { Dockerd } from '../support/daemons.ts'
import type { PushedImage } from '../support/fake-repository.ts'
import { buildImage } from '../support/image-builder.ts'
import { describeWith } from '../support/needs.ts'
import { Occystrap, type ShownImage } from '../support/occystrap.ts'
import {
  platformImages,
  pushEverything,
  pushImage,
  type PushedForm,
  type PushedImages,
} from '../support/pushed-images.ts'
import { Registry } from '../support/registries.ts'

const TOOLS = ['docker-registry', 'skopeo', 'dockerd', 'docker', 'openssl'] as const
const FORMS: readonly PushedForm[] = ['schema2', 'oci', 'oci-zstd']

describeWith({ tools: TOOLS, root: true }, 'images of real registries', () => {
  let occystrap: Occystrap
  let dockerd: Dockerd
  let certificates: Certificates

  beforeAll(async () => {
    occystrap = await Occystrap.make()
    certificates = await Certificates.make()
    dockerd = await Dockerd.start()
  })
  afterAll(async () => {
    await dockerd?.[Symbol.asyncDispose]()
    await certificates?.[Symbol.asyncDispose]()
    await occystrap?.[Symbol.asyncDispose]()
  })

  /** Fetched to a tarball that the engine loads: the ID it is loaded under. */
  async function loaded(source: string, ...options: readonly string[]): Promise<string> {
    const path = occystrap.folder.at('image.tar')
    await occystrap.run('process', source, `tar://${path}?reference=loaded:1`, ...options)
    await dockerd.docker('load', '--quiet', '--input', path)
    return onlyID('loaded:1')
  }

  /** The ID of an image of the engine's, which is then removed. */
  async function onlyID(name: string): Promise<string> {
    const id = (await dockerd.docker('image', 'inspect', '--format', '{{.Id}}', name)).trim()
    await dockerd.docker('image', 'rm', '--force', id)
    return id
  }

  const sourceOf = ({ host }: Registry, { repository, tag }: PushedImage): string =>
    `registry://${host}/${repository}:${tag}`

  describe('that let everybody in', () => {
    let registry: Registry
    let pushed: PushedImages

    beforeAll(async () => {
      registry = await Registry.start({ schema1: true })
      pushed = await pushEverything(registry)
    })
    afterAll(async () => {
      await registry?.[Symbol.asyncDispose]()
    })

    test.each(FORMS)('are loaded by Docker with the same ID, pushed by skopeo as %s', async (form) => {
      const image = pushed.forms[form]
      const source = sourceOf(registry, image)
      expect(await loaded(source)).toBe(image.imageID)
      const shown = await occystrap.json<ShownImage & { digest: string }>('info', source, '--json')
      expect(shown).toMatchObject({ imageID: image.imageID, digest: image.digest })
      expect(shown.layers.map(({ diffID }) => diffID)).toEqual(image.diffIDs)
    })

    test.each(['schema2', 'oci'] as const)('have the ID that docker pull gives them, as %s', async (form) => {
      const { repository, tag, imageID } = pushed.forms[form]
      const name = `${registry.host}/${repository}:${tag}`
      await dockerd.docker('pull', '--quiet', name)
      expect(await onlyID(name)).toBe(imageID)
    })

    test.each([undefined, '1.7.0', '1.12.3'])(
      'of schema 1 by Docker %s have the ID that docker pull gives them',
      async (version) => {
        const image = buildImage({
          config: {
            Env: ['A=<&>'],
            Cmd: ['sh'],
            Volumes: { '/b': {}, '/a': {} },
            Labels: { z: '1', a: '2' },
          },
          overrides: {
            ...(version === undefined ? {} : { docker_version: version }),
            author: 'A <a@example.org>',
            comment: 'é',
            unknown: { b: 1.5, a: [] },
          },
          layers: [[{ path: 'etc/motd', content: 'old\n' }], [{ path: 'etc/new', content: `${version}` }]],
        })
        const pushed = await pushImage(registry, image, `old/v${version}:1`, 'schema1')
        const name = `${registry.host}/${pushed.repository}:${pushed.tag}`
        await dockerd.docker('pull', '--quiet', name)
        const id = await onlyID(name)
        const shown = await occystrap.json<ShownImage & { digest: string }>(
          'info',
          `registry://${name}`,
          '--json',
        )
        expect(shown).toMatchObject({ imageID: id, digest: pushed.digest })
        expect(shown.layers.map(({ diffID }) => diffID)).toEqual(pushed.diffIDs)
        expect(await loaded(`registry://${name}`)).toBe(id)
        // skopeo takes a config that names no engine for one of a new engine, Docker for one of an old engine.
        if (version === undefined) expect(id).not.toBe(pushed.imageID)
        else expect(id).toBe(pushed.imageID)
      },
    )

    test.each(['index', 'nested'] as const)('of many platforms give each of them, by %s', async (which) => {
      const { repository, tag, images } = pushed[which]
      for (const [i, { platform, imageID }] of images.entries()) {
        const { os, architecture, variant } = platform
        const options = [
          '--os',
          os,
          '--architecture',
          architecture,
          ...(variant ? ['--variant', variant] : []),
        ]
        expect(await loaded(`registry://${registry.host}/${repository}:${tag}`, ...options)).toBe(imageID)
        const text = await occystrap.run(
          'cat',
          `registry://${registry.host}/${repository}:${tag}`,
          'etc/platform',
          ...options,
        )
        expect(text).toBe(`${Object.values(platformImages()[i]!.platform).join('/')}\n`)
      }
    })

    test('by their digest, and by the commands that name registry, image and tag', async () => {
      const { repository, tag, digest, imageID } = pushed.forms.oci
      expect(await loaded(`registry://${registry.host}/${repository}@${digest}`)).toBe(imageID)
      const path = occystrap.folder.at('named.tar')
      await occystrap.run('fetch-to-tarfile', registry.host, repository, tag, path)
      await dockerd.docker('load', '--quiet', '--input', path)
      expect(await onlyID(`${registry.host}/${repository}:${tag}`)).toBe(imageID)
    })
  })

  describe.each(['htpasswd', 'token'] as const)('that ask who comes (%s)', (auth) => {
    let registry: Registry
    let image: PushedImage

    beforeAll(async () => {
      registry = await Registry.start({
        auth,
        ...(auth === 'token' ? { tokens: { allowsAnonymous: false } } : {}),
      })
      image = await pushImage(registry, platformImages()[0]!, 'private/app:1', 'oci')
    })
    afterAll(async () => {
      await registry?.[Symbol.asyncDispose]()
    })

    test('are given to a user of the command line, and of the file that docker login writes', async () => {
      const { username, password } = registry.credentials!
      const source = sourceOf(registry, image)
      expect(await loaded(source, '--username', username, '--password', password)).toBe(image.imageID)
      await mkdir(occystrap.folder.at('.docker'), { recursive: true })
      const encoded = Buffer.from(`${username}:${password}`).toString('base64')
      await writeFile(
        occystrap.folder.at('.docker/config.json'),
        JSON.stringify({ auths: { [registry.host]: { auth: encoded } } }),
      )
      expect(await loaded(source)).toBe(image.imageID)
      await writeFile(occystrap.folder.at('.docker/config.json'), '{}')
    })

    test('are refused to anybody else, in a sentence', async () => {
      const source = sourceOf(registry, image)
      const nobody = await occystrap.attempt('info', source)
      expect([nobody.status, nobody.stderr]).toEqual([1, expect.stringContaining('Sign in: docker login')])
      const wrong = await occystrap.attempt('info', source, '--username', 'puller', '--password', 'wrong')
      expect([wrong.status, wrong.stderr]).toEqual([
        1,
        expect.stringContaining('does not take these credentials'),
      ])
    })
  })

  describe('over TLS', () => {
    async function trusting(registry: Registry, work: () => Promise<void>): Promise<void> {
      const folder = occystrap.folder.at('.docker/certs.d', registry.host)
      await mkdir(folder, { recursive: true })
      await copyFile(certificates.ca, join(folder, 'ca.crt'))
      await work()
    }

    test('are taken from who is trusted: by nobody, by certs.d, by the settings, by asking nothing', async () => {
      await using registry = await Registry.start({ tls: certificates.server })
      const image = await pushImage(registry, platformImages()[0]!, 'tls/app:1', 'oci')
      const source = sourceOf(registry, image)
      const refused = await occystrap.attempt('info', source)
      expect([refused.status, refused.stderr]).toEqual([
        1,
        expect.stringContaining('an authority that this computer does not know'),
      ])
      expect(await loaded(source, '--insecure')).toBe(image.imageID)
      const settings = occystrap.folder.at('config/occystrap/settings.json')
      await mkdir(join(settings, '..'), { recursive: true })
      await writeFile(settings, JSON.stringify({ caFile: certificates.ca }))
      expect(await loaded(source)).toBe(image.imageID)
      await writeFile(settings, '{}')
      expect((await occystrap.attempt('info', source)).status).toBe(1)
      await trusting(registry, async () => {
        expect(await loaded(source)).toBe(image.imageID)
      })
    })

    test('are given to who shows the certificate that is wanted', async () => {
      await using registry = await Registry.start({
        tls: { ...certificates.server, clientAuthority: certificates.ca },
      })
      const name = registry.host
      const folder = occystrap.folder.at('.docker/certs.d', name)
      await trusting(registry, async () => {
        const without = await occystrap.attempt('info', `registry://${name}/none:1`)
        // Over TLS 1.3 the server's word may come too late, after it has gone.
        const words: unknown = expect.stringMatching(/it asks for a certificate of yours|cut the connection/)
        expect([without.status, without.stderr]).toEqual([1, words])
        await copyFile(certificates.client.cert, join(folder, 'client.cert'))
        await copyFile(certificates.client.key, join(folder, 'client.key'))
        const unknown = await occystrap.attempt('info', `registry://${name}/none:1`)
        expect([unknown.status, unknown.stderr]).toEqual([
          1,
          expect.stringContaining(`${name}/none:1 is not in ${name}`),
        ])
      })
    })
  })
})
