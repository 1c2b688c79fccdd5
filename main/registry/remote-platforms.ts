import type { Digest } from '../../shared/digest.ts'
import { ImageError } from '../../shared/errors.ts'
import type { Platform } from '../../shared/image.ts'
import { visible } from '../../shared/path-bytes.ts'
import { formatPlatform, matchPlatform, normalPlatform, type PlatformWish } from '../../shared/platform.ts'
import { hostPlatform } from '../image/host-platform.ts'
import {
  isAttestation,
  isIndexType,
  leadsToImage,
  parseManifest,
  type Descriptor,
  type Index,
} from '../image/manifest.ts'
import type { Repository } from './repository.ts'

/** CVE-2026-53493: an index of indexes of indexes multiplies; real ones are two deep and name dozens. */
const MOST_DEPTH = 8
const MOST_DESCRIPTORS = 1024

/** The images that an index leads to. */
export interface RemotePlatforms {
  readonly images: readonly RemoteImageChoice[]
  readonly attestations: number
  readonly artifacts: number
}

export interface RemoteImageChoice {
  readonly descriptor: Descriptor
  /** Undefined where the index does not say. */
  readonly platform: Platform | undefined
}

/** Every image of an index and of the indexes in it, each digest once. */
export async function platformsOf(
  index: Index,
  repository: Repository,
  signal: AbortSignal,
): Promise<RemotePlatforms> {
  const images = new Map<Digest, RemoteImageChoice>()
  const set = { attestations: new Set<Digest>(), artifacts: new Set<Digest>(), indexes: new Set<Digest>() }
  let count = 0
  const enter = async (index: Index, depth: number, above: Platform | undefined): Promise<void> => {
    if (depth > MOST_DEPTH)
      throw new ImageError('limit', `The indexes of the image nest more than ${MOST_DEPTH} deep.`)
    for (const descriptor of index.manifests) {
      if (++count > MOST_DESCRIPTORS)
        throw new ImageError(
          'limit',
          `The indexes of the image name more than ${MOST_DESCRIPTORS} manifests.`,
        )
      const platform = descriptor.platform ?? above
      if (isAttestation(descriptor)) set.attestations.add(descriptor.digest)
      else if (!leadsToImage(descriptor)) set.artifacts.add(descriptor.digest)
      else if (!isIndexType(descriptor.mediaType))
        images.set(descriptor.digest, { descriptor, platform: platform ?? undefined })
      else if (!set.indexes.has(descriptor.digest)) {
        set.indexes.add(descriptor.digest)
        const { bytes } = await repository.manifest(descriptor.digest, signal)
        const inner = parseManifest(bytes, descriptor.mediaType, `The index ${descriptor.digest}`)
        if (inner.kind === 'index') await enter(inner.index, depth + 1, platform ?? undefined)
      }
    }
  }
  await enter(index, 0, undefined)
  return { images: [...images.values()], attestations: set.attestations.size, artifacts: set.artifacts.size }
}

/**
 * The image to take: of the wanted platform, or of this computer's where nobody said, or the only one. Fails with 'not-found' or
 * 'choose-image', naming what there is.
 */
export function choosePlatform(
  images: readonly RemoteImageChoice[],
  wanted: PlatformWish | undefined,
  name: string,
): RemoteImageChoice {
  const [only] = images
  if (!only) throw new ImageError('not-an-image', `${visible(name)} leads to no container image.`)
  if (images.length === 1 && !wanted) return only
  const known = images.filter((image) => image.platform !== undefined)
  const at = matchPlatform(
    known.map((image) => image.platform ?? hostPlatform()),
    wanted ?? hostPlatform(),
  )
  const found = at === undefined ? undefined : known[at]
  if (found) return found
  // An image whose platform nobody said is taken where no other is in question; its config will tell.
  if (images.length === 1 && only.platform === undefined) return only
  const offered = [...new Set(known.map(({ platform }) => formatPlatform(normalPlatform(platform ?? {}))))]
    .sort()
    .join(', ')
  if (!wanted)
    throw new ImageError(
      'choose-image',
      `${visible(name)} is not for this computer, only for ${visible(offered)}.`,
      {
        remedy: 'Choose a platform with --architecture (and --os, --variant).',
      },
    )
  throw noSuchPlatform(name, wanted, offered)
}

export function noSuchPlatform(name: string, wanted: PlatformWish, offered: string): ImageError {
  const { os = 'any system', architecture = 'any architecture', variant } = wanted
  const asked = [os, architecture, variant].filter(Boolean).join('/')
  return new ImageError(
    'not-found',
    `${visible(name)} holds nothing for ${visible(asked)}, only ${visible(offered)}.`,
    {
      remedy: 'Choose one of these platforms.',
    },
  )
}
