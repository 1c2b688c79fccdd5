import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { command } from './command.ts'
import type { BuiltImage } from './real-images.ts'

/*
 * Debian 12 has no engine newer than 20.10. What Docker 25 and later write differs only in the archive's shape, so it is made here from
 * the same layers, file by file as those engines lay it out.
 */

interface DockerManifest {
  readonly Config: string
  readonly RepoTags: string[]
  readonly Layers: string[]
}

/** What a Docker 25 engine saves (`docker.tar` becomes `docker-25.tar`): an OCI layout whose layers are plain tars, with `manifest.json` and `repositories` beside it. */
export async function writeDocker25(folder: string, image: BuiltImage): Promise<void> {
  const work = join(folder, 'docker-25')
  const blobs = join(work, 'blobs/sha256')
  await mkdir(blobs, { recursive: true })
  await command('tar', ['-xf', join(folder, 'docker.tar'), '-C', work])
  const [saved] = JSON.parse(await readFile(join(work, 'manifest.json'), 'utf8')) as [DockerManifest]
  const layers: Descriptor[] = []
  for (const [index, layer] of saved.Layers.entries()) {
    const digest = image.layers[index] ?? ''
    const path = join(blobs, digest.slice(7))
    // A repeated layer is a symbolic link to the first one in archives of old engines.
    if (!existsSync(path)) await copyFile(join(work, layer), path)
    layers.push({
      mediaType: 'application/vnd.oci.image.layer.v1.tar',
      digest,
      size: (await stat(path)).size,
    })
  }
  const config = await addBlob(
    blobs,
    await readFile(join(work, saved.Config)),
    'application/vnd.oci.image.config.v1+json',
  )
  for (const name of await readdir(work))
    if (name !== 'blobs') await rm(join(work, name), { recursive: true })
  await writeLayoutDocuments(work, image.reference, { config, layers })
  await packDocker25(folder, work, 'docker-25.tar')
}

/** What it saves from the containerd store (`layout` becomes `docker-25-gzip.tar`): the registry's own blobs, compressed. */
export async function writeDocker25Gzip(folder: string, reference: string): Promise<void> {
  const work = join(folder, 'docker-25')
  await command('cp', ['-r', join(folder, 'layout'), work])
  const index = JSON.parse(await readFile(join(work, 'index.json'), 'utf8')) as { manifests: [Descriptor] }
  const blobs = join(work, 'blobs/sha256')
  const manifestPath = join(blobs, index.manifests[0].digest.slice(7))
  const manifest = JSON.parse(await readFile(manifestPath, 'utf8')) as ImageManifest
  await rm(manifestPath)
  await writeLayoutDocuments(work, reference, manifest)
  await packDocker25(folder, work, 'docker-25-gzip.tar')
}

interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly annotations?: Readonly<Record<string, string>>
}

interface ImageManifest {
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
}

async function addBlob(blobs: string, bytes: Buffer, mediaType: string): Promise<Descriptor> {
  const hex = createHash('sha256').update(bytes).digest('hex')
  await writeFile(join(blobs, hex), bytes)
  return { mediaType, digest: `sha256:${hex}`, size: bytes.length }
}

async function writeLayoutDocuments(
  work: string,
  reference: string,
  { config, layers }: ImageManifest,
): Promise<void> {
  const manifestType = 'application/vnd.oci.image.manifest.v1+json'
  const document = { schemaVersion: 2, mediaType: manifestType, config, layers }
  const manifest = await addBlob(
    join(work, 'blobs/sha256'),
    Buffer.from(JSON.stringify(document)),
    manifestType,
  )
  const [repository, tag] = splitTag(reference)
  const annotations = { 'io.containerd.image.name': reference, 'org.opencontainers.image.ref.name': tag }
  const index = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [{ ...manifest, annotations }],
  }
  const blobOf = ({ digest }: Descriptor): string => `blobs/sha256/${digest.slice(7)}`
  const list = [
    {
      Config: blobOf(config),
      RepoTags: [reference],
      Layers: layers.map(blobOf),
      LayerSources: Object.fromEntries(layers.map((layer) => [layer.digest, layer])),
    },
  ]
  const repositories = { [repository]: { [tag]: layers.at(-1)?.digest.slice(7) } }
  await writeFile(join(work, 'index.json'), JSON.stringify(index))
  await writeFile(join(work, 'manifest.json'), JSON.stringify(list))
  await writeFile(join(work, 'repositories'), JSON.stringify(repositories))
  await writeFile(join(work, 'oci-layout'), '{"imageLayoutVersion": "1.0.0"}')
}

function splitTag(reference: string): [repository: string, tag: string] {
  const colon = reference.lastIndexOf(':')
  return [reference.slice(0, colon), reference.slice(colon + 1)]
}

async function packDocker25(folder: string, work: string, name: string): Promise<void> {
  const names = ['blobs', 'index.json', 'manifest.json', 'oci-layout', 'repositories']
  await command('tar', ['-cf', join(folder, name), '--sort=name', '-C', work, ...names])
  await rm(work, { recursive: true })
}
