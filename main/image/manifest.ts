import { z } from 'zod'
import { ImageError } from '../../shared/errors.ts'
import { digestSchema, platformSchema } from '../../shared/schemas.ts'
import {
  DOCKER_CONFIG,
  DOCKER_LIST,
  DOCKER_MANIFEST,
  DOCKER_SCHEMA1_SIGNED,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_MANIFEST,
} from '../../shared/media-types.ts'
import { visible } from '../../shared/path-bytes.ts'
import { parseDocument, parseJson } from './documents.ts'

const annotationsSchema = z.record(z.string(), z.string()).nullish()

/** image-spec descriptor.md; `platform` only in an index. */
export const descriptorSchema = z.object({
  mediaType: z.string().max(255),
  digest: digestSchema,
  size: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  annotations: annotationsSchema,
  platform: platformSchema.nullish(),
  urls: z.array(z.string()).nullish(),
  artifactType: z.string().nullish(),
})
export type Descriptor = z.infer<typeof descriptorSchema>

/** image-spec manifest.md; Docker's schema 2 manifest has the same shape. */
export const manifestSchema = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  artifactType: z.string().nullish(),
  config: descriptorSchema,
  layers: z.array(descriptorSchema),
  annotations: annotationsSchema,
})
export type Manifest = z.infer<typeof manifestSchema>

/** image-spec image-index.md; Docker's manifest list has the same shape. */
export const indexSchema = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  manifests: z.array(descriptorSchema),
  annotations: annotationsSchema,
})
export type Index = z.infer<typeof indexSchema>

export type ManifestOrIndex =
  | { readonly kind: 'manifest'; readonly manifest: Manifest }
  | { readonly kind: 'index'; readonly index: Index }

const MANIFESTS: ReadonlySet<string> = new Set([OCI_MANIFEST, DOCKER_MANIFEST])
const INDEXES: ReadonlySet<string> = new Set([OCI_INDEX, DOCKER_LIST])
const CONFIGS: ReadonlySet<string> = new Set([OCI_CONFIG, DOCKER_CONFIG])

const shapeSchema = z.object({
  schemaVersion: z.number().optional(),
  mediaType: z.string().optional(),
  manifests: z.unknown().optional(),
  layers: z.unknown().optional(),
  config: z.unknown().optional(),
  fsLayers: z.unknown().optional(),
})

/** Whether a descriptor of an index leads to an image or a further index; anything else is somebody's artifact. */
export function leadsToImage(descriptor: Descriptor): boolean {
  return MANIFESTS.has(descriptor.mediaType) || INDEXES.has(descriptor.mediaType)
}

/** Whether a media type is that of an index, which leads to further manifests. */
export function isIndexType(mediaType: string): boolean {
  return INDEXES.has(mediaType)
}

/** Whether the manifest's config is that of a container image. */
export function isImageManifest(manifest: Manifest): boolean {
  return CONFIGS.has(manifest.config.mediaType)
}

/**
 * A manifest or an index, whichever the descriptor's media type says. CVE-2021-41190: a document that can be read as both, or that
 * calls itself something else than its descriptor does, is refused.
 */
export function parseManifest(bytes: Uint8Array, mediaType: string, what: string): ManifestOrIndex {
  const value = parseJson(bytes, what)
  const shape = shapeSchema.safeParse(value).data
  if (shape?.schemaVersion === 1 || shape?.fsLayers !== undefined)
    throw new ImageError('unsupported', `${what} is of Docker's schema 1, which is not read here.`, {
      remedy: 'Pull and save the image again with a current engine.',
    })
  if (shape?.manifests !== undefined && (shape.layers !== undefined || shape.config !== undefined))
    throw new ImageError('malformed', `${what} is an index and a manifest at once.`)
  if (shape?.mediaType !== undefined && shape.mediaType !== mediaType)
    throw new ImageError('malformed', `${what} is not of the type that it is listed with.`, {
      detail: visible(`listed as ${mediaType}, calls itself ${shape.mediaType}`),
    })
  if (INDEXES.has(mediaType)) return { kind: 'index', index: parseDocument(bytes, indexSchema, what) }
  if (MANIFESTS.has(mediaType))
    return { kind: 'manifest', manifest: parseDocument(bytes, manifestSchema, what) }
  throw new ImageError('unsupported', `${what} is of a type that is not an image (${visible(mediaType)}).`)
}

/**
 * What a document calls itself, or else is by its shape: for sources that do not say. CVE-2021-41190 again: what could be both is
 * refused when it is parsed.
 */
export function mediaTypeOf(bytes: Uint8Array, what: string): string {
  const shape = shapeSchema.safeParse(parseJson(bytes, what)).data
  if (shape?.mediaType !== undefined) return shape.mediaType
  if (shape?.schemaVersion === 1) return DOCKER_SCHEMA1_SIGNED
  return shape?.manifests === undefined ? OCI_MANIFEST : OCI_INDEX
}

/** The `index.json` of a layout: an index whose own media type may be missing. */
export function parseLayoutIndex(bytes: Uint8Array, what: string): Index {
  const shape = shapeSchema.safeParse(parseJson(bytes, what)).data
  const parsed = parseManifest(bytes, shape?.mediaType === DOCKER_LIST ? DOCKER_LIST : OCI_INDEX, what)
  if (parsed.kind === 'index') return parsed.index
  throw new ImageError('malformed', `${what} is not an index.`)
}

/** BuildKit's attestations stand in an index beside the images they are about; they hold no root file system. */
export function isAttestation(descriptor: Descriptor): boolean {
  const isUnknown = descriptor.platform?.os === 'unknown' && descriptor.platform.architecture === 'unknown'
  return isUnknown || descriptor.annotations?.['vnd.docker.reference.type'] === 'attestation-manifest'
}

/** Layers that their owner may not pass on (image-spec layer.md, non-distributable): an archive may lack them. */
export function isForeign(layer: Descriptor): boolean {
  return layer.mediaType.includes('nondistributable') || layer.mediaType.includes('.foreign.')
}

/** Names of each image, as the annotations of its descriptor give them. */
export function namesOf(descriptor: Descriptor): { readonly full?: string; readonly refName?: string } {
  const full = descriptor.annotations?.['io.containerd.image.name']
  const refName = descriptor.annotations?.['org.opencontainers.image.ref.name']
  return { ...(full === undefined ? {} : { full }), ...(refName === undefined ? {} : { refName }) }
}
