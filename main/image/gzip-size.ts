import type { RandomAccess } from './random-access.ts'

/** What a member's end tells of its length is that of its last 32 bits: of blobs this large it may say anything. */
const LARGEST = 1024 ** 3
/** CRC and length (RFC 1952, 2.3.1). */
const TRAILER = 8

/**
 * How long a gzip blob says it is uncompressed. True of a single member below 4 GiB; undefined where it is seen to be something else: what
 * cannot be compressed grows by less than a thousandth.
 */
export function gzipSize(file: RandomAccess, offset: number, size: number): number | undefined {
  if (size < TRAILER || size > LARGEST) return undefined
  const trailer = Buffer.alloc(TRAILER)
  if (file.read(trailer, offset + size - TRAILER) < TRAILER) return undefined
  const length = trailer.readUInt32LE(4)
  return length >= size - size / 1000 - 1024 ? length : undefined
}
