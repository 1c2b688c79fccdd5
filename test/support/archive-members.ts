import { gzipSync, zstdCompressSync } from 'node:zlib'
import type { BuiltImage, BuiltLayer } from './image-builder.ts'
import { hex, sha256 } from './digests.ts'
import type { FileSpec } from './tar-builder.ts'

export type Flavour = 'docker-1.10' | 'docker-24' | 'docker-25' | 'docker-25-gzip' | 'podman' | 'legacy'

export interface OciOptions {
  /** How layer blobs are stored; gzip unless said. */
  readonly layers?: 'none' | 'gzip' | 'zstd'
  /** Wrap the manifests in so many further indexes. */
  readonly nesting?: number
  /** Add a BuildKit attestation manifest for each image. */
  readonly hasAttestations?: boolean
  /** Put all images, as platforms, into one index under the first image's references. */
  readonly isMultiPlatform?: boolean
  /** Docker's schema 2 media types instead of OCI's. */
  readonly isDocker?: boolean
}

/** The members of a docker-save tarball; tests change, drop or add some before `writeTar`. */
export function dockerArchiveMembers(images: readonly BuiltImage[], flavour: Flavour): FileSpec[] {
  return MEMBERS[flavour](images)
}

const MEMBERS: Readonly<Record<Flavour, (images: readonly BuiltImage[]) => FileSpec[]>> = {
  'docker-1.10': (images) => v1Members(images, { hasManifest: true, linksRepeats: false }),
  'docker-24': (images) => v1Members(images, { hasManifest: true, linksRepeats: true }),
  legacy: (images) => v1Members(images, { hasManifest: false, linksRepeats: false }),
  'docker-25': (images) => docker25Members(images, 'none'),
  'docker-25-gzip': (images) => docker25Members(images, 'gzip'),
  podman: (images) => podmanMembers(images),
}

interface V1Options {
  readonly hasManifest: boolean
  /** Later copies of a layer are symlinks to the first, as engines up to 24 wrote them. */
  readonly linksRepeats: boolean
}

/** Docker up to 24: a folder per v1 id; members in the order of their names, so that manifest.json comes after the layers. */
function v1Members(images: readonly BuiltImage[], options: V1Options): FileSpec[] {
  const members = new Map<string, FileSpec>()
  const add = (file: FileSpec): void => void members.set(file.path as string, file)
  const firstOf = new Map<string, string>()
  for (const image of images) {
    for (const { id, json, layer } of v1Chain(image)) {
      if (members.has(`${id}/`)) continue
      add({ path: `${id}/`, type: 'directory' })
      add({ path: `${id}/VERSION`, content: '1.0' })
      add({ path: `${id}/json`, content: json })
      const first = firstOf.get(layer.diffID)
      if (first !== undefined && options.linksRepeats)
        add({ path: `${id}/layer.tar`, type: 'symlink', linkname: `../${first}/layer.tar` })
      else add({ path: `${id}/layer.tar`, content: layer.tar })
      if (first === undefined) firstOf.set(layer.diffID, id)
    }
    if (options.hasManifest) add({ path: `${hex(image.imageID)}.json`, content: image.config })
  }
  if (options.hasManifest) {
    const manifest = images.map((image) => ({
      Config: `${hex(image.imageID)}.json`,
      RepoTags: image.references.length ? image.references : null,
      Layers: v1Chain(image).map(({ id }) => `${id}/layer.tar`),
    }))
    add({ path: 'manifest.json', content: JSON.stringify(manifest) })
  }
  add({ path: 'repositories', content: JSON.stringify(repositoriesOf(images)) })
  return [...members.values()].sort((a, b) => (String(a.path) < String(b.path) ? -1 : 1))
}

/** v1 ids of a chain: each names its content and everything below it. */
function v1Chain(image: BuiltImage): { id: string; json: string; layer: BuiltLayer }[] {
  const config = JSON.parse(image.config.toString()) as Record<string, unknown>
  let parent: string | undefined
  return image.layers.map((layer, index) => {
    const id = hex(sha256(`${parent ?? ''} ${layer.diffID} ${index}`))
    const isTop = index === image.layers.length - 1
    const json = JSON.stringify({
      id,
      ...(parent === undefined ? {} : { parent }),
      created: '2015-01-02T03:04:05Z',
      container_config: { Cmd: ['/bin/sh', '-c', `layer ${index + 1}`] },
      ...(isTop
        ? { config: config['config'], architecture: config['architecture'], os: config['os'] }
        : { os: config['os'] }),
    })
    parent = id
    return { id, json, layer }
  })
}

function repositoriesOf(images: readonly BuiltImage[]): Record<string, Record<string, string>> {
  const repositories: Record<string, Record<string, string>> = {}
  for (const image of images)
    for (const reference of image.references) {
      const [name, tag] = splitTag(reference)
      const tags = (repositories[name] ??= {})
      tags[tag] = v1Chain(image).at(-1)?.id ?? ''
    }
  return repositories
}

/** Docker 25 and later: an OCI layout with a manifest.json over the same blobs (gzip where containerd stores the images). */
function docker25Members(images: readonly BuiltImage[], layers: 'none' | 'gzip'): FileSpec[] {
  const files = ociFiles(images, { layers })
  const manifest = images.map((image) => ({
    Config: `blobs/sha256/${hex(image.imageID)}`,
    RepoTags: image.references.length ? image.references : null,
    Layers: image.layers.map((layer) => `blobs/sha256/${hex(sha256(blobOf(layer, layers)))}`),
    ...(layers === 'gzip'
      ? {}
      : {
          LayerSources: Object.fromEntries(
            image.layers.map((layer) => [
              layer.diffID,
              {
                mediaType: 'application/vnd.oci.image.layer.v1.tar',
                size: layer.tar.length,
                digest: layer.diffID,
              },
            ]),
          ),
        }),
  }))
  files.set('manifest.json', Buffer.from(JSON.stringify(manifest)))
  files.set('repositories', Buffer.from(JSON.stringify(repositoriesOf(images))))
  const members = [...files].map(([path, content]) => ({ path, content }))
  return [...blobFolders(), ...members.sort((a, b) => (a.path < b.path ? -1 : 1))]
}

/** Podman's docker-archive: layers by diffID, each with a v1 folder whose layer.tar links to it. */
function podmanMembers(images: readonly BuiltImage[]): FileSpec[] {
  const members = new Map<string, FileSpec>()
  const add = (file: FileSpec): void => void members.set(file.path as string, file)
  for (const image of images) {
    for (const layer of image.layers) add({ path: `${hex(layer.diffID)}.tar`, content: layer.tar })
    for (const { id, json, layer } of v1Chain(image)) {
      add({ path: `${id}/VERSION`, content: '1.0' })
      add({ path: `${id}/json`, content: json })
      add({ path: `${id}/layer.tar`, type: 'symlink', linkname: `../${hex(layer.diffID)}.tar` })
    }
    add({ path: `${hex(image.imageID)}.json`, content: image.config })
  }
  add({ path: 'repositories', content: JSON.stringify(repositoriesOf(images)) })
  const manifest = images.map((image) => ({
    Config: `${hex(image.imageID)}.json`,
    RepoTags: image.references,
    Layers: image.layers.map((layer) => `${hex(layer.diffID)}.tar`),
  }))
  add({ path: 'manifest.json', content: JSON.stringify(manifest) })
  return [...members.values()]
}

/** The files of an OCI layout, by name. */
export function ociFiles(images: readonly BuiltImage[], options: OciOptions = {}): Map<string, Buffer> {
  const files = new Map<string, Buffer>()
  files.set('oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}'))
  const put = (mediaType: string, bytes: Buffer): Descriptor => {
    const digest = sha256(bytes)
    files.set(`blobs/sha256/${hex(digest)}`, bytes)
    return { mediaType, digest, size: bytes.length }
  }
  const types = options.isDocker ? DOCKER_TYPES : OCI_TYPES
  let entries = images.flatMap((image) => manifestEntries(image, options, put))
  if (options.isMultiPlatform) {
    const index = put(types.index, json({ schemaVersion: 2, mediaType: types.index, manifests: entries }))
    entries = named(index, images[0]?.references ?? [])
  }
  for (let level = 0; level < (options.nesting ?? 0); level++) {
    const index = json({ schemaVersion: 2, mediaType: types.index, manifests: entries })
    entries = [put(types.index, index)]
  }
  files.set('index.json', json({ schemaVersion: 2, mediaType: OCI_TYPES.index, manifests: entries }))
  return files
}

interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly annotations?: Readonly<Record<string, string>>
  readonly platform?: unknown
}

const OCI_TYPES = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: {
    none: 'application/vnd.oci.image.layer.v1.tar',
    gzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
    zstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  },
}
const DOCKER_TYPES = {
  index: 'application/vnd.docker.distribution.manifest.list.v2+json',
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  config: 'application/vnd.docker.container.image.v1+json',
  layer: {
    none: 'application/vnd.docker.image.rootfs.diff.tar',
    gzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
    zstd: 'application/vnd.docker.image.rootfs.diff.tar.zstd',
  },
}

function manifestEntries(
  image: BuiltImage,
  options: OciOptions,
  put: (mediaType: string, bytes: Buffer) => Descriptor,
): Descriptor[] {
  const types = options.isDocker ? DOCKER_TYPES : OCI_TYPES
  const kind = options.layers ?? 'gzip'
  const manifest = put(
    types.manifest,
    json({
      schemaVersion: 2,
      mediaType: types.manifest,
      config: put(types.config, image.config),
      layers: image.layers.map((layer) => put(types.layer[kind], blobOf(layer, kind))),
    }),
  )
  const isInside = options.isMultiPlatform ?? false
  const entries = isInside
    ? [{ ...manifest, platform: image.platform }]
    : named({ ...manifest, platform: image.platform }, image.references)
  if (!options.hasAttestations) return entries
  const statement = put('application/vnd.in-toto+json', json({ _type: 'https://in-toto.io/Statement/v0.1' }))
  const attestation = put(
    types.manifest,
    json({
      schemaVersion: 2,
      mediaType: types.manifest,
      config: put(types.config, json({ architecture: 'unknown', os: 'unknown' })),
      layers: [statement],
    }),
  )
  return [
    ...entries,
    {
      ...attestation,
      platform: { os: 'unknown', architecture: 'unknown' },
      annotations: {
        'vnd.docker.reference.type': 'attestation-manifest',
        'vnd.docker.reference.digest': manifest.digest,
      },
    },
  ]
}

/** One descriptor per reference, annotated as containerd and BuildKit do: the full name and the tag. */
function named(descriptor: Descriptor, references: readonly string[]): Descriptor[] {
  if (references.length === 0) return [descriptor]
  return references.map((reference) => {
    const [name, tag] = splitTag(reference)
    const full = name.includes('.') ? name : `docker.io/${name.includes('/') ? '' : 'library/'}${name}`
    return {
      ...descriptor,
      annotations: {
        'io.containerd.image.name': `${full}:${tag}`,
        'org.opencontainers.image.ref.name': tag,
      },
    }
  })
}

function blobOf(layer: BuiltLayer, kind: 'none' | 'gzip' | 'zstd'): Buffer {
  if (kind === 'none') return layer.tar
  return kind === 'gzip' ? gzipSync(layer.tar) : zstdCompressSync(layer.tar)
}

function blobFolders(): FileSpec[] {
  return [
    { path: 'blobs/', type: 'directory' },
    { path: 'blobs/sha256/', type: 'directory' },
  ]
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}

export function splitTag(reference: string): [name: string, tag: string] {
  const colon = reference.lastIndexOf(':')
  return colon > reference.lastIndexOf('/')
    ? [reference.slice(0, colon), reference.slice(colon + 1)]
    : [reference, 'latest']
}
