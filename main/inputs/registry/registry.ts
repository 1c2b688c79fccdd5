import type { ImageInfo } from '../../../shared/image.ts'
import { parseReference } from '../../../shared/reference.ts'
import type { RegistrySource } from '../../../shared/uri.ts'
import type {
  FetchCallback,
  FetchOptions,
  ImageElement,
  ImageInput,
  Need,
  Task,
  Traffic,
} from '../../image/element.ts'
import { imageInfoOf, type StoredLayerInfo } from '../../image/image-config.ts'
import { BlobStore, type BlobWanted } from '../../registry/blob-store.ts'
import { Repository } from '../../registry/repository.ts'
import type { InputContext } from '../input-context.ts'
import { findManifest, loadImage, type RegistryImageParts, type RegistryLayerInfo } from './registry-image.ts'
import { RegistryLayer } from './registry-layer.ts'
import { loadSchema1 } from './registry-schema1.ts'

/** Blobs fetched at once where nobody says: more than a slow server gives at once, fewer than it minds. */
const DEFAULT_WORKERS = 4
const STEP = 'Downloading'

/**
 * `registry.Image`: an image of a registry. It opens on its manifest and config; layers are fetched several at a time, verified, and kept
 * in the layer cache as they came, so that what was cut or killed goes on where it stopped.
 */
export class RegistryImage implements ImageInput {
  readonly keepsLayers = true
  readonly #image: RegistryImageParts
  readonly #repository: Repository
  readonly #blobs: BlobStore
  readonly #context: InputContext

  private constructor(
    image: RegistryImageParts,
    repository: Repository,
    blobs: BlobStore,
    context: InputContext,
  ) {
    this.#image = image
    this.#repository = repository
    this.#blobs = blobs
    this.#context = context
  }

  /** `task` is that of the input's whole life. */
  static async open(spec: RegistrySource, context: InputContext, task: Task): Promise<RegistryImage> {
    await using stack = new AsyncDisposableStack()
    const repository = stack.use(
      await Repository.of(parseReference(spec.image), {
        access: context,
        insecure: spec.insecure ?? false,
        documents: context.documents,
        onWarning: (warning) => task.warn(warning),
      }),
    )
    const blobs = stack.use(
      new BlobStore({
        cache: context.cache,
        signal: task.signal,
        workers: spec.maxWorkers ?? context.parallel ?? DEFAULT_WORKERS,
        onProgress: (done, total) => task.progress(STEP, done, total),
        onDamage: (what) =>
          task.warn({
            code: 'cache-damaged',
            message: `${what} was damaged in the cache and is fetched again.`,
          }),
      }),
    )
    const found = await findManifest(spec, repository, task.signal)
    const image =
      found.kind === 'schema1'
        ? await loadSchema1(found, repository, blobs, context.index, task)
        : await loadImage(found, spec, repository, task)
    stack.move()
    return new RegistryImage(image, repository, blobs, context)
  }

  get traffic(): Traffic {
    return this.#blobs.traffic
  }

  async inspect(task: Task): Promise<ImageInfo> {
    const { config, imageID, reference, digest, warnings } = this.#image
    task.signal.throwIfAborted()
    return imageInfoOf({
      config,
      imageID,
      references: [reference],
      digest,
      format: 'registry',
      layers: await this.#layerInfos(),
      warnings,
    })
  }

  async *fetch(
    fetchCallback: FetchCallback,
    task: Task,
    options: FetchOptions = {},
  ): AsyncGenerator<ImageElement, void, undefined> {
    const { imageID, configBytes, config, layers, warnings } = this.#image
    for (const warning of warnings) task.warn(warning)
    yield ['config', imageID, configBytes]
    task.signal.throwIfAborted()
    // All needs first: what is wanted later is fetched while the first ones are worked on.
    const needs: Need[] = []
    for (const diffID of config.diffIDs) needs.push(await fetchCallback(diffID))
    if (!options.isLazy) await this.#fetchAhead(needs)
    for (const [i, diffID] of config.diffIDs.entries()) {
      task.signal.throwIfAborted()
      const layer = layers[i]
      yield ['layer', diffID, needs[i] === 'skip' || !layer ? null : await this.#layer(i, layer, task)]
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#blobs[Symbol.asyncDispose]()
    await this.#repository[Symbol.asyncDispose]()
  }

  async #fetchAhead(needs: readonly Need[]): Promise<void> {
    const { config, layers } = this.#image
    for (const [i, diffID] of config.diffIDs.entries()) {
      const layer = layers[i]
      if (!layer || needs[i] === 'skip') continue
      if (needs[i] === 'list' && (await this.#context.index.has(diffID))) continue
      // Whoever reads it hears of its failure.
      this.#blobs.get(this.#wanted(i, layer)).catch(() => {})
    }
  }

  async #layer(i: number, layer: RegistryLayerInfo, task: Task): Promise<RegistryLayer> {
    const diffID = this.#image.config.diffIDs[i]
    if (diffID === undefined) throw new Error('a layer beyond the config')
    const known = await this.#context.index.get(diffID)
    const blob = () => this.#blobs.get(this.#wanted(i, layer))
    const { mediaType, size } = layer
    return new RegistryLayer(
      { diffID, mediaType, storedSize: size, size: known?.size, blob },
      this.#context,
      task,
    )
  }

  #wanted(i: number, { digest, size, urls }: RegistryLayerInfo): BlobWanted {
    const what = `Layer ${i + 1} of ${this.#image.layers.length}`
    return { digest, size, what, source: this.#repository.blob(digest, what, urls) }
  }

  /** The uncompressed size only the layer index may know. */
  async #layerInfos(): Promise<StoredLayerInfo[]> {
    const { config, layers } = this.#image
    return Promise.all(
      layers.map(async ({ digest, size, mediaType }, i) => {
        const diffID = config.diffIDs[i]
        const known = diffID === undefined ? undefined : await this.#context.index.get(diffID)
        return { digest, size: known?.size ?? null, compressedSize: size, mediaType }
      }),
    )
  }
}
