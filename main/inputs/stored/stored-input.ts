import { isDamage } from '../../image/damage.ts'
import { ImageError } from '../../../shared/errors.ts'
import type { ImageInfo } from '../../../shared/image.ts'
import type { FetchCallback, ImageElement, ImageInput, Task } from '../../image/element.ts'
import { FileLayer, type LayerBlob } from '../../image/file-layer.ts'
import { imageInfoOf, type StoredLayerInfo } from '../../image/image-config.ts'
import type { InputContext } from '../input-context.ts'
import type { StoredImages, StoredImage } from './stored-image.ts'

/** An image whose bytes lie in files: what all inputs that read files have in common. */
export class StoredInput implements ImageInput {
  readonly keepsLayers = true
  readonly #stored: StoredImages
  readonly #image: StoredImage
  readonly #context: InputContext

  constructor(stored: StoredImages, image: StoredImage, context: InputContext) {
    this.#stored = stored
    this.#image = image
    this.#context = context
  }

  async inspect(task: Task): Promise<ImageInfo> {
    const { config, imageID, references, digest } = this.#image
    task.signal.throwIfAborted()
    return imageInfoOf({
      config,
      imageID,
      references,
      ...(digest === undefined ? {} : { digest }),
      format: this.#stored.format,
      layers: await layerInfos(this.#image, this.#context),
      warnings: [...this.#stored.warnings, ...this.#image.warnings],
    })
  }

  async *fetch(fetchCallback: FetchCallback, task: Task): AsyncGenerator<ImageElement, void, undefined> {
    const { imageID, configBytes, config, layers, warnings } = this.#image
    for (const warning of [...this.#stored.warnings, ...warnings]) task.warn(warning)
    yield ['config', imageID, configBytes]
    for (const [index, diffID] of config.diffIDs.entries()) {
      task.signal.throwIfAborted()
      const need = await fetchCallback(diffID)
      const blob = layers[index]
      const isSkipped = need === 'skip' || blob === undefined
      yield [
        'layer',
        diffID,
        isSkipped ? null : new FileLayer(diffID, this.#watched(blob), this.#context, task),
      ]
    }
  }

  /** A blob in a copy of ours, which goes when it proves damaged: nobody could tell the user's file from it otherwise. */
  #watched(blob: LayerBlob): LayerBlob {
    const { discardCopy } = this.#stored
    if (!discardCopy) return blob
    return {
      ...blob,
      explain: async (error) => (isDamage(error) && (await discardCopy()) ? damagedCopy(error) : error),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stored[Symbol.asyncDispose]()
  }
}

function damagedCopy(error: unknown): ImageError {
  const { code, message, detail } = error as ImageError
  return new ImageError(code, message, {
    cause: error,
    remedy: 'It was read from a copy in the cache, which is removed now; try again.',
    ...(detail === undefined ? {} : { detail }),
  })
}

/** What the source says of each layer; the uncompressed size of a compressed one only the layer index may know. */
export async function layerInfos(
  image: StoredImage,
  context: Pick<InputContext, 'index'>,
): Promise<StoredLayerInfo[]> {
  const infos: StoredLayerInfo[] = []
  for (const [index, blob] of image.layers.entries()) {
    const diffID = image.config.diffIDs[index]
    const isPlain = blob.compression === 'none'
    const known = isPlain || diffID === undefined ? undefined : await context.index.get(diffID)
    infos.push({
      ...(blob.digest === undefined ? {} : { digest: blob.digest }),
      size: isPlain ? blob.size : (known?.size ?? null),
      compressedSize: blob.size,
      mediaType: blob.mediaType,
    })
  }
  return infos
}
