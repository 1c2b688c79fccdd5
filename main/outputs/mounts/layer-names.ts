import { hexOf, type Digest } from '../../../shared/digest.ts'
import { sha256Of } from '../../image/hashing.ts'
import type { LayerPart } from './layer-part.ts'

/**
 * The name of each layer's folder: its diffID where the folder is the same in every image, else its chainID (image-spec,
 * config.md#layer-chainid), which says what lies below, too. `parts`: base first.
 */
export function layerNames(diffIDs: readonly Digest[], parts: readonly LayerPart[]): string[] {
  let chain: Digest | undefined
  return diffIDs.map((diffID, index) => {
    const below = chain
    chain = below === undefined ? diffID : chainOf(below, diffID)
    if (parts[index]?.isIndependent) return hexOf(diffID)
    // The base's chainID is its diffID, which stands for a folder that suits every image.
    return hexOf(below === undefined ? chainOf('', diffID) : chain)
  })
}

function chainOf(below: Digest | '', diffID: Digest): Digest {
  return sha256Of(Buffer.from(`${below} ${diffID}`))
}
