import { readFile, stat } from 'node:fs/promises'
import type { Digest } from '../../../shared/digest.ts'
import { ImageError } from '../../../shared/errors.ts'
import type { LayerCache } from '../../image/cache.ts'
import { DOCUMENT_LIMIT } from '../../image/documents.ts'
import { sha256Of } from '../../image/hashing.ts'
import { parseConfig, type ParsedConfig } from '../../image/image-config.ts'
import {
  isAttestation,
  leadsToImage,
  parseManifest,
  type Manifest,
  type ManifestOrIndex,
} from '../../image/manifest.ts'
import { DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST } from '../../../shared/media-types.ts'

/** Bytes of documents held at once; an image's own are a few hundred kilobytes. */
const TOTAL_LIMIT = 64 * 1024 * 1024
/** An index of an index of a manifest is as deep as images go. */
const DEPTH_LIMIT = 4

export interface ImageDocuments {
  /** The config's digest: the image ID as everybody but an engine over containerd understands it. */
  readonly imageID: Digest
  readonly configBytes: Uint8Array
  readonly config: ParsedConfig
  /** Where the engine stores blobs as a registry would: what each layer is stored as. */
  readonly manifest?: Manifest
}

/**
 * The documents from an engine's ID of an image down to its config: a graph driver's ID is the config's digest, containerd's that of a
 * manifest or of an index of manifests. All are verified by the digests that lead to them, and kept in the cache, because an engine
 * gives them with an export only.
 */
export class EngineDocuments {
  readonly #id: Digest
  readonly #diffIDs: readonly Digest[]
  readonly #cache: LayerCache
  readonly #documents = new Map<Digest, Uint8Array>()
  #room = TOTAL_LIMIT
  #found: (ImageDocuments & { readonly chain: readonly Digest[] }) | undefined

  constructor(id: Digest, diffIDs: readonly Digest[], cache: LayerCache) {
    this.#id = id
    this.#diffIDs = diffIDs
    this.#cache = cache
  }

  /** Undefined as long as a document on the way is missing. */
  get found(): ImageDocuments | undefined {
    return this.#found
  }

  /** What a layer is stored as, where a manifest says it. */
  blobOf(diffID: Digest): Digest | undefined {
    const index = this.#found?.config.diffIDs.indexOf(diffID) ?? -1
    return index < 0 ? undefined : this.#found?.manifest?.layers[index]?.digest
  }

  /** Takes a document that was exported under this digest; what leads nowhere is of no harm. */
  async add(digest: Digest, bytes: Uint8Array): Promise<void> {
    if (this.#found || this.#documents.has(digest) || bytes.length > this.#room) return
    if (sha256Of(bytes) !== digest) {
      if (digest !== this.#id) return
      throw new ImageError(
        'digest-mismatch',
        'The description that the engine exports is not the image’s own.',
        {
          remedy: 'The engine’s store may be damaged; pull or build the image again.',
          detail: `expected ${digest}\nfound ${sha256Of(bytes)}`,
        },
      )
    }
    this.#room -= bytes.length
    this.#documents.set(digest, bytes)
    this.#found = this.#follow(this.#id, 0)
    if (this.#found) await this.#keep(this.#found.chain)
  }

  /** Takes what an earlier export left in the cache. */
  async recall(): Promise<void> {
    const waiting = [this.#id]
    for (const digest of waiting) {
      const bytes = await this.#kept(digest)
      if (!bytes || waiting.length > 64) continue
      this.#documents.set(digest, bytes)
      const document = documentOf(bytes)
      if (document?.kind === 'manifest') waiting.push(document.manifest.config.digest)
      if (document?.kind === 'index') waiting.push(...imagesIn(document))
    }
    this.#found = this.#follow(this.#id, 0)
  }

  /** An index may name images of other platforms: the one meant is the one with the layers that the engine lists. */
  #follow(digest: Digest, depth: number): (ImageDocuments & { readonly chain: Digest[] }) | undefined {
    const bytes = this.#documents.get(digest)
    if (!bytes || depth > DEPTH_LIMIT) return undefined
    const document = documentOf(bytes)
    if (document === undefined) return this.#config(digest, bytes)
    const next = document.kind === 'manifest' ? [document.manifest.config.digest] : imagesIn(document)
    for (const digestBelow of next) {
      const found = this.#follow(digestBelow, depth + 1)
      if (!found) continue
      const manifest = document.kind === 'manifest' ? { manifest: document.manifest } : {}
      return { ...manifest, ...found, chain: [digest, ...found.chain] }
    }
    return undefined
  }

  #config(digest: Digest, bytes: Uint8Array): (ImageDocuments & { readonly chain: Digest[] }) | undefined {
    const config = parseConfig(bytes, 'The image config')
    const isMeant =
      config.diffIDs.length === this.#diffIDs.length &&
      config.diffIDs.every((diffID, index) => diffID === this.#diffIDs[index])
    if (isMeant) return { imageID: digest, configBytes: bytes, config, chain: [digest] }
    if (digest !== this.#id) return undefined
    throw new ImageError('malformed', 'The image config names other layers than the engine does.', {
      remedy: 'The engine’s store may be damaged; pull or build the image again.',
    })
  }

  /** Where the disk is full, the next one asks the engine again. */
  async #keep(chain: readonly Digest[]): Promise<void> {
    for (const digest of chain)
      try {
        await using writer = await this.#cache.create({ blob: digest })
        await writer.write(this.#documents.get(digest) as Uint8Array)
        const lease = await writer.commit()
        await lease[Symbol.asyncDispose]()
      } catch {
        return
      }
  }

  async #kept(digest: Digest): Promise<Uint8Array | undefined> {
    const lease = await this.#cache.find({ blob: digest })
    if (!lease) return undefined
    await using _ = lease
    const { size } = await stat(lease.path)
    const bytes = size <= DOCUMENT_LIMIT ? await readFile(lease.path) : new Uint8Array(0)
    if (sha256Of(bytes) === digest) return bytes
    await this.#cache.remove({ blob: digest })
    return undefined
  }
}

const TYPES = [OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST]

/** A manifest or an index; undefined for what is neither, such as a config. They may leave out their own media type. */
function documentOf(bytes: Uint8Array): ManifestOrIndex | undefined {
  for (const type of TYPES)
    try {
      return parseManifest(bytes, type, 'The manifest')
    } catch (error) {
      if (!(error instanceof ImageError)) throw error
    }
  return undefined
}

function imagesIn(document: Extract<ManifestOrIndex, { kind: 'index' }>): Digest[] {
  const images = document.index.manifests.filter((item) => leadsToImage(item) && !isAttestation(item))
  return images.map(({ digest }) => digest)
}
