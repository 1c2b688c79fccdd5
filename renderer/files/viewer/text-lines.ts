import { visible } from '../../../shared/path-bytes.ts'

/** Characters of one shown line: a longer one goes on below without a number, so that a file of one line does not stall the page. */
export const LINE_LIMIT = 1000

export interface TextLine {
  /** From 1; undefined on the continuation of a long line. */
  readonly number: number | undefined
  readonly text: string
}

/**
 * The lines of the first bytes of a file, decoded as UTF-8 (what is not becomes U+FFFD) and made safe to show. Where `isPartial`, a
 * character cut by the end of the bytes is left out.
 */
export function textLines(bytes: Uint8Array, isPartial: boolean): readonly TextLine[] {
  const text = new TextDecoder('utf-8').decode(bytes, { stream: isPartial })
  const lines: TextLine[] = []
  let number = 0
  for (const line of text.split('\n')) {
    number++
    pushLine(lines, number, line.endsWith('\r') ? line.slice(0, -1) : line)
  }
  // A newline ends the last line; it does not start another one.
  if (text.endsWith('\n')) lines.pop()
  return lines
}

function pushLine(lines: TextLine[], number: number, line: string): void {
  for (const [at, text] of linePieces(line).entries())
    lines.push({ number: at === 0 ? number : undefined, text })
}

/** A line safe to show, in pieces of a length that the page can bear; at least one. */
export function linePieces(line: string): readonly string[] {
  const shown = visible(line.replaceAll('\t', '    '))
  const pieces = [shown.slice(0, LINE_LIMIT)]
  for (let at = LINE_LIMIT; at < shown.length; at += LINE_LIMIT) pieces.push(shown.slice(at, at + LINE_LIMIT))
  return pieces
}
