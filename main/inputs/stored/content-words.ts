import { ImageError } from '../../../shared/errors.ts'
import { visible } from '../../../shared/path-bytes.ts'

const BLOCK = 512
const REMEDY =
  'Choose a tarball made by docker save, podman save or skopeo, an OCI layout, or a directory of images.'

/** The refusal of a file that is not even a tar, saying what its first bytes look like. */
export function notAnImage(path: string, head: Uint8Array): ImageError {
  return new ImageError('not-an-image', `${visible(path)} is not an image: ${wordsFor(head)}.`, {
    remedy: REMEDY,
  })
}

/** The refusal of a tar that holds other things. */
export function notAnImageTar(
  path: string,
  why = 'it has no manifest.json, index.json or repositories',
): ImageError {
  return new ImageError('not-an-image', `${visible(path)} is a tar, but not of an image: ${why}.`, {
    remedy: REMEDY,
  })
}

/** The refusal of a folder that is neither a layout nor a directory of images. */
export function notAnImageFolder(
  path: string,
  why = 'it has no oci-layout, catalog.json or manifest.json',
): ImageError {
  return new ImageError('not-an-image', `${visible(path)} is a folder, but holds no image: ${why}.`, {
    remedy: REMEDY,
  })
}

function wordsFor(head: Uint8Array): string {
  if (head.length === 0) return 'the file is empty'
  const text = Buffer.from(head.subarray(0, BLOCK)).toString('latin1')
  const start = text.replace(/^(?:\xef\xbb\xbf)?\s*/, '').toLowerCase()
  if (start.startsWith('<!doctype html') || start.startsWith('<html'))
    return 'it is a web page (HTML), perhaps the answer of a server that wanted a sign-in'
  if (start.startsWith('<?xml')) return 'it is an XML document'
  if (text.startsWith('PK\x03\x04')) return 'it is a ZIP archive'
  if (text.startsWith('%PDF')) return 'it is a PDF document'
  if (text.startsWith('\x7fELF')) return 'it is a program (ELF)'
  if (text.startsWith('#!')) return 'it is a script'
  if (start.startsWith('{') || start.startsWith('[')) return 'it is a JSON document'
  return /^[\t\n\r\x20-\x7e\x80-\xff]*$/.test(text) ? 'it is a text' : 'its content is none that we know'
}
