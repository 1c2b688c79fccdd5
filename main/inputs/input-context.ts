import type { KnownLayers, LayerCache } from '../image/cache.ts'

/** What every input is given: where entries of known layers are, and where content can be kept. */
export interface InputContext extends KnownLayers {
  readonly cache: LayerCache
}
