/**
 * A path inside an image, lossless: one character per byte (latin-1), relative, components separated by one `/`, no `.` or `..`
 * component, no leading or trailing slash; the root is ''. A path in a tar is bytes; what is not UTF-8 must survive a round trip.
 */
export type PathBytes = string

const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const looseDecoder = new TextDecoder('utf-8', { ignoreBOM: true })
const encoder = new TextEncoder()

/** Whether every byte is ASCII, so that both forms are the same string. */
function isAscii(path: string): boolean {
  for (let i = 0; i < path.length; i++) if (path.charCodeAt(i) > 0x7f) return false
  return true
}

function bytesOf(path: PathBytes): Uint8Array {
  const bytes = new Uint8Array(path.length)
  for (let i = 0; i < path.length; i++) bytes[i] = path.charCodeAt(i)
  return bytes
}

/** The path for people, decoded as UTF-8; bytes that are not UTF-8 become U+FFFD. */
export function displayPath(path: PathBytes): string {
  return isAscii(path) ? path : looseDecoder.decode(bytesOf(path))
}

/** Whether the bytes are valid UTF-8, so that `displayPath` lost nothing. */
export function isUtf8Path(path: PathBytes): boolean {
  if (isAscii(path)) return true
  try {
    strictDecoder.decode(bytesOf(path))
    return true
  } catch {
    return false
  }
}

/** The path bytes of what a person typed. */
export function pathBytesOf(text: string): PathBytes {
  if (isAscii(text)) return text
  let path = ''
  for (const byte of encoder.encode(text)) path += String.fromCharCode(byte)
  return path
}

/** Control characters, and whatever turns the direction of text or breaks its lines. */
export const UNPRINTABLE =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\u2028\u2029]/g

/**
 * Text from an image made safe for a terminal, a window and an error message: control characters and bidirectional marks stand as
 * `\xNN` / `\u{NNNN}` (CVE-2021-25743: escape sequences reached the terminal).
 */
export function visible(text: string): string {
  return text.replace(UNPRINTABLE, (char) => {
    const code = char.charCodeAt(0)
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
  })
}
