import { beforeAll, describe, expect, test } from 'vitest'
import { familiarReference, parseReference } from '../../shared/reference.ts'
import { describeWith } from '../support/needs.ts'
import { Occystrap, type ShownImage } from '../support/occystrap.ts'
import { realImages, type RealImages } from '../support/real-images.ts'

const TOOLS = ['dockerd', 'docker', 'podman', 'skopeo', 'mmdebstrap', 'zstd', 'xz', 'bzip2'] as const

/** As Docker shows it, so that `docker.io/library/tiny:latest` and `tiny:latest` are one name. */
function familiar(reference: string): string {
  return familiarReference(parseReference(reference))
}

describeWith({ tools: TOOLS, root: true }, 'archives that real tools wrote', () => {
  let images: RealImages
  beforeAll(async () => {
    images = await realImages()
  })

  test('are opened by content, with the image ID, names and layers their tool gave them', async () => {
    await using occystrap = await Occystrap.make()
    for (const archive of images.archives) {
      for (const image of archive.images) {
        const chosen = archive.images.length > 1 ? `?image=${image.reference}` : ''
        const info = await occystrap.json<ShownImage>(
          'info',
          '--json',
          `${archive.kind}://${archive.path}${chosen}`,
        )
        expect
          .soft(
            {
              imageID: info.imageID,
              layers: info.layers.map((layer) => layer.diffID),
              // A layout's tag alone names no repository.
              name: archive.kind === 'layout' ? '1.0' : familiar(info.reference ?? ''),
              warnings: info.warnings,
            },
            archive.name,
          )
          .toEqual({ imageID: image.imageID, layers: image.layers, name: image.reference, warnings: [] })
      }
    }
  })

  test('open by their bare path, too', async () => {
    await using occystrap = await Occystrap.make()
    for (const archive of images.archives.filter(({ images }) => images.length === 1)) {
      const info = await occystrap.json<ShownImage>('info', '--json', archive.path)
      expect.soft(info.imageID, archive.name).toBe(archive.images[0]?.imageID)
    }
  })

  test('of two images want one chosen, and say which there are', async () => {
    await using occystrap = await Occystrap.make()
    const two = images.archives.find((archive) => archive.images.length === 2)
    const { status, stderr, stdout } = await occystrap.attempt('info', `tar://${two?.path}`)
    expect(status).toBe(1)
    expect(stdout.toString()).toBe('')
    for (const image of [images.torture, images.tiny]) expect(stderr).toContain(image.reference)
  })

  describe('say of the image what its builder said', () => {
    test('config', async () => {
      await using occystrap = await Occystrap.make()
      const { config } = await occystrap.json<ShownImage>('info', '--json', `tar://${images.dockerArchive}`)
      expect(config).toMatchObject({
        User: 'app:1500',
        Entrypoint: ['/srv/app/bin/start', '--flag'],
        Cmd: ['one', 'two words'],
        WorkingDir: '/srv/app',
        StopSignal: 'SIGINT',
        ExposedPorts: { '8080/tcp': {}, '53/udp': {} },
        Volumes: { '/data': {} },
        Labels: { 'org.opencontainers.image.title': 'torture' },
      })
      expect(config.Env).toContain('GREETING=hello  two spaces')
    })
  })
})
