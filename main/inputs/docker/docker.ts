import type { Digest } from '../../../shared/digest.ts'
import { ImageError } from '../../../shared/errors.ts'
import type { ImageInfo } from '../../../shared/image.ts'
import { DOCKER_LAYER } from '../../../shared/media-types.ts'
import type { DockerSource } from '../../../shared/uri.ts'
import { connectEngine } from '../../docker/choose-engine.ts'
import type {
  FetchCallback,
  FetchOptions,
  ImageElement,
  ImageInput,
  Need,
  Task,
} from '../../image/element.ts'
import { imageInfoOf } from '../../image/image-config.ts'
import { EngineDocuments } from './engine-documents.ts'
import { readExport, type Exported, type ExportSource } from './engine-export.ts'
import { askForImage, withHistory } from './engine-image.ts'
import type { InputContext } from '../input-context.ts'
import { KeptLayers } from './kept-layers.ts'
import { LazyLayer } from './lazy-layer.ts'
import { SharedExports } from './shared-exports.ts'
import { WantedLayers } from './wanted-layers.ts'

/**
 * `docker.Image`: an image of a Docker or Podman engine. The engine gives an image whole or not at all, so it is asked for as little as
 * possible: what is in the layer index, or in the cache, is not exported again, and layers pass through where their turn has come.
 */
export class DockerImage implements ImageInput {
  readonly #source: ExportSource
  readonly #lazy: SharedExports

  private constructor(source: ExportSource, lazy: SharedExports) {
    this.#source = source
    this.#lazy = lazy
  }

  static async open(spec: DockerSource, context: InputContext, task: Task): Promise<DockerImage> {
    await using stack = new AsyncDisposableStack()
    const client = stack.use(await connectEngine(spec.socket, task.signal))
    const image = await askForImage(client, spec, task.signal)
    const documents = new EngineDocuments(image.id, image.config.diffIDs, context.cache)
    await documents.recall()
    const known = documents.found ? image : await withHistory(client, image, task.signal)
    const source = { client, image: known, documents, context, kept: new KeptLayers(context, DOCKER_LAYER) }
    stack.move()
    return new DockerImage(source, new SharedExports(source, task))
  }

  async inspect(task: Task): Promise<ImageInfo> {
    const { image, documents, context } = this.#source
    task.signal.throwIfAborted()
    const config = documents.found?.config ?? image.config
    const layers = []
    for (const diffID of config.diffIDs) {
      const size = (await context.index.get(diffID))?.size ?? null
      layers.push({ size, compressedSize: null, mediaType: DOCKER_LAYER })
    }
    return imageInfoOf({
      config,
      imageID: documents.found?.imageID ?? image.id,
      references: image.references,
      ...(image.digest === undefined ? {} : { digest: image.digest }),
      format: image.format,
      statedSize: image.statedSize,
      layers,
      warnings: [],
    })
  }

  /** With `isLazy` the config is given where an earlier export left it, and not fetched for its own sake. */
  async *fetch(
    fetchCallback: FetchCallback,
    task: Task,
    options: FetchOptions = {},
  ): AsyncGenerator<ImageElement, void, undefined> {
    const { found } = this.#source.documents
    if (found) yield ['config', found.imageID, found.configBytes]
    if (options.isLazy) yield* this.#fetchLazily(fetchCallback, task)
    else yield* this.#fetchNow(fetchCallback, task, options.isAnyOrder ?? false)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lazy[Symbol.asyncDispose]()
    await this.#source.kept[Symbol.asyncDispose]()
    this.#source.client[Symbol.dispose]()
  }

  async *#fetchLazily(
    fetchCallback: FetchCallback,
    task: Task,
  ): AsyncGenerator<ImageElement, void, undefined> {
    const needs: [Digest, Need][] = []
    for (const diffID of this.#source.image.config.diffIDs) needs.push([diffID, await fetchCallback(diffID)])
    for (const [diffID, need] of needs) if (need !== 'skip' && need !== 'list') this.#lazy.expect(diffID)
    for (const [diffID, need] of needs)
      yield ['layer', diffID, need === 'skip' ? null : new LazyLayer(diffID, this.#source, this.#lazy, task)]
  }

  async *#fetchNow(
    fetchCallback: FetchCallback,
    task: Task,
    isAnyOrder: boolean,
  ): AsyncGenerator<ImageElement, void, undefined> {
    const { documents, image } = this.#source
    const layers = new WantedLayers(this.#source, fetchCallback, task)
    let pending = image.config.diffIDs
    let isConfigGiven = documents.found !== undefined
    // Not before it is needed: with everything at hand there is no export.
    let items: AsyncGenerator<Exported, void, undefined> | undefined
    const mayPass = (diffID: Digest): boolean => isAnyOrder || pending[0] === diffID
    await layers.ask(pending)
    try {
      for (;;) {
        const waiting: Digest[] = []
        for (const diffID of pending) {
          task.signal.throwIfAborted()
          const isTurn = isAnyOrder ? !waiting.includes(diffID) : waiting.length === 0
          const layer = isTurn ? await layers.take(diffID) : undefined
          if (layer === undefined) waiting.push(diffID)
          else yield ['layer', diffID, layer]
        }
        pending = waiting
        if (!isConfigGiven && documents.found) {
          isConfigGiven = true
          yield ['config', documents.found.imageID, documents.found.configBytes]
        }
        task.signal.throwIfAborted()
        if (pending.length === 0 && isConfigGiven) return
        if (isConfigGiven && layers.wants.size === 0)
          throw new ImageError('internal', 'A layer was lost between its export and its use.')
        items ??= readExport(this.#source, { wants: layers.wants, mayPass, task })
        const item = await items.next()
        if (item.done) items = undefined
        else if (item.value.kind === 'passing') {
          const { diffID, layer } = item.value
          layers.given(diffID)
          yield ['layer', diffID, layer]
          pending = pending.toSpliced(pending.indexOf(diffID), 1)
        } else layers.note(item.value)
      }
    } finally {
      await items?.return()
    }
  }
}
