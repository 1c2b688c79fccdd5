/** Bytes on one line, as every hex viewer has them; half of it where there is no room. */
export const BYTES_PER_LINE = 16
export const BYTES_PER_NARROW_LINE = 8

export interface HexLine {
  /** Offset of the first byte, at least eight hex digits. */
  readonly offset: string
  /** In groups of eight, padded with blanks where the file ends. */
  readonly hex: string
  /** Printable ASCII, a dot for anything else. */
  readonly text: string
}

export function hexLine(bytes: Uint8Array, offset: number, perLine = BYTES_PER_LINE): HexLine {
  let hex = ''
  let text = ''
  for (let i = 0; i < perLine; i++) {
    const byte = bytes[i]
    if (i > 0 && i % 8 === 0) hex += ' '
    hex += byte === undefined ? '   ' : `${byte.toString(16).padStart(2, '0')} `
    if (byte !== undefined) text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'
  }
  return { offset: offset.toString(16).padStart(8, '0'), hex: hex.slice(0, -1), text }
}

export function hexLineCount(size: number, perLine = BYTES_PER_LINE): number {
  return Math.ceil(size / perLine)
}
