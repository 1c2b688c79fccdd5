import { UNPRINTABLE } from '../../shared/path-bytes.ts'

/** The value as JSON on one line, the same for whoever parses it, in which nothing steers the terminal of whoever looks at it. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(
    UNPRINTABLE,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
