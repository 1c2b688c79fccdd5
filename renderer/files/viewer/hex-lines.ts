/** Bytes on one line, as every hex viewer has them. */
export const BYTES_PER_LINE = 16

export interface HexLine {
  /** Offset of the first byte, at least eight hex digits. */
  readonly offset: string
  /** Two groups of eight, padded with blanks where the file ends. */
  readonly hex: string
  /** Printable ASCII, a dot for anything else. */
  readonly text: string
}

export function hexLine(bytes: Uint8Array, offset: number): HexLine {
  let hex = ''
  let text = ''
  for (let i = 0; i < BYTES_PER_LINE; i++) {
    const byte = bytes[i]
    if (i === BYTES_PER_LINE / 2) hex += ' '
    hex += byte === undefined ? '   ' : `${byte.toString(16).padStart(2, '0')} `
    if (byte !== undefined) text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'
  }
  return { offset: offset.toString(16).padStart(8, '0'), hex: hex.trimEnd().padEnd(48), text }
}

export function hexLineCount(size: number): number {
  return Math.ceil(size / BYTES_PER_LINE)
}
