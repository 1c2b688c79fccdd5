import type { Digest } from '../../shared/digest.ts'
import { ImageError } from '../../shared/errors.ts'
import type { ImageElement, ImageOutput, Layer, Need, Task } from '../image/element.ts'
import { ImageFilter } from '../image/image-filter.ts'
import { sha256Of } from '../image/hashing.ts'
import { reissueConfig, type ConfigTransform } from './reissue-config.ts'
import { RewrittenLayer, type EntryTransform } from './rewritten-layer.ts'

/** What a rewriting filter does; both parts are pure, so that the same image gives the same bytes. */
export interface Rewriting {
  readonly entry: EntryTransform
  readonly config: ConfigTransform
}

/**
 * The base of all filters that change layers: each is passed on under its new diffID, and at the end the config is issued again with
 * them, so that the result loads (moby refuses a config whose diff_ids are not its layers').
 */
export class RewriteFilter extends ImageFilter {
  readonly #rewriting: Rewriting
  readonly #task: Task
  readonly #renamed = new Map<Digest, Digest>()
  readonly #diffIDs: Digest[] = []
  #config: Uint8Array | undefined

  constructor(next: ImageOutput, rewriting: Rewriting, task: Task) {
    super(next)
    this.#rewriting = rewriting
    this.#task = task
  }

  override fetchCallback(diffID: Digest): Need {
    return this.#renamed.has(diffID) ? 'skip' : 'again'
  }

  override async processImageElement(...[type, name, data]: ImageElement): Promise<void> {
    if (type === 'config') {
      this.#config = data
      return
    }
    const layer = data && !this.#renamed.has(name) ? await this.#rewrite(data) : null
    const diffID = layer?.diffID ?? this.#renamed.get(name)
    if (diffID === undefined) throw new ImageError('internal', `The layer ${name} was left out.`)
    this.#renamed.set(name, diffID)
    this.#diffIDs.push(diffID)
    const need = await this.next.fetchCallback(diffID)
    await this.next.processImageElement('layer', diffID, need === 'skip' ? null : layer)
  }

  override async finalize(): Promise<void> {
    if (!this.#config) throw new ImageError('internal', 'No config came before the end of the image.')
    const config = reissueConfig(this.#config, this.#diffIDs, this.#rewriting.config)
    await this.next.processImageElement('config', sha256Of(config), config)
    await this.next.finalize()
  }

  #rewrite(layer: Layer): Promise<RewrittenLayer> {
    return RewrittenLayer.of(layer, this.#rewriting.entry, this.#task.signal)
  }
}
