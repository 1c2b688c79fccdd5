import type { Digest } from '../../shared/digest.ts'
import type { ImageInfo } from '../../shared/image.ts'

/** What an input would say of an image of these layers, each made by a step that its number names. */
export function knownImage(
  imageID: Digest,
  layers: readonly Digest[],
  fields: Partial<ImageInfo> = {},
): ImageInfo {
  return {
    references: [],
    imageID,
    platform: { os: 'linux', architecture: 'amd64' },
    config: {},
    size: null,
    compressedSize: null,
    layers: layers.map((diffID, index) => ({
      index,
      diffID,
      size: null,
      compressedSize: null,
      mediaType: 'application/vnd.oci.image.layer.v1.tar',
      createdBy: `RUN step ${index}`,
    })),
    history: [],
    format: 'docker archive',
    warnings: [],
    ...fields,
  }
}
