import type { FileHashes, HashStore } from '../../main/image/cache.ts'
import type { Digest } from '../../shared/digest.ts'

const HASH = 32

/** Hashes of files, kept as long as the test. */
export function memoryHashes(): HashStore {
  const layers = new Map<Digest, FileHashes>()
  return {
    has: async (diffID) => layers.has(diffID),
    async put(diffID, hashes) {
      layers.set(diffID, hashes)
    },
    async rowsOf(diffID, sha256) {
      const found = layers.get(diffID)
      const hashOf = (i: number): string =>
        Buffer.from(found?.hashes.subarray(HASH * i, HASH * (i + 1)) ?? []).toString('hex')
      return found?.rows.filter((_, i) => hashOf(i) === sha256)
    },
  }
}
