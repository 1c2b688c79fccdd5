import type { Digest } from '../../shared/digest.ts'
import type { ImageInfo } from '../../shared/image.ts'

/** The bytes of an image's layers, each once, as far as they are known and not left out. */
export function knownBytes(info: ImageInfo, isLeftOut: (diffID: Digest) => boolean = () => false): number {
  const sizes = new Map(info.layers.map(({ diffID, size }) => [diffID, isLeftOut(diffID) ? 0 : (size ?? 0)]))
  return sizes.values().reduce((sum, size) => sum + size, 0)
}
