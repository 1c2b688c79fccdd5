import type { Digest } from '../../shared/digest.ts'
import { ociFiles, type OciOptions } from './archive-members.ts'
import { hex, sha256 } from './digests.ts'
import type { BuiltImage } from './image-builder.ts'
import { schema1Of } from './schema-1.ts'

/** What a client that pulls an image must come to. */
export interface PushedImage {
  readonly repository: string
  readonly tag: string
  /** Of the manifest; of an index's own manifest where it is a part of one. */
  readonly digest: Digest
  readonly mediaType: string
  /** The config's digest; for schema 1 that of the config that engines make. */
  readonly imageID: Digest
  /** Base first. */
  readonly diffIDs: readonly Digest[]
  /** Digests of the layers as they are stored, base first; those of schema 1 with the empty ones. */
  readonly layers: readonly Digest[]
  readonly platform: BuiltImage['platform']
}

export interface PushedIndex {
  readonly repository: string
  readonly tag: string
  readonly digest: Digest
  readonly mediaType: string
  readonly images: readonly PushedImage[]
}

export interface StoredManifest {
  readonly bytes: Buffer
  readonly mediaType: string
  readonly digest: Digest
}

export const SCHEMA_1 = 'application/vnd.docker.distribution.manifest.v1+prettyjws'

export interface PushOptions {
  /** `latest` unless said. */
  readonly tag?: string
  /** OCI unless said. */
  readonly format?: 'oci' | 'docker' | 'schema1'
  /** gzip unless said; schema 1 knows no other. */
  readonly compression?: 'gzip' | 'zstd' | 'none'
}

export interface PushIndexOptions extends Pick<OciOptions, 'nesting' | 'hasAttestations'> {
  readonly tag?: string
  readonly format?: 'oci' | 'docker'
  readonly compression?: 'gzip' | 'zstd' | 'none'
}

interface Descriptor {
  readonly mediaType: string
  readonly digest: Digest
}

interface Document {
  readonly config?: Descriptor
  readonly layers?: readonly Descriptor[]
  readonly manifests?: readonly Descriptor[]
}

/** One repository in memory. Tests may put anything into it, and take anything out. */
export class FakeRepository {
  readonly name: string
  readonly blobs = new Map<string, Buffer>()
  readonly manifests = new Map<string, StoredManifest>()
  /** Tags, in the order in which they are listed. */
  readonly tags = new Map<string, Digest>()

  constructor(name: string) {
    this.name = name
  }

  push(image: BuiltImage, options: PushOptions = {}): PushedImage {
    const tag = options.tag ?? 'latest'
    if (options.format === 'schema1') return this.#pushSchema1(image, tag)
    const files = ociFiles([{ ...image, references: [] }], {
      layers: options.compression ?? 'gzip',
      isDocker: options.format === 'docker',
    })
    const top = this.#take(files)
    this.tags.set(tag, top.digest)
    return this.#describe(image, tag, top)
  }

  pushIndex(images: readonly BuiltImage[], options: PushIndexOptions = {}): PushedIndex {
    const tag = options.tag ?? 'latest'
    const files = ociFiles(images, {
      layers: options.compression ?? 'gzip',
      isDocker: options.format === 'docker',
      isMultiPlatform: true,
      nesting: options.nesting ?? 0,
      hasAttestations: options.hasAttestations ?? false,
    })
    const top = this.#take(files)
    this.tags.set(tag, top.digest)
    const pushed = images.map((image) => {
      const own = [...this.manifests.values()].find(
        ({ bytes }) => documentOf(bytes).config?.digest === image.imageID,
      )
      if (!own) throw new Error('an image of the index has no manifest')
      return this.#describe(image, tag, own)
    })
    return { repository: this.name, tag, digest: top.digest, mediaType: top.mediaType, images: pushed }
  }

  putBlob(bytes: Uint8Array): Digest {
    const digest = sha256(bytes)
    this.blobs.set(digest, Buffer.from(bytes))
    return digest
  }

  /** A manifest as it stands, or an object to make one of. `digest` claims another than its own. */
  putManifest(manifest: unknown, mediaType: string, options: { tag?: string; digest?: Digest } = {}): Digest {
    const bytes =
      manifest instanceof Uint8Array ? Buffer.from(manifest) : Buffer.from(JSON.stringify(manifest))
    const digest = options.digest ?? sha256(bytes)
    this.manifests.set(digest, { bytes, mediaType, digest })
    if (options.tag !== undefined) this.tags.set(options.tag, digest)
    return digest
  }

  /** The manifest behind a tag or a digest. */
  manifest(reference: string): StoredManifest | undefined {
    return this.manifests.get(this.tags.get(reference) ?? reference)
  }

  #pushSchema1(image: BuiltImage, tag: string): PushedImage {
    const { manifest, digest, blobs, config } = schema1Of(image, this.name, tag)
    const layers = blobs.map((blob) => this.putBlob(blob))
    this.putManifest(manifest, SCHEMA_1, { tag, digest })
    const stored = { repository: this.name, tag, digest, mediaType: SCHEMA_1, layers }
    return { ...stored, imageID: sha256(config), ...planOf(image) }
  }

  /** Keeps the blobs and the manifests of a layout; answers what its index names first. */
  #take(files: ReadonlyMap<string, Buffer>): StoredManifest {
    const blobOf = ({ digest }: Descriptor): Buffer => {
      const bytes = files.get(`blobs/sha256/${hex(digest)}`)
      if (!bytes) throw new Error(`the layout has no blob ${digest}`)
      return bytes
    }
    const take = (descriptor: Descriptor): StoredManifest => {
      const bytes = blobOf(descriptor)
      const { config, layers = [], manifests = [] } = documentOf(bytes)
      for (const blob of [...(config ? [config] : []), ...layers]) this.blobs.set(blob.digest, blobOf(blob))
      for (const inner of manifests) take(inner)
      this.putManifest(bytes, descriptor.mediaType)
      return { bytes, mediaType: descriptor.mediaType, digest: descriptor.digest }
    }
    const [top] = documentOf(files.get('index.json') ?? Buffer.from('{}')).manifests ?? []
    if (!top) throw new Error('the layout has no image')
    return take(top)
  }

  #describe(image: BuiltImage, tag: string, { bytes, digest, mediaType }: StoredManifest): PushedImage {
    const layers = documentOf(bytes).layers?.map((layer) => layer.digest) ?? []
    return { repository: this.name, tag, digest, mediaType, layers, imageID: image.imageID, ...planOf(image) }
  }
}

function planOf(image: BuiltImage): Pick<PushedImage, 'diffIDs' | 'platform'> {
  return { diffIDs: image.layers.map(({ diffID }) => diffID), platform: image.platform }
}

function documentOf(bytes: Buffer): Document {
  return JSON.parse(bytes.toString()) as Document
}
