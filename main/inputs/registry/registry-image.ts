import type { Digest } from '../../../shared/digest.ts'
import { ImageError } from '../../../shared/errors.ts'
import type { Warning } from '../../../shared/image.ts'
import { visible } from '../../../shared/path-bytes.ts'
import { formatPlatform, matchPlatform, normalPlatform } from '../../../shared/platform.ts'
import { formatReference, parseReference, withDefaultTag } from '../../../shared/reference.ts'
import type { RegistrySource } from '../../../shared/uri.ts'
import type { Task } from '../../image/element.ts'
import { parseConfig, type ParsedConfig } from '../../image/image-config.ts'
import { isImageManifest, parseManifest, type Descriptor, type Manifest } from '../../image/manifest.ts'
import type { RemoteManifest } from '../../registry/remote-manifest.ts'
import { choosePlatform, noSuchPlatform, platformsOf } from '../../registry/remote-platforms.ts'
import type { Repository } from '../../registry/repository.ts'

/** One image of a registry with all that its documents say; no layer was fetched for it. */
export interface RegistryImageParts {
  /** The full reference it was asked for by. */
  readonly reference: string
  /** Of its manifest. */
  readonly digest: Digest
  readonly imageID: Digest
  readonly configBytes: Uint8Array
  readonly config: ParsedConfig
  /** One for each diffID of the config, in its order. */
  readonly layers: readonly RegistryLayerInfo[]
  readonly warnings: readonly Warning[]
}

export interface RegistryLayerInfo {
  readonly digest: Digest
  /** Bytes as stored. */
  readonly size: number
  readonly mediaType: string
  /** Where its maker offers it; only for layers that registries may not pass on. */
  readonly urls: readonly URL[]
}

/** The manifest that a source names, its platform chosen: of schema 1, or of any later kind. */
export type FoundManifest =
  | { readonly kind: 'schema1'; readonly document: RemoteManifest; readonly reference: string }
  | {
      readonly kind: 'manifest'
      readonly manifest: Manifest
      readonly digest: Digest
      readonly reference: string
      readonly warnings: readonly Warning[]
    }

/** Follows a source's reference to one manifest, through indexes. Fails with 'not-found', 'choose-image', 'sign-in', 'network'… */
export async function findManifest(
  spec: RegistrySource,
  repository: Repository,
  signal: AbortSignal,
): Promise<FoundManifest> {
  const reference = withDefaultTag(parseReference(spec.image))
  const name = formatReference(reference)
  const document = await repository.manifest(reference.digest ?? reference.tag ?? '', signal)
  if (document.isSchema1) return { kind: 'schema1', document, reference: name }
  const parsed = parseManifest(document.bytes, document.mediaType, `The manifest of ${name}`)
  if (parsed.kind === 'manifest')
    return {
      kind: 'manifest',
      manifest: imageManifest(parsed.manifest, name),
      digest: document.digest,
      reference: name,
      warnings: [],
    }
  const platforms = await platformsOf(parsed.index, repository, signal)
  const { descriptor } = choosePlatform(platforms.images, spec.platform, name)
  const chosen = await repository.manifest(descriptor.digest, signal)
  const inner = parseManifest(chosen.bytes, descriptor.mediaType, `The manifest ${descriptor.digest}`)
  if (inner.kind !== 'manifest')
    throw new ImageError('malformed', `The manifest ${descriptor.digest} is an index.`)
  const warnings = setAside(platforms.attestations, platforms.artifacts)
  return {
    kind: 'manifest',
    manifest: imageManifest(inner.manifest, name),
    digest: descriptor.digest,
    reference: name,
    warnings,
  }
}

/** The config and the layers that a manifest names. */
export async function loadImage(
  found: Extract<FoundManifest, { kind: 'manifest' }>,
  spec: RegistrySource,
  repository: Repository,
  task: Task,
): Promise<RegistryImageParts> {
  const { manifest, digest, reference, warnings } = found
  const what = `The image config ${manifest.config.digest}`
  const configBytes = await repository.document(manifest.config.digest, what, task.signal)
  const config = parseConfig(configBytes, what)
  if (manifest.layers.length !== config.diffIDs.length)
    throw new ImageError(
      'malformed',
      `The image has ${manifest.layers.length} layers in its manifest, but ${config.diffIDs.length} in its config.`,
    )
  const { platform } = spec
  if (platform && matchPlatform([config.platform], platform) === undefined)
    throw noSuchPlatform(reference, platform, formatPlatform(normalPlatform(config.platform)))
  const layers = manifest.layers.map((layer, i) =>
    layerOf(layer, `Layer ${i + 1} of ${manifest.layers.length}`, spec),
  )
  return { reference, digest, imageID: manifest.config.digest, configBytes, config, layers, warnings }
}

function layerOf(layer: Descriptor, what: string, spec: RegistrySource): RegistryLayerInfo {
  const { digest, size, mediaType } = layer
  if (mediaType.endsWith('+encrypted'))
    throw new ImageError('unsupported', `${what} is encrypted.`, { remedy: 'Decrypt the image first.' })
  // Addresses that an image chose are followed only where the user says so (CVE-2020-15157).
  const urls = spec.foreign ? (layer.urls ?? []).flatMap((text) => webUrl(text)) : []
  return { digest, size, mediaType, urls }
}

function webUrl(text: string): URL[] {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? [url] : []
}

function imageManifest(manifest: Manifest, name: string): Manifest {
  if (isImageManifest(manifest)) return manifest
  throw new ImageError(
    'not-an-image',
    `${visible(name)} is no container image, but something else kept in a registry.`,
    {
      detail: visible(manifest.config.mediaType),
    },
  )
}

function setAside(attestations: number, artifacts: number): Warning[] {
  const warnings: Warning[] = []
  if (attestations > 0)
    warnings.push({
      code: 'attestations',
      message: `${attestations === 1 ? '1 attestation was' : `${attestations} attestations were`} set aside: they say how the image was built and hold no files.`,
    })
  if (artifacts > 0)
    warnings.push({
      code: 'artifacts',
      message: `${artifacts === 1 ? '1 artifact was' : `${artifacts} artifacts were`} set aside that are not container images.`,
    })
  return warnings
}
