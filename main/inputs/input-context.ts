import type { LayerCache, LayerContext } from '../image/cache.ts'
import type { RegistryAccess } from '../registry/registry-access.ts'

/** What every input is given: where entries of known layers are, where content can be kept, and what registries need. */
export interface InputContext extends LayerContext, RegistryAccess {
  readonly cache: LayerCache
  /** Blobs or layers worked on at once, where the user said how many. */
  readonly parallel: number | undefined
}
