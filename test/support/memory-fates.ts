import type { FateStore } from '../../main/image/cache.ts'
import type { ImageFates } from '../../main/image/row-fates.ts'
import type { Digest } from '../../shared/digest.ts'

/** Fates of images, kept as long as the test. */
export function memoryFates(): FateStore & { readonly kept: ReadonlyMap<Digest, ImageFates> } {
  const kept = new Map<Digest, ImageFates>()
  return {
    kept,
    get: async (key) => kept.get(key),
    async put(key, fates) {
      kept.set(key, fates)
    },
  }
}
