import { hexOf, type Digest } from '../../../shared/digest.ts'
import { ImageError } from '../../../shared/errors.ts'
import { sha256Of } from '../../image/hashing.ts'
import type { Descriptor } from '../../image/manifest.ts'
import { readDocument, type ImageFiles } from './image-files.ts'

/** A small blob whole, checked against its descriptor. */
export function readBlob(files: ImageFiles, descriptor: Descriptor, what: string): Uint8Array {
  const bytes = readDocument(files, blobName(descriptor.digest), what)
  if (bytes.length !== descriptor.size) throw wrongSize(what, descriptor, bytes.length)
  const found = sha256Of(bytes)
  if (found !== descriptor.digest)
    throw new ImageError('digest-mismatch', `${what} is not what its digest says.`, {
      remedy: 'The image is damaged or was altered; fetch or save it again.',
      detail: `expected ${descriptor.digest}\nfound ${found}`,
    })
  return bytes
}

export function wrongSize(what: string, descriptor: Descriptor, size: number): ImageError {
  return new ImageError('digest-mismatch', `${what} is not what its descriptor says: its size is another.`, {
    remedy: 'The image is damaged or was altered; fetch or save it again.',
    detail: `${descriptor.digest}\nexpected ${descriptor.size} bytes\nfound ${size} bytes`,
  })
}

/** The digest's grammar was checked with the descriptor, so the name cannot lead anywhere else. */
export function blobName(digest: Digest): string {
  return `blobs/sha256/${hexOf(digest)}`
}
