import type { FileChunk } from '../../shared/files.ts'

/** As much of a file's start as the guess needs. */
export const KIND_BYTES = 4096

export type ContentKind = Pick<FileChunk, 'looksLike' | 'mediaType'>

/** Images that a browser draws and that cannot hold a script: no SVG. */
const IMAGES: readonly (readonly [mediaType: string, magic: RegExp])[] = [
  ['image/png', /^\x89PNG\r\n\x1a\n/],
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/gif', /^GIF8[79]a/],
  ['image/webp', /^RIFF[^]{4}WEBPVP8/],
  // The size of the header that follows tells a bitmap from a text that starts with "BM".
  ['image/bmp', /^BM[^]{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0/],
  ['image/x-icon', /^\0\0\x01\0[^\0]\0/],
]

/** Control characters that text holds: bell to carriage return but for the vertical tab, and escape. */
const NOT_TEXT = /[\0-\x06\x0b\x0e-\x1a\x1c-\x1f\x7f]/

/** What a file's first bytes look like, never its name; `isWhole` where the file ends with them. An empty file is text. */
export function contentKind(start: Uint8Array, isWhole: boolean): ContentKind {
  const head = start.subarray(0, KIND_BYTES)
  const latin1 = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString('latin1')
  const image = IMAGES.find(([, magic]) => magic.test(latin1))
  if (image) return { looksLike: 'image', mediaType: image[0] }
  return {
    looksLike:
      !NOT_TEXT.test(latin1) && isUtf8(head, isWhole && head.length === start.length) ? 'text' : 'binary',
  }
}

/** Whether the bytes are UTF-8; the last character may be cut where more follows. */
function isUtf8(bytes: Uint8Array, isWhole: boolean): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: !isWhole })
    return true
  } catch {
    return false
  }
}
