import type { Digest } from '../../../shared/digest.ts'
import { DOCKER_LAYER, DOCKER_LAYER_GZIP } from '../../../shared/media-types.ts'
import { sniffCompression, type Compression } from '../../image/compression.ts'
import type { LayerBlob } from '../../image/file-layer.ts'
import type { FileRange } from './image-files.ts'

/** A layer where it lies. Whether it is compressed is seen, not believed. */
export function storedBlob(
  range: FileRange,
  known: { readonly digest?: Digest | undefined; readonly mediaType?: string } = {},
): LayerBlob {
  const head = Buffer.alloc(Math.min(8, range.size))
  const compression = sniffCompression(head.subarray(0, range.open().read(head, range.offset)))
  return {
    ...range,
    compression,
    mediaType: known.mediaType ?? mediaTypeOf(compression),
    ...(known.digest === undefined ? {} : { digest: known.digest }),
  }
}

function mediaTypeOf(compression: Compression): string {
  if (compression === 'none') return DOCKER_LAYER
  return compression === 'gzip' ? DOCKER_LAYER_GZIP : `${DOCKER_LAYER}.${compression}`
}
