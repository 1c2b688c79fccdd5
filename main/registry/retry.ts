import { setTimeout as sleep } from 'node:timers/promises'
import { ImageError } from '../../shared/errors.ts'

/** As often as regclient and containers/image try; then a person should hear of it. */
export const MOST_TRIES = 5
const FIRST_PAUSE = 500
const LONGEST_PAUSE = 15_000
/** A server that wants to be left alone for longer is told to the person instead. */
const LONGEST_WISH = 5 * 60_000

/** Milliseconds before the next try: what the server wishes, or else twice as long each time, never the same for many clients at once. */
export function pauseBefore(failures: number, wish: number | undefined): number {
  if (wish !== undefined) return wish
  const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (failures - 1))
  return longest / 2 + (Math.random() * longest) / 2
}

/** Fails where the server wishes for more than anybody waits; with `cancelled` at once when the signal aborts. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds > LONGEST_WISH) {
    const minutes = Math.ceil(milliseconds / 60_000)
    throw new ImageError('server', `The registry asks to be left alone for ${minutes} minutes.`, {
      remedy: 'Try again then, or sign in: registries let known users fetch more.',
    })
  }
  await sleep(milliseconds, undefined, { signal })
}

/** Retry-After (RFC 9110, 10.2.3), seconds or a date, in milliseconds from now. */
export function retryAfter(field: string | undefined, now: number = Date.now()): number | undefined {
  if (field === undefined) return undefined
  if (/^\s*\d+\s*$/.test(field)) return Number(field) * 1000
  // Date.parse makes something of “-5”, too; of the three forms of dates the oldest has no zone, and means GMT.
  if (!/^[A-Z][a-z]{2,8},? /.test(field)) return undefined
  const date = Date.parse(/\d{4}$/.test(field) ? `${field} GMT` : field)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
