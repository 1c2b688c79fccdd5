import { z } from 'zod'
import { hexOf, type Digest } from '../../shared/digest.ts'
import { ImageError } from '../../shared/errors.ts'
import type { Platform, Warning } from '../../shared/image.ts'
import { visible } from '../../shared/path-bytes.ts'
import { formatPlatform } from '../../shared/platform.ts'
import { parseDocument } from '../image/documents.ts'
import type { LayerBlob } from '../image/file-layer.ts'
import { sha256Of } from '../image/hashing.ts'
import { parseConfig } from '../image/image-config.ts'
import {
  isAttestation,
  isForeign,
  isImageManifest,
  leadsToImage,
  namesOf,
  parseLayoutIndex,
  parseManifest,
  type Descriptor,
  type Index,
  type Manifest,
} from '../image/manifest.ts'
import { missing, readDocument, type ImageFiles } from './image-files.ts'
import { storedBlob } from './stored-blob.ts'
import { fullReference, type ImageChoice, type StoredImages, type StoredImage } from './stored-image.ts'

/** CVE-2026-53493: an index of indexes of indexes multiplies; real ones are two deep and name dozens. */
const DEPTH_LIMIT = 8
const DESCRIPTOR_LIMIT = 1024

const layoutSchema = z.object({ imageLayoutVersion: z.string() })

/** The images of an OCI image layout (image-spec, image-layout.md), in a folder or in an archive. */
export function ociLayout(files: ImageFiles, kind: 'layout' | 'tar'): StoredImages {
  if (files.find('oci-layout')) checkVersion(files)
  const walk = new LayoutWalk(files)
  walk.enter(parseLayoutIndex(readDocument(files, 'index.json', 'index.json'), 'index.json'), 0, [])
  return {
    kind,
    format: kind === 'layout' ? 'OCI layout' : 'OCI archive',
    path: files.path,
    choices: walk.choices(),
    warnings: walk.warnings(),
    [Symbol.asyncDispose]: () => files[Symbol.asyncDispose](),
  }
}

function checkVersion(files: ImageFiles): void {
  const bytes = readDocument(files, 'oci-layout', 'oci-layout')
  const { imageLayoutVersion } = parseDocument(bytes, layoutSchema, 'oci-layout')
  if (!imageLayoutVersion.startsWith('1.'))
    throw new ImageError(
      'unsupported',
      `${visible(files.path)} is an OCI layout of version ${visible(imageLayoutVersion)}, which is not known.`,
    )
}

interface FoundManifest {
  readonly manifest: Manifest
  readonly platform: Platform | undefined
  readonly descriptors: Descriptor[]
}

/** Collects every image manifest that an index leads to, each digest once, with all names that lead to it. */
class LayoutWalk {
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

  choices(): ImageChoice[] {
    if (this.#found.size > 0)
      return [...this.#found].map(([digest, found]) => choiceOf(this.#files, digest, found))
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

function choiceOf(files: ImageFiles, digest: Digest, found: FoundManifest): ImageChoice {
  const references = new Set<string>()
  const names = new Set<string>()
  for (const descriptor of found.descriptors) {
    const { full, refName } = namesOf(descriptor)
    for (const name of [full, refName]) {
      // A bare ref.name is mostly a tag (`umoci`, `skopeo copy … oci:dir:12`): it chooses, but names no repository.
      const reference = name !== undefined && /[:/@]/.test(name) ? fullReference(name) : undefined
      if (reference !== undefined) references.add(reference)
    }
    if (refName !== undefined) names.add(refName)
  }
  return {
    references: [...references],
    names: [...names],
    digest,
    ...(found.platform ? { platform: found.platform } : {}),
    load: async () => load(files, digest, found.manifest, [...references]),
  }
}

function load(files: ImageFiles, digest: Digest, manifest: Manifest, references: string[]): StoredImage {
  const what = `The image config ${manifest.config.digest}`
  const configBytes = readBlob(files, manifest.config, what)
  const config = parseConfig(configBytes, what)
  if (manifest.layers.length !== config.diffIDs.length)
    throw new ImageError(
      'malformed',
      `The image has ${manifest.layers.length} layers in its manifest, but ${config.diffIDs.length} in its config.`,
    )
  const layers = manifest.layers.map((layer, index) => layerOf(files, layer, index, manifest.layers.length))
  return { references, imageID: manifest.config.digest, configBytes, config, digest, layers, warnings: [] }
}

function layerOf(files: ImageFiles, layer: Descriptor, index: number, count: number): LayerBlob {
  const what = `Layer ${index + 1} of ${count}`
  if (layer.mediaType.endsWith('+encrypted'))
    throw new ImageError('unsupported', `${what} is encrypted.`, { remedy: 'Decrypt the image first.' })
  const range = files.find(blobName(layer.digest))
  if (!range) {
    if (!isForeign(layer)) throw missing(files, blobName(layer.digest), what)
    throw new ImageError(
      'missing-blob',
      `${what} may not be passed on by its maker's licence and is not in ${visible(files.path)}.`,
      { remedy: 'Pull the image from its registry.' },
    )
  }
  if (range.size !== layer.size) throw wrongSize(what, layer, range.size)
  return storedBlob(range, { digest: layer.digest, mediaType: layer.mediaType })
}

/** A small blob whole, checked against its descriptor. */
function readBlob(files: ImageFiles, descriptor: Descriptor, what: string): Uint8Array {
  const bytes = readDocument(files, blobName(descriptor.digest), what)
  if (bytes.length !== descriptor.size) throw wrongSize(what, descriptor, bytes.length)
  const found = sha256Of(bytes)
  if (found !== descriptor.digest)
    throw new ImageError('digest-mismatch', `${what} is not what its digest says.`, {
      remedy: 'The image is damaged or was altered; fetch or save it again.',
      detail: `expected ${descriptor.digest}\nfound ${found}`,
    })
  return bytes
}

function wrongSize(what: string, descriptor: Descriptor, size: number): ImageError {
  return new ImageError('digest-mismatch', `${what} is not what its descriptor says: its size is another.`, {
    remedy: 'The image is damaged or was altered; fetch or save it again.',
    detail: `${descriptor.digest}\nexpected ${descriptor.size} bytes\nfound ${size} bytes`,
  })
}

/** The digest's grammar was checked with the descriptor, so the name cannot lead anywhere else. */
function blobName(digest: Digest): string {
  return `blobs/sha256/${hexOf(digest)}`
}

function describe(descriptor: Descriptor): string {
  const platform = descriptor.platform ? visible(formatPlatform(descriptor.platform)) : 'platform not said'
  return `${descriptor.digest} ${platform}`
}
