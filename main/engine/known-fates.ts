import type { Digest } from '../../shared/digest.ts'
import type { FateStore } from '../image/cache.ts'
import { fatesKey } from '../image/fates-key.ts'
import type { ImageFates } from '../image/row-fates.ts'

/**
 * What became of the entries of an image: as it was kept, or by folding its layers, and then it is kept. `layers` are the digests of their
 * entries (`entriesDigest`), null for one that nobody has read.
 */
export async function knownFates(
  store: FateStore,
  layers: readonly (Digest | null)[],
  fold: () => Promise<ImageFates>,
): Promise<ImageFates> {
  // Not for long, where some are still to be read.
  if (layers.includes(null)) return fold()
  const key = fatesKey(layers as Digest[])
  const known = await store.get(key)
  if (known) return known
  const fates = await fold()
  // A layer may have been lost meanwhile. Where they cannot be kept, the next time takes as long as this one.
  if (!fates.layers.includes(undefined)) await store.put(key, fates).catch(() => {})
  return fates
}
