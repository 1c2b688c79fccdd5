import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { command } from '../support/command.ts'
import { Dockerd, Podman } from '../support/daemons.ts'
import { sha256OfFile } from '../support/file-digest.ts'
import { describeWith } from '../support/needs.ts'
import { Occystrap, type ShownImage } from '../support/occystrap.ts'
import { realImages, type RealArchive, type RealImages } from '../support/real-images.ts'

const TOOLS = ['dockerd', 'docker', 'podman', 'skopeo', 'mmdebstrap', 'zstd', 'xz', 'bzip2'] as const

interface Loaded {
  readonly imageID: string
  readonly tags: readonly string[]
}

describeWith({ tools: TOOLS, root: true }, 'what is written', () => {
  let images: RealImages
  let dockerd: Dockerd
  let podman: Podman
  let occystrap: Occystrap

  beforeAll(async () => {
    images = await realImages()
    occystrap = await Occystrap.make()
    dockerd = await Dockerd.start()
    podman = await Podman.start()
  })

  afterAll(async () => {
    await dockerd?.[Symbol.asyncDispose]()
    await podman?.[Symbol.asyncDispose]()
    await occystrap?.[Symbol.asyncDispose]()
  })

  async function loadIntoDocker(path: string): Promise<Loaded> {
    await dockerd.docker('load', '--quiet', '--input', path)
    const ids = (await dockerd.docker('image', 'ls', '--quiet', '--no-trunc')).trim().split('\n')
    expect(new Set(ids).size).toBe(1)
    const [image] = JSON.parse(await dockerd.docker('image', 'inspect', ids[0] ?? '')) as [
      { Id: string; RepoTags: string[] },
    ]
    await dockerd.docker('image', 'rm', '--force', image.Id)
    return { imageID: image.Id, tags: image.RepoTags }
  }

  async function loadIntoPodman(path: string): Promise<Loaded> {
    await podman.podman('load', '--quiet', '--input', path)
    const [image] = JSON.parse(await podman.podman('images', '--format', 'json')) as [
      { Id: string; Names: string[] },
    ]
    await podman.podman('image', 'rm', '--force', image.Id)
    return { imageID: `sha256:${image.Id}`, tags: image.Names }
  }

  async function readBySkopeo(path: string): Promise<Loaded> {
    const manifest = JSON.parse(await command('skopeo', ['inspect', '--raw', `docker-archive:${path}`])) as {
      config: { digest: string }
    }
    const tags = JSON.parse(await command('skopeo', ['list-tags', `docker-archive:${path}`])) as {
      Tags: string[]
    }
    return { imageID: manifest.config.digest, tags: tags.Tags }
  }

  /** The archive's own image as a tarball of ours. */
  async function exported(archive: RealArchive, name: string, ...more: string[]): Promise<string> {
    const path = occystrap.folder.at(name)
    await occystrap.run('process', `${archive.kind}://${archive.path}`, `tar://${path}`, ...more)
    return path
  }

  test('as a tarball is loaded by Docker and Podman and read by skopeo under its own ID and name', async () => {
    const seen = new Set<string>()
    for (const archive of images.archives.filter(
      ({ kind, images }) => kind === 'tar' && images.length === 1,
    )) {
      const [image] = archive.images
      const path = await exported(archive, 'exported.tar')
      const digest = await sha256OfFile(path)
      // Archives of one image differ only in form: what we write from them is the same file, loaded once.
      if (seen.has(digest)) continue
      seen.add(digest)
      expect.soft(await loadIntoDocker(path), `dockerd, from ${archive.name}`).toEqual({
        imageID: image?.imageID,
        tags: [image?.reference],
      })
      const inPodman = await loadIntoPodman(path)
      expect.soft(inPodman.imageID, `podman, from ${archive.name}`).toBe(image?.imageID)
      expect.soft(inPodman.tags.join(), `podman, from ${archive.name}`).toContain(image?.reference)
      const bySkopeo = await readBySkopeo(path)
      expect.soft(bySkopeo.imageID, `skopeo, from ${archive.name}`).toBe(image?.imageID)
      expect.soft(bySkopeo.tags.join(), `skopeo, from ${archive.name}`).toContain(image?.reference)
    }
    // The image as Docker and as OCI wrote its config, and the small one.
    expect(seen.size).toBe(3)
  })

  test('as a tarball is the same bytes every time, with and without an index of its layers', async () => {
    const archive = images.archives.find(({ path }) => path.endsWith('docker-25-gzip.tar'))
    const first = await exported(archive!, 'first.tar')
    const again = await exported(archive!, 'again.tar')
    await using fresh = await Occystrap.make()
    await fresh.run('process', archive!.path, `tar://${fresh.folder.at('fresh.tar')}`)
    const digests = [first, again, fresh.folder.at('fresh.tar')].map((path) => sha256OfFile(path))
    expect(new Set(await Promise.all(digests)).size).toBe(1)
  })

  test('with normalised times is the same from every form, the same again, and loads', async () => {
    const digests = new Set<string>()
    const sameConfig = images.archives.filter(
      ({ images: all }) => all.length === 1 && all[0]?.imageID === images.torture.imageID,
    )
    expect(sameConfig.length).toBeGreaterThan(2)
    let path = ''
    for (const archive of sameConfig) {
      path = await exported(archive, 'normalised.tar', '-f', 'normalize-timestamps:ts=1700000000')
      digests.add(await sha256OfFile(path))
    }
    expect(digests.size).toBe(1)
    const loaded = await loadIntoDocker(path)
    expect(loaded.tags).toEqual([images.torture.reference])
    expect(loaded.imageID).not.toBe(images.torture.imageID)
    const info = await occystrap.json<ShownImage>('info', '--json', path)
    expect(info.imageID).toBe(loaded.imageID)
    expect((await loadIntoPodman(path)).imageID).toBe(loaded.imageID)
    const listing = await occystrap.lines<{ mtime: number }>('ls', '--json', path)
    expect(listing.filter(({ mtime }) => mtime > 1_700_000_000)).toEqual([])
    const twice = occystrap.folder.at('twice.tar')
    await occystrap.run('process', path, `tar://${twice}`, '-f', 'normalize-timestamps:ts=1700000000')
    expect(await sha256OfFile(twice)).toBe(await sha256OfFile(path))
  })

  test('as a directory of images becomes the same image again', async () => {
    const folder = occystrap.folder.at('images')
    const two = images.archives.find((archive) => archive.images.length === 2)
    for (const image of [images.torture, images.tiny])
      await occystrap.run(
        'process',
        `tar://${two?.path}?image=${image.reference}`,
        `dir://${folder}?unique_names=true`,
      )
    for (const image of [images.torture, images.tiny]) {
      const colon = image.reference.lastIndexOf(':')
      const [name, tag] = [image.reference.slice(0, colon), image.reference.slice(colon + 1)]
      const path = occystrap.folder.at(`recreated-${tag}.tar`)
      await occystrap.run('recreate-image', folder, name, tag, path)
      expect.soft(await loadIntoDocker(path)).toEqual({ imageID: image.imageID, tags: [image.reference] })
    }
  })

  test('by the older commands is what the newer ones write', async () => {
    const folder = occystrap.folder.at('extracted')
    await occystrap.run('tarfile-to-extracted', images.dockerArchive, folder)
    const manifest = JSON.parse(await readFile(`${folder}/manifest.json`, 'utf8')) as [
      { Config: string; Layers: string[] },
    ]
    const config = await readFile(`${folder}/${manifest[0].Config}`)
    expect(`sha256:${createHash('sha256').update(config).digest('hex')}`).toBe(images.torture.imageID)
    for (const [index, layer] of manifest[0].Layers.entries())
      expect.soft(`sha256:${await sha256OfFile(`${folder}/${layer}`)}`).toBe(images.torture.layers[index])
  })
})
