/** The fields of a tar header block: where they are and how they are written (POSIX.1-1988 ustar; GNU tar manual, "Basic Tar Format"). */

export const BLOCK = 512
/** Regular files below this fit eleven octal digits. */
export const MAX_OCTAL_11 = 0o77777777777
/** Owners and device numbers up to this fit seven octal digits. */
export const MAX_OCTAL_7 = 0o7777777

const NUL = 0
const SPACE = 0x20
const ZERO = 0x30
const SEVEN = 0x37

/**
 * A numeric field: octal digits, padded on either side with spaces or NULs, or GNU's base-256 (first bit set, two's complement).
 * NaN where it is neither or no safe integer (CVE-2025-8194: an unchecked number here made a reader walk backwards).
 */
export function readNumber(block: Uint8Array, start: number, length: number): number {
  return ((block[start] as number) & 0x80) === 0
    ? readOctal(block, start, length)
    : readBase256(block, start, length)
}

function readOctal(block: Uint8Array, start: number, length: number): number {
  const end = start + length
  let at = start
  while (at < end && isPadding(block[at] as number)) at++
  let value = 0
  for (; at < end; at++) {
    const byte = block[at] as number
    if (byte < ZERO || byte > SEVEN) break
    value = value * 8 + (byte - ZERO)
  }
  // After a NUL comes what an earlier use of the buffer left there; after a space only padding may follow.
  while (at < end && block[at] === SPACE) at++
  return at === end || block[at] === NUL ? value : Number.NaN
}

function readBase256(block: Uint8Array, start: number, length: number): number {
  const isNegative = ((block[start] as number) & 0x40) !== 0
  let value = isNegative ? -1 : 0
  for (let i = 0; i < length; i++) {
    const byte = block[start + i] as number
    // The first bit only marks the encoding; for a negative number it is a sign bit like the next one.
    const digit = i === 0 && !isNegative ? byte & 0x7f : byte
    value = value * 256 + digit
    if (!Number.isSafeInteger(value)) return Number.NaN
  }
  return value
}

function isPadding(byte: number): boolean {
  return byte === SPACE || byte === NUL
}

/** A text field as latin-1, up to its first NUL. */
export function readText(block: Buffer, start: number, length: number): string {
  const limit = start + length
  let end = start
  while (end < limit && block[end] !== NUL) end++
  return start === end ? '' : block.toString('latin1', start, end)
}

/** Whether this ASCII text stands there; a string made for the comparison would cost more than reading the field. */
export function hasText(block: Uint8Array, start: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (block[start + i] !== text.charCodeAt(i)) return false
  return true
}

/** Octal digits and a NUL, filling the field. The value must fit. */
export function writeOctal(block: Buffer, value: number, start: number, length: number): void {
  block.write(value.toString(8).padStart(length - 1, '0'), start, 'latin1')
}

/** The sum of all bytes with the checksum field taken as spaces; Sun's old tar summed signed bytes, so both are tried. */
export function isChecksumValid(block: Uint8Array, at = 0): boolean {
  const stored = readNumber(block, at + 148, 8)
  let sum = 8 * SPACE
  for (let i = at; i < at + 148; i++) sum += block[i] as number
  for (let i = at + 156; i < at + BLOCK; i++) sum += block[i] as number
  return stored === sum || stored === sum - 256 * countHighBytes(block, at)
}

/** How many bytes outside the checksum field are negative when taken as signed. */
function countHighBytes(block: Uint8Array, at: number): number {
  let count = 0
  for (let i = at; i < at + 148; i++) count += (block[i] as number) >> 7
  for (let i = at + 156; i < at + BLOCK; i++) count += (block[i] as number) >> 7
  return count
}

export function writeChecksum(block: Buffer): void {
  block.fill(SPACE, 148, 156)
  let sum = 0
  for (const byte of block) sum += byte
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
}

export function isZeroBlock(block: Uint8Array, at: number): boolean {
  for (let i = at; i < at + BLOCK; i++) if (block[i] !== NUL) return false
  return true
}
