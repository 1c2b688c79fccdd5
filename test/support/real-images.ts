import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { command, shell } from './command.ts'
import { Dockerd, Podman } from './daemons.ts'
import { writeDocker25, writeDocker25Gzip } from './docker-25.ts'

const FIXTURE = join(import.meta.dirname, '../fixtures/real-image/Dockerfile')

/** Raised whenever what this file builds changes; the Dockerfile's own bytes count, too. */
const VERSION = 1

/** The big image's names in the engine that built it, and the small one's. */
export const TORTURE = 'registry.test:5000/team/torture:1.0'
export const TINY = 'tiny:latest'

/** What the engine that built an image says of it. */
export interface BuiltImage {
  readonly reference: string
  readonly imageID: string
  /** diffIDs, base first. */
  readonly layers: readonly string[]
}

export interface RealArchive {
  /** How it was made, in words; the name of its tests. */
  readonly name: string
  readonly path: string
  readonly kind: 'tar' | 'layout'
  /** The images inside, in order. */
  readonly images: readonly BuiltImage[]
}

export interface RealImages {
  readonly folder: string
  readonly torture: BuiltImage
  readonly tiny: BuiltImage
  /** Every form of the torture image, and every outer compression of the tiny one. */
  readonly archives: readonly RealArchive[]
  /** The OCI layout of the torture image that skopeo wrote, tagged `1.0`: what umoci reads. */
  readonly layout: string
  /** As `docker save` of 20.10 wrote it. */
  readonly dockerArchive: string
}

/**
 * Real images, built by `docker build` on a Debian root filesystem and saved by every tool at hand. Built once and kept under the
 * system's temporary folder for all test files and later runs; whoever finishes first wins.
 */
export async function realImages(): Promise<RealImages> {
  const key = createHash('sha256')
    .update(`${VERSION}\n`)
    .update(readFileSync(FIXTURE))
    .digest('hex')
    .slice(0, 12)
  const folder = join(tmpdir(), `occystrap-real-images-${key}`)
  if (!existsSync(join(folder, 'images.json'))) {
    const staging = await mkdtemp(`${folder}.`)
    try {
      await build(staging)
      await rename(staging, folder)
    } catch (error) {
      if (!existsSync(join(folder, 'images.json'))) throw error
    } finally {
      await rm(staging, { recursive: true, force: true })
    }
  }
  return placed(folder, JSON.parse(await readFile(join(folder, 'images.json'), 'utf8')) as Description)
}

/** Paths are kept relative, because the folder is renamed once whole. */
type Description = Omit<RealImages, 'folder'>

function placed(folder: string, images: Description): RealImages {
  return {
    ...images,
    folder,
    layout: join(folder, images.layout),
    dockerArchive: join(folder, images.dockerArchive),
    archives: images.archives.map((archive) => ({ ...archive, path: join(folder, archive.path) })),
  }
}

async function build(folder: string): Promise<void> {
  const at = (name: string): string => join(folder, name)
  const [torture, tiny] = await buildWithDocker(folder)
  const big: readonly BuiltImage[] = [torture]
  const archives: RealArchive[] = [
    { name: 'docker save', path: 'docker.tar', kind: 'tar', images: big },
    { name: 'docker save of two images', path: 'docker-two.tar', kind: 'tar', images: [torture, tiny] },
  ]

  await saveWithPodman(folder, torture)
  archives.push({ name: 'podman save, docker-archive', path: 'podman-docker.tar', kind: 'tar', images: big })
  const podmanOci = { ...torture, imageID: await imageIDOf(`oci-archive:${at('podman-oci.tar')}`) }
  archives.push({
    name: 'podman save, oci-archive',
    path: 'podman-oci.tar',
    kind: 'tar',
    images: [podmanOci],
  })

  const from = `docker-archive:${at('docker.tar')}`
  await skopeoCopy(from, `docker-archive:${at('skopeo-docker.tar')}:${torture.reference}`)
  archives.push({ name: 'skopeo, docker-archive', path: 'skopeo-docker.tar', kind: 'tar', images: big })
  await skopeoCopy(from, `oci:${at('layout')}:1.0`)
  const oci = { ...torture, imageID: await imageIDOf(`oci:${at('layout')}:1.0`) }
  archives.push({
    name: 'skopeo, OCI layout',
    path: 'layout',
    kind: 'layout',
    images: [{ ...oci, reference: '1.0' }],
  })
  await skopeoCopy(from, `oci-archive:${at('skopeo-oci.tar')}:${torture.reference}`)
  archives.push({ name: 'skopeo, oci-archive', path: 'skopeo-oci.tar', kind: 'tar', images: [oci] })

  await writeDocker25(folder, torture)
  archives.push({ name: 'Docker 25 and later', path: 'docker-25.tar', kind: 'tar', images: big })
  await writeDocker25Gzip(folder, torture.reference)
  archives.push({
    name: 'Docker 25 and later, gzip layers',
    path: 'docker-25-gzip.tar',
    kind: 'tar',
    images: [oci],
  })

  for (const [suffix, program] of [
    ['gz', 'gzip'],
    ['zst', 'zstd -q'],
    ['xz', 'xz -0'],
    ['bz2', 'bzip2 -1'],
  ] as const) {
    await shell(`${program} < tiny.tar > tiny.tar.${suffix}`, { cwd: folder })
    archives.push({
      name: `docker save | ${program}`,
      path: `tiny.tar.${suffix}`,
      kind: 'tar',
      images: [tiny],
    })
  }
  const description: Description = { torture, tiny, archives, layout: 'layout', dockerArchive: 'docker.tar' }
  await writeFile(at('images.json'), JSON.stringify(description, null, 2))
}

async function buildWithDocker(folder: string): Promise<[torture: BuiltImage, tiny: BuiltImage]> {
  const base = join(folder, 'base.tar')
  await makeRootfs(base)
  const context = join(folder, 'context')
  await writeContext(context)
  await using engine = await Dockerd.start()
  await engine.docker('import', base, 'occystrap.test/base:12')
  await engine.docker('build', '--network', 'host', '--quiet', '--tag', TORTURE, '--file', FIXTURE, context)
  const tinyContext = join(folder, 'tiny')
  await mkdir(tinyContext)
  await copyFile('/bin/busybox', join(tinyContext, 'busybox'))
  await writeFile(
    join(tinyContext, 'Dockerfile'),
    'FROM scratch\nCOPY busybox /bin/\nCOPY Dockerfile /etc/tiny\nENTRYPOINT ["/bin/busybox"]\nCMD ["echo", "tiny"]\n',
  )
  await engine.docker('build', '--quiet', '--tag', TINY, tinyContext)
  await engine.docker('save', '--output', join(folder, 'docker.tar'), TORTURE)
  await engine.docker('save', '--output', join(folder, 'docker-two.tar'), TORTURE, TINY)
  await engine.docker('save', '--output', join(folder, 'tiny.tar'), TINY)
  for (const made of [base, context, tinyContext]) await rm(made, { recursive: true })
  return [await inspect(engine, TORTURE), await inspect(engine, TINY)]
}

async function inspect(engine: Dockerd, reference: string): Promise<BuiltImage> {
  const [image] = JSON.parse(await engine.docker('image', 'inspect', reference)) as [
    { Id: string; RootFS: { Layers: string[] } },
  ]
  return { reference, imageID: image.Id, layers: image.RootFS.Layers }
}

/** A minimal Debian of the host's own release, from the sources the host itself installs from; documentation left out. */
export async function makeRootfs(path: string, packages: readonly string[] = []): Promise<void> {
  const release = await shell('. /etc/os-release && echo -n "$VERSION_CODENAME"')
  const sources = (await readdir('/etc/apt/sources.list.d'))
    .filter((name) => /\.(list|sources)$/.test(name))
    .map((name) => join('/etc/apt/sources.list.d', name))
  if (existsSync('/etc/apt/sources.list') && (await stat('/etc/apt/sources.list')).size > 0)
    sources.push('/etc/apt/sources.list')
  await command('mmdebstrap', [
    '--variant=minbase',
    '--quiet',
    '--format=tar',
    ...['doc', 'man', 'locale', 'info'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
    ...(packages.length > 0 ? [`--include=${packages.join(',')}`] : []),
    release,
    path,
    ...sources,
  ])
}

async function writeContext(context: string): Promise<void> {
  const files = join(context, 'files')
  for (const folder of ['bin', 'nested', 'opaque/below', 'to-file', 'to-link'])
    await mkdir(join(files, folder), { recursive: true })
  const contents = {
    'bin/start': '#!/bin/sh\nexec echo "$@"\n',
    'replaced.txt': 'first\n',
    'deleted.txt': 'gone\n',
    'opaque/old.txt': 'old\n',
    'opaque/below/old.txt': 'old\n',
    swap: 'a file\n',
    'to-file/old.txt': 'old\n',
    'to-link/old.txt': 'old\n',
    'nested/needle.txt': 'first line\nneedle in a haystack\n',
  }
  for (const [name, content] of Object.entries(contents)) await writeFile(join(files, name), content)
  await symlink('nested', join(files, 'link'))
}

async function saveWithPodman(folder: string, image: BuiltImage): Promise<void> {
  await using engine = await Podman.start()
  await engine.podman('load', '--input', join(folder, 'docker.tar'))
  for (const format of ['docker', 'oci'])
    await engine.podman(
      'save',
      '--format',
      `${format}-archive`,
      '--output',
      join(folder, `podman-${format}.tar`),
      image.reference,
    )
}

async function skopeoCopy(from: string, to: string): Promise<void> {
  await command('skopeo', ['copy', '--quiet', '--insecure-policy', from, to], { env: { TMPDIR: tmpdir() } })
}

/** The config's digest as skopeo finds it in any archive: the image ID. */
async function imageIDOf(image: string): Promise<string> {
  const raw = await command('skopeo', ['inspect', '--raw', image])
  return (JSON.parse(raw) as { config: { digest: string } }).config.digest
}
