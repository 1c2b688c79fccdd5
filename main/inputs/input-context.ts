import type { LayerCache, LayerIndex } from '../image/cache.ts'

/** What every input is given: where entries of known layers are, and where content can be kept. */
export interface InputContext {
  readonly index: LayerIndex
  readonly cache: LayerCache
}
