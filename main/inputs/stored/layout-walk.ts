import type { Digest } from '../../../shared/digest.ts'
import { ImageError } from '../../../shared/errors.ts'
import type { Platform, Warning } from '../../../shared/image.ts'
import { visible } from '../../../shared/path-bytes.ts'
import { formatPlatform } from '../../../shared/platform.ts'
import {
  isAttestation,
  isImageManifest,
  leadsToImage,
  parseManifest,
  type Descriptor,
  type Index,
  type Manifest,
} from '../../image/manifest.ts'
import { missing, type ImageFiles } from './image-files.ts'
import { blobName, readBlob } from './layout-blob.ts'

/** CVE-2026-53493: an index of indexes of indexes multiplies; real ones are two deep and name dozens. */
const DEPTH_LIMIT = 8
const DESCRIPTOR_LIMIT = 1024

export interface FoundManifest {
  readonly manifest: Manifest
  readonly platform: Platform | undefined
  readonly descriptors: Descriptor[]
}

/** Collects every image manifest that an index leads to, each digest once, with all names that lead to it. */
export class LayoutWalk {
  readonly #files: ImageFiles
  readonly #documents = new Map<Digest, ReturnType<typeof parseManifest>>()
  readonly #found = new Map<Digest, FoundManifest>()
  readonly #absent = new Map<Digest, Descriptor>()
  readonly #artifacts = new Set<Digest>()
  readonly #attestations = new Set<Digest>()
  #descriptors = 0

  constructor(files: ImageFiles) {
    this.#files = files
  }

  /** `above` are the descriptors on the way here: their names are those of all images below. */
  enter(index: Index, depth: number, above: readonly Descriptor[]): void {
    if (depth > DEPTH_LIMIT)
      throw new ImageError(
        'limit',
        `The indexes in ${visible(this.#files.path)} nest more than ${DEPTH_LIMIT} deep.`,
      )
    for (const descriptor of index.manifests) {
      if (++this.#descriptors > DESCRIPTOR_LIMIT)
        throw new ImageError(
          'limit',
          `The indexes in ${visible(this.#files.path)} name more than ${DESCRIPTOR_LIMIT} manifests.`,
        )
      this.#visit(descriptor, depth, [...above, descriptor])
    }
  }

  /** Never empty. */
  found(): ReadonlyMap<Digest, FoundManifest> {
    if (this.#found.size > 0) return this.#found
    const [absent] = this.#absent.values()
    if (absent) throw missing(this.#files, blobName(absent.digest), 'The manifest')
    const what = this.#artifacts.size > 0 ? 'holds artifacts, but no container image' : 'lists no image'
    throw new ImageError('not-an-image', `${visible(this.#files.path)} is an OCI layout that ${what}.`)
  }

  warnings(): Warning[] {
    const count = (set: { size: number }, one: string): string =>
      set.size === 1 ? `1 ${one} was` : `${set.size} ${one}s were`
    const warnings: Warning[] = []
    if (this.#attestations.size > 0)
      warnings.push({
        code: 'attestations',
        message: `${count(this.#attestations, 'attestation')} set aside: they say how the image was built and hold no files.`,
      })
    if (this.#artifacts.size > 0)
      warnings.push({
        code: 'artifacts',
        message: `${count(this.#artifacts, 'artifact')} set aside that are not container images.`,
      })
    if (this.#absent.size > 0)
      warnings.push({
        code: 'platforms-absent',
        message: `${count(this.#absent, 'image')} named by the index but not saved with it.`,
        detail: [...this.#absent.values()].map(describe).join('\n'),
      })
    return warnings
  }

  #visit(descriptor: Descriptor, depth: number, path: readonly Descriptor[]): void {
    const { digest } = descriptor
    if (isAttestation(descriptor)) this.#attestations.add(digest)
    else if (!leadsToImage(descriptor)) this.#artifacts.add(digest)
    else {
      const document = this.#document(descriptor)
      if (!document) this.#absent.set(digest, descriptor)
      else if (document.kind === 'index') this.enter(document.index, depth + 1, path)
      else if (isImageManifest(document.manifest)) this.#find(digest, document.manifest, path)
      else this.#artifacts.add(digest)
    }
  }

  #find(digest: Digest, manifest: Manifest, path: readonly Descriptor[]): void {
    const known = this.#found.get(digest)
    if (known) known.descriptors.push(...path)
    else {
      const platform = path.findLast((descriptor) => descriptor.platform)?.platform ?? undefined
      this.#found.set(digest, { manifest, platform, descriptors: [...path] })
    }
  }

  /** Undefined where the blob is not there: engines save an index whole with the manifests of one platform. */
  #document(descriptor: Descriptor): ReturnType<typeof parseManifest> | undefined {
    const known = this.#documents.get(descriptor.digest)
    if (known) return known
    if (!this.#files.find(blobName(descriptor.digest))) return undefined
    const what = `The manifest ${descriptor.digest}`
    const document = parseManifest(readBlob(this.#files, descriptor, what), descriptor.mediaType, what)
    this.#documents.set(descriptor.digest, document)
    return document
  }
}

function describe(descriptor: Descriptor): string {
  const platform = descriptor.platform ? visible(formatPlatform(descriptor.platform)) : 'platform not said'
  return `${descriptor.digest} ${platform}`
}
