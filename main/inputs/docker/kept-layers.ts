import { startsAsTar } from '../../image/starts-as-tar.ts'
import { isDamage } from '../../image/damage.ts'
import { shortDigest, type Digest } from '../../../shared/digest.ts'
import { ImageError } from '../../../shared/errors.ts'
import type { CacheKey, CacheLease } from '../../image/cache.ts'
import { sniffCompression, type Compression } from '../../image/compression.ts'
import type { Task } from '../../image/element.ts'
import { FileLayer } from '../../image/file-layer.ts'
import { RandomAccess } from '../../image/random-access.ts'
import type { InputContext } from '../input-context.ts'

/** A tar header. */
const HEAD = 512

interface KeptLayer {
  readonly key: CacheKey
  readonly lease: CacheLease
  readonly file: RandomAccess
  readonly compression: Compression
  /** Of the bytes as stored. */
  readonly digest: Digest | undefined
}

/** Layers in the cache, held there as long as the image is open. */
export class KeptLayers implements AsyncDisposable {
  readonly #context: InputContext
  readonly #layers = new Map<Digest, KeptLayer>()
  readonly #mediaType: string

  constructor(context: InputContext, mediaType: string) {
    this.#context = context
    this.#mediaType = mediaType
  }

  has(diffID: Digest): boolean {
    return this.#layers.has(diffID)
  }

  /** Looks for a layer, as such or as the blob that a manifest says is it; whether it is there now. */
  async recall(diffID: Digest, blob: Digest | undefined): Promise<boolean> {
    if (this.#layers.has(diffID)) return true
    const keys: CacheKey[] = [{ layer: diffID }, ...(blob === undefined ? [] : [{ blob }])]
    for (const key of keys) {
      const lease = await this.#context.cache.find(key)
      if (!lease) continue
      await this.add(diffID, key, lease)
      return true
    }
    return false
  }

  /** Takes over the lease. */
  async add(diffID: Digest, key: CacheKey, lease: CacheLease): Promise<void> {
    if (this.#layers.has(diffID)) {
      await lease[Symbol.asyncDispose]()
      return
    }
    const file = RandomAccess.open(lease.path)
    const head = Buffer.alloc(HEAD)
    file.read(head, 0)
    // A tar's first bytes are a name, and somebody's file may be called `BZh`.
    const compression = startsAsTar(head) ? 'none' : sniffCompression(head)
    const digest = 'blob' in key ? key.blob : undefined
    this.#layers.set(diffID, { key, lease, file, compression, digest })
  }

  /** To be read as often as wanted; undefined where it is not kept. */
  layer(diffID: Digest, task: Task): FileLayer | undefined {
    const kept = this.#layers.get(diffID)
    if (!kept) return undefined
    const { file, compression, digest } = kept
    const blob = {
      offset: 0,
      size: file.size,
      compression,
      mediaType: this.#mediaType,
      ...(digest === undefined ? {} : { digest }),
      open: () => file,
      explain: async (error: unknown) => (isDamage(error) ? await this.#discard(diffID, error) : error),
    }
    return new FileLayer(diffID, blob, this.#context, task)
  }

  /** Nobody shall find it again. Whoever reads it at this moment fails; the next try asks the engine. */
  async #discard(diffID: Digest, error: unknown): Promise<ImageError> {
    const kept = this.#layers.get(diffID)
    if (kept) await this.#context.cache.remove(kept.key)
    return new ImageError(
      (error as ImageError).code,
      `Layer ${shortDigest(diffID)} is damaged in the cache and was removed from there.`,
      { remedy: 'Try again; it is then taken from the engine.', cause: error },
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const layers = [...this.#layers.values()]
    this.#layers.clear()
    for (const { key, file, lease } of layers) {
      file[Symbol.dispose]()
      await lease[Symbol.asyncDispose]()
      // Nobody will look for a layer under the name of a member of an export.
      if ('archive' in key) await this.#context.cache.remove(key)
    }
  }
}
