import type { Digest } from '../../shared/digest.ts'
import { ImageError } from '../../shared/errors.ts'
import type { ImageInfo } from '../../shared/image.ts'
import { DOCKER_LAYER } from '../../shared/media-types.ts'
import type { DockerSource } from '../../shared/uri.ts'
import { connectEngine } from '../docker/choose-engine.ts'
import type {
  FetchCallback,
  FetchOptions,
  ImageElement,
  ImageInput,
  Layer,
  Need,
  Task,
} from '../image/element.ts'
import { imageInfoOf } from '../image/image-config.ts'
import { EngineDocuments } from './engine-documents.ts'
import { readExport, type Exported, type ExportSource, type Want } from './engine-export.ts'
import { askForImage } from './engine-image.ts'
import type { InputContext } from './input-context.ts'
import { KeptLayers } from './kept-layers.ts'
import { LazyLayer } from './lazy-layer.ts'
import { ListedLayer } from './listed-layer.ts'
import { SharedExports } from './shared-exports.ts'

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
    const source = { client, image, documents, context, kept: new KeptLayers(context, DOCKER_LAYER) }
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
    const { documents, image } = this.#source
    const needs: [Digest, Need][] = []
    for (const diffID of image.config.diffIDs) needs.push([diffID, await fetchCallback(diffID)])
    const found = documents.found
    if (found) yield ['config', found.imageID, found.configBytes]
    if (options.isLazy) yield* this.#fetchLazily(needs, task)
    else yield* this.#fetchNow(needs, task, options.isAnyOrder ?? false)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lazy[Symbol.asyncDispose]()
    await this.#source.kept[Symbol.asyncDispose]()
    this.#source.client[Symbol.dispose]()
  }

  *#fetchLazily(needs: readonly (readonly [Digest, Need])[], task: Task): Generator<ImageElement> {
    for (const [diffID, need] of needs) if (need !== 'skip' && need !== 'list') this.#lazy.expect(diffID)
    for (const [diffID, need] of needs)
      yield ['layer', diffID, need === 'skip' ? null : new LazyLayer(diffID, this.#source, this.#lazy, task)]
  }

  async *#fetchNow(
    needs: readonly (readonly [Digest, Need])[],
    task: Task,
    isAnyOrder: boolean,
  ): AsyncGenerator<ImageElement, void, undefined> {
    const { documents } = this.#source
    const fetched = new Fetched(this.#source, task)
    const wants = await fetched.wantsOf(needs)
    let isConfigGiven = documents.found !== undefined
    let pending = needs
    // Not before it is needed: with everything at hand there is no export.
    let items: AsyncGenerator<Exported, void, undefined> | undefined
    const mayPass = (diffID: Digest): boolean => isAnyOrder || pending[0]?.[0] === diffID
    try {
      for (;;) {
        task.signal.throwIfAborted()
        const waiting: (readonly [Digest, Need])[] = []
        for (const [diffID, need] of pending) {
          const isTurn = isAnyOrder || waiting.length === 0
          const layer = isTurn ? fetched.layer(diffID, need) : undefined
          if (layer === undefined) waiting.push([diffID, need])
          else yield ['layer', diffID, layer]
        }
        pending = waiting
        if (!isConfigGiven && documents.found) {
          isConfigGiven = true
          yield ['config', documents.found.imageID, documents.found.configBytes]
          task.signal.throwIfAborted()
        }
        if (pending.length === 0 && isConfigGiven) return
        items ??= readExport(this.#source, { wants, mayPass, task })
        const item = await items.next()
        if (item.done) throw new ImageError('internal', 'The export ended before all of it had come.')
        if (item.value.kind === 'passing') {
          const { diffID, layer } = item.value
          yield ['layer', diffID, layer]
          pending = pending.filter(([other]) => other !== diffID)
        } else fetched.note(item.value)
      }
    } finally {
      await items?.return()
    }
  }
}

/** What is at hand of the layers that are asked for. */
class Fetched {
  readonly #source: ExportSource
  readonly #task: Task
  readonly #listed = new Map<Digest, ListedLayer>()

  constructor(source: ExportSource, task: Task) {
    this.#source = source
    this.#task = task
  }

  /** What an export has to bring. A layer that is asked for twice cannot pass twice: it is kept. */
  async wantsOf(needs: readonly (readonly [Digest, Need])[]): Promise<Map<Digest, Want>> {
    const { context, kept, documents } = this.#source
    const wants = new Map<Digest, Want>()
    for (const [diffID, need] of needs) {
      if (need === 'skip') continue
      const known = need === 'list' ? await context.index.get(diffID) : undefined
      if (known) this.#listed.set(diffID, new ListedLayer(diffID, known))
      if (known || (await kept.recall(diffID, documents.blobOf(diffID)))) continue
      const before = wants.get(diffID)
      if (need === 'list') wants.set(diffID, before ?? 'list')
      else wants.set(diffID, need === 'once' && (before ?? 'list') === 'list' ? 'pass' : 'keep')
    }
    return wants
  }

  note(item: Exported): void {
    if (item.kind === 'listed') this.#listed.set(item.diffID, new ListedLayer(item.diffID, item.layer))
  }

  /** Null for a layer that is not wanted, undefined for one that has not come yet. */
  layer(diffID: Digest, need: Need): Layer | null | undefined {
    if (need === 'skip') return null
    const kept = this.#source.kept.layer(diffID, this.#task)
    return kept ?? (need === 'list' ? this.#listed.get(diffID) : undefined)
  }
}
