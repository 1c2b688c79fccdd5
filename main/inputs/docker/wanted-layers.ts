import type { Digest } from '../../../shared/digest.ts'
import type { FetchCallback, Layer, Need, Task } from '../../image/element.ts'
import type { Exported, ExportSource, Want } from './engine-export.ts'
import type { InputContext } from '../input-context.ts'
import { ListedLayer } from './listed-layer.ts'

/**
 * What a consumer wants of an image's layers, and what of it is at hand. All are asked for at once, so that one export brings them; but
 * a layer that stands in the image again is asked for again only when the first is given, because hardly anybody wants it twice.
 */
export class WantedLayers {
  readonly #source: ExportSource
  readonly #fetchCallback: FetchCallback
  readonly #task: Task
  readonly #needs = new Map<Digest, Need>()
  readonly #listed = new Map<Digest, ListedLayer>()
  readonly #wants = new Map<Digest, Want>()

  constructor(source: ExportSource, fetchCallback: FetchCallback, task: Task) {
    this.#source = source
    this.#fetchCallback = fetchCallback
    this.#task = task
  }

  /** What an export has to bring. */
  get wants(): ReadonlyMap<Digest, Want> {
    return this.#wants
  }

  async ask(diffIDs: readonly Digest[]): Promise<void> {
    for (const diffID of new Set(diffIDs)) await this.#ask(diffID)
  }

  /** The next of this layer, null where it is not wanted; undefined where it has to come first. */
  async take(diffID: Digest): Promise<Layer | null | undefined> {
    const need = this.#needs.get(diffID) ?? (await this.#ask(diffID))
    const layer = need === 'skip' ? null : this.#atHand(diffID, need)
    if (layer !== undefined) this.given(diffID)
    return layer
  }

  /** The answer was for one of this layer. */
  given(diffID: Digest): void {
    this.#needs.delete(diffID)
    this.#wants.delete(diffID)
  }

  note(item: Exported): void {
    if (item.kind === 'listed') this.#listed.set(item.diffID, new ListedLayer(item.diffID, item.layer))
  }

  #atHand(diffID: Digest, need: Need): Layer | undefined {
    const kept = this.#source.kept.layer(diffID, this.#task)
    return kept ?? (need === 'list' ? this.#listed.get(diffID) : undefined)
  }

  async #ask(diffID: Digest): Promise<Need> {
    const need = await this.#fetchCallback(diffID)
    this.#needs.set(diffID, need)
    if (need === 'skip') return need
    const { context, kept, documents } = this.#source
    if (need === 'list' && (await this.#isListed(diffID, context))) return need
    if (!(await kept.recall(diffID, documents.blobOf(diffID)))) this.#wants.set(diffID, WANTS[need])
    return need
  }

  async #isListed(diffID: Digest, { index }: InputContext): Promise<boolean> {
    const known = await index.get(diffID)
    if (known) this.#listed.set(diffID, new ListedLayer(diffID, known))
    return known !== undefined
  }
}

const WANTS: Readonly<Record<Exclude<Need, 'skip'>, Want>> = { list: 'list', once: 'pass', again: 'keep' }
