import type { DocumentStore, KnownLayers, LayerCache } from '../image/cache.ts'
import type { RegistryAccess } from '../registry/registry-access.ts'

/** What every input is given: where entries of known layers are, where content can be kept, and what registries need. */
export interface InputContext extends KnownLayers, RegistryAccess {
  readonly cache: LayerCache
  readonly documents: DocumentStore
  /** Blobs or layers worked on at once, where the user said how many. */
  readonly parallel: number | undefined
}
