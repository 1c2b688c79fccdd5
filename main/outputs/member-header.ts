import type { TarEntry } from '../image/element.ts'
import { encodeHeader } from '../image/tar-header.ts'
import { MAX_OCTAL_11, writeChecksum } from '../image/tar-fields.ts'

const SIZE_FIELD = 124
const SIZE_LENGTH = 12

/**
 * The header of an archive's own member: owner, time and mode always the same. One block whatever the size, so that it can be filled in
 * when the content has been written: beyond eight octal gigabytes the size stands in base-256, which GNU tar, libarchive, Python
 * and Go (archive/tar, so Docker and Podman) read in any header.
 */
export function memberHeader(path: string, size: number): Uint8Array {
  const isLarge = size > MAX_OCTAL_11
  const block = Buffer.from(encodeHeader(memberEntry(path, isLarge ? 0 : size)))
  if (isLarge) {
    block.fill(0, SIZE_FIELD, SIZE_FIELD + SIZE_LENGTH)
    block[SIZE_FIELD] = 0x80
    block.writeBigUInt64BE(BigInt(size), SIZE_FIELD + SIZE_LENGTH - 8)
    writeChecksum(block)
  }
  return block
}

function memberEntry(path: string, size: number): TarEntry {
  return {
    path,
    type: 'file',
    size,
    storedSize: size,
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: 0,
    mtimeNanoseconds: 0,
    offset: 0,
  }
}
