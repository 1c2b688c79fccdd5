/** How a file's bytes are text: what its first bytes say or let guess. `bytes` is not text. */
export type TextForm = 'utf8' | 'utf16le' | 'utf16be' | 'bytes'

export interface FoundForm {
  readonly form: TextForm
  /** Bytes of the byte order mark, which is no part of the text. */
  readonly mark: number
}

/** A file is text where there is no NUL in so much of it: text that has one later was cut or appended to by something. */
export const HEAD = 64 * 1024
/** Enough to tell UTF-16 without a mark by, and how many of a hundred bytes may be other than expected. */
const SAMPLE = 4096
const STRAY = 0.1

/** `head` is the file's first `HEAD` bytes, or all of it. */
export function textFormOf(head: Buffer): FoundForm {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf)
    return { form: head.includes(0) ? 'bytes' : 'utf8', mark: 3 }
  // UTF-32 of the same order begins so, too, and is read by nobody.
  if (head[0] === 0xff && head[1] === 0xfe && !(head[2] === 0 && head[3] === 0))
    return { form: 'utf16le', mark: 2 }
  if (head[0] === 0xfe && head[1] === 0xff) return { form: 'utf16be', mark: 2 }
  if (!head.includes(0)) return { form: 'utf8', mark: 0 }
  return { form: unmarkedUtf16(head.subarray(0, SAMPLE)) ?? 'bytes', mark: 0 }
}

/** Text of mostly Latin letters: nearly every second byte is NUL, and nearly all of the others are characters of ASCII. */
function unmarkedUtf16(sample: Buffer): 'utf16le' | 'utf16be' | undefined {
  const pairs = sample.length >> 1
  if (pairs < 2) return undefined
  const [even, odd] = [0, 1].map((first) => {
    const counts = { nuls: 0, characters: 0 }
    for (let at = first; at < pairs * 2; at += 2) {
      const byte = sample[at] as number
      if (byte === 0) counts.nuls++
      else if ((byte >= 0x20 && byte < 0x7f) || (byte >= 0x09 && byte <= 0x0d)) counts.characters++
    }
    return counts
  }) as [ByteCounts, ByteCounts]
  const least = pairs * (1 - STRAY)
  if (odd.nuls >= least && even.characters >= least) return 'utf16le'
  if (even.nuls >= least && odd.characters >= least) return 'utf16be'
  return undefined
}

interface ByteCounts {
  readonly nuls: number
  readonly characters: number
}

/** Bytes that begin and end with a line (or where a long one was cut) as text; invalid ones become U+FFFD. */
export function textOf(bytes: Buffer, form: TextForm): string {
  if (form === 'utf8') return bytes.toString('utf8')
  if (form === 'bytes') return bytes.toString('latin1')
  if (form === 'utf16le') return bytes.toString('utf16le')
  // An odd byte at the end is half a character.
  return Buffer.from(bytes.subarray(0, bytes.length & ~1))
    .swap16()
    .toString('utf16le')
}

/** Where the last line that is whole ends, its break included; 0 where there is no break. */
export function wholeLines(bytes: Buffer, form: TextForm): number {
  if (form === 'utf8' || form === 'bytes') return bytes.lastIndexOf(LINE_BREAK) + 1
  const [high, low] = form === 'utf16le' ? [1, 0] : [0, 1]
  for (let at = (bytes.length & ~1) - 2; at >= 0; at -= 2)
    if (bytes[at + low] === LINE_BREAK && bytes[at + high] === 0) return at + 2
  return 0
}

export const LINE_BREAK = 0x0a
