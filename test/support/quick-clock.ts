/** Less than this is how the tests' own servers wait for the network. */
const SHORT = 100

/** Milliseconds that were to be waited, in order. */
export const pauses: number[] = []

/**
 * In the place of node:timers/promises' setTimeout: notes how long it should be, and lets other work go on but once.
 * `vi.mock('node:timers/promises', async (actual) => ({ ...(await actual<object>()), setTimeout: (await import('…/quick-clock.ts')).noWait }))`
 */
export async function noWait<T>(
  milliseconds: number,
  value?: T,
  options: { readonly signal?: AbortSignal } = {},
): Promise<T | undefined> {
  if (milliseconds >= SHORT) pauses.push(milliseconds)
  options.signal?.throwIfAborted()
  await new Promise((resolve) => setImmediate(resolve))
  return value
}
