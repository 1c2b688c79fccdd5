import { request as requestHttp, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import { buffer } from 'node:stream/consumers'
import type { Digest } from '../../shared/digest.ts'
import { DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST } from '../../shared/media-types.ts'
import { splitTag } from './archive-members.ts'
import { command } from './command.ts'
import { SCHEMA_1, type PushedImage, type PushedIndex, type StoredManifest } from './fake-repository.ts'
import { buildImage, sampleImage, writeDockerArchive, writeLayout, type BuiltImage } from './image-builder.ts'
import { TemporaryFolder } from './temporary-folder.ts'

/** How an image lies in a registry: OCI's layers are compressed by skopeo, as gzip or as zstd. */
export type PushedForm = 'schema1' | 'schema2' | 'oci' | 'oci-zstd'

/** What `Registry` is, or anything else that takes pushes there: a proxy in front of one, too. */
export interface PushTarget {
  readonly host: string
  readonly url: string
  readonly credentials?: { readonly username: string; readonly password: string } | undefined
  authorization?(repository: string): string | undefined
}

/** Pushes with skopeo, and asks the registry for what became of it. `name` is `repository:tag`. */
export async function pushImage(
  registry: PushTarget,
  image: BuiltImage,
  name: string,
  form: PushedForm,
): Promise<PushedImage> {
  await using folder = await TemporaryFolder.make()
  const destination = `docker://${registry.host}/${name}`
  if (form === 'schema1' || form === 'schema2') {
    const archive = folder.at('image.tar')
    await writeDockerArchive({ ...image, references: [] }, archive)
    const format = form === 'schema1' ? 'v2s1' : 'v2s2'
    await skopeoCopy(registry, `docker-archive:${archive}`, destination, '--format', format)
  } else {
    const layout = folder.at('layout')
    await writeLayout(layout, { ...image, references: ['image:1'] }, { layers: 'none' })
    const compressed = folder.at('compressed')
    const format = form === 'oci-zstd' ? 'zstd' : 'gzip'
    await skopeoCopy({}, `oci:${layout}:1`, `oci:${compressed}:1`, '--dest-compress-format', format)
    // In two steps: on its way to a registry skopeo takes what is there in another compression for just as good.
    await skopeoCopy(registry, `oci:${compressed}:1`, destination, '--preserve-digests')
  }
  const imageID = form === 'schema1' ? await imageIDBySkopeo(registry, destination, folder) : image.imageID
  const [repository, tag] = splitTag(name)
  return described(registry, image, { repository, tag, reference: tag }, imageID)
}

/** Pushes an index of these images, each with an attestation beside it, to the byte as it is built; `nesting` wraps it in so many more. */
export async function pushIndex(
  registry: PushTarget,
  images: readonly BuiltImage[],
  name: string,
  options: { readonly nesting?: number } = {},
): Promise<PushedIndex> {
  await using folder = await TemporaryFolder.make()
  const [repository, tag] = splitTag(name)
  const named = images.map((image) => ({ ...image, references: ['image:1'] }))
  await writeLayout(folder.path, named, { isMultiPlatform: true, hasAttestations: true })
  const destination = `docker://${registry.host}/${name}`
  await skopeoCopy(registry, `oci:${folder.path}:1`, destination, '--all', '--preserve-digests')
  let index = await getManifest(registry, repository, tag)
  const pushed = await Promise.all(
    images.map(async (image) => {
      const own = documentOf(index.bytes).manifests?.find(({ platform }) => isSame(platform, image.platform))
      if (!own) throw new Error(`the index has no ${image.platform.architecture}`)
      return described(registry, image, { repository, tag, reference: own.digest }, image.imageID)
    }),
  )
  // skopeo does not copy an index of indexes: what wraps it is put by hand.
  for (let level = 0; level < (options.nesting ?? 0); level++) {
    const { mediaType, digest, bytes } = index
    const manifests = [{ mediaType, digest, size: bytes.length }]
    const outer = JSON.stringify({ schemaVersion: 2, mediaType, manifests })
    await ask(registry, 'PUT', repository, tag, { 'content-type': mediaType }, outer)
    index = await getManifest(registry, repository, tag)
  }
  return { repository, tag, digest: index.digest, mediaType: index.mediaType, images: pushed }
}

export interface PushedImages {
  /** `forms/schema1:1`, `forms/schema2:1`, `forms/oci:1` and `forms/oci-zstd:1`: the sample image. */
  readonly forms: Readonly<Record<PushedForm, PushedImage>>
  /** `multi:1`: linux/amd64, linux/arm64 and linux/arm/v7, with attestations. */
  readonly index: PushedIndex
  /** `multi:nested`: the same under an index of its own. */
  readonly nested: PushedIndex
}

/** One of everything; the registry has to take schema 1. */
export async function pushEverything(registry: PushTarget): Promise<PushedImages> {
  const push = async (form: PushedForm): Promise<PushedImage> =>
    pushImage(registry, sampleImage(), `forms/${form}:1`, form)
  const [schema1, schema2, oci] = await Promise.all([push('schema1'), push('schema2'), push('oci')])
  // Last: skopeo remembers which blobs have the same content, and would put these into a schema 1 image, too.
  const zstd = await push('oci-zstd')
  const index = await pushIndex(registry, platformImages(), 'multi:1')
  const nested = await pushIndex(registry, platformImages(), 'multi:nested', { nesting: 1 })
  return { forms: { schema1, schema2, oci, 'oci-zstd': zstd }, index, nested }
}

/** An image for each of three platforms, told apart by `etc/platform`; all of them share their first layer. */
export function platformImages(): readonly BuiltImage[] {
  const shared = [
    { path: 'etc/', type: 'directory' as const },
    { path: 'etc/shared', content: 'of all\n' },
  ]
  return [
    { os: 'linux', architecture: 'amd64' },
    { os: 'linux', architecture: 'arm64' },
    { os: 'linux', architecture: 'arm', variant: 'v7' },
  ].map((platform) =>
    buildImage({
      platform,
      references: [],
      layers: [shared, [{ path: 'etc/platform', content: `${Object.values(platform).join('/')}\n` }]],
    }),
  )
}

/** skopeo's copy to or from a registry of ours: its certificates are not looked at. */
export async function skopeoCopy(
  { credentials }: Pick<PushTarget, 'credentials'>,
  from: string,
  to: string,
  ...options: readonly string[]
): Promise<void> {
  const side = to.startsWith('docker://') ? 'dest' : 'src'
  const user = credentials ? [`--${side}-creds=${credentials.username}:${credentials.password}`] : []
  const plain = ['--quiet', '--insecure-policy', `--${side}-tls-verify=false`]
  await command('skopeo', ['copy', ...plain, ...user, ...options, from, to])
}

/** The config that another client makes of a schema 1 manifest, and which moby makes, too. */
async function imageIDBySkopeo(
  registry: PushTarget,
  source: string,
  folder: TemporaryFolder,
): Promise<Digest> {
  const archive = `docker-archive:${folder.at('pulled.tar')}`
  await skopeoCopy(registry, source, archive)
  const raw = await command('skopeo', ['inspect', '--raw', archive])
  return (JSON.parse(raw) as { config: { digest: Digest } }).config.digest
}

interface Document {
  readonly layers?: readonly { readonly digest: Digest }[]
  readonly fsLayers?: readonly { readonly blobSum: Digest }[]
  readonly manifests?: readonly { readonly digest: Digest; readonly platform?: BuiltImage['platform'] }[]
}

async function described(
  registry: PushTarget,
  image: BuiltImage,
  { repository, tag, reference }: { repository: string; tag: string; reference: string },
  imageID: Digest,
): Promise<PushedImage> {
  const { digest, mediaType, bytes } = await getManifest(registry, repository, reference)
  const { layers = [], fsLayers = [] } = documentOf(bytes)
  return {
    repository,
    tag,
    digest,
    mediaType,
    imageID,
    diffIDs: image.layers.map(({ diffID }) => diffID),
    layers: [...layers.map(({ digest }) => digest), ...fsLayers.map(({ blobSum }) => blobSum).reverse()],
    platform: image.platform,
  }
}

async function getManifest(
  registry: PushTarget,
  repository: string,
  reference: string,
): Promise<StoredManifest> {
  const { headers, bytes } = await ask(registry, 'GET', repository, reference, { accept: MANIFEST_TYPES })
  const digest = headers['docker-content-digest'] as Digest
  return { digest, mediaType: headers['content-type'] ?? '', bytes }
}

const MANIFEST_TYPES = [OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST, SCHEMA_1].join(', ')

/** Not by `fetch`, which knows no way to pass over a certificate. */
async function ask(
  registry: PushTarget,
  method: string,
  repository: string,
  reference: string,
  headers: Readonly<Record<string, string>>,
  body?: string,
): Promise<{ headers: IncomingHttpHeaders; bytes: Buffer }> {
  const url = `${registry.url}/v2/${repository}/manifests/${reference}`
  const authorization = registry.authorization?.(repository)
  const options = {
    method,
    agent: false,
    headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) },
  }
  return new Promise((resolve, reject) => {
    const listener = (response: IncomingMessage): void => {
      const { statusCode = 0, headers } = response
      buffer(response).then((bytes) => {
        if (statusCode < 300) resolve({ headers, bytes })
        else reject(new Error(`${method} ${url}: ${statusCode} ${bytes.toString().slice(0, 500)}`))
      }, reject)
    }
    const request = url.startsWith('https:')
      ? requestHttps(url, { ...options, rejectUnauthorized: false }, listener)
      : requestHttp(url, options, listener)
    request.on('error', reject)
    request.end(body)
  })
}

function documentOf(bytes: Buffer): Document {
  return JSON.parse(bytes.toString()) as Document
}

function isSame(a: BuiltImage['platform'] | undefined, b: BuiltImage['platform']): boolean {
  return a?.os === b.os && a.architecture === b.architecture && a.variant === b.variant
}
