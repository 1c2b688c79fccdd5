import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Bytes: enough to be worth a collection of a millisecond, little beside what a process may hold. */
const STEP = 16 * 1024 * 1024

type Collect = (options: { readonly type: 'minor' }) => void

let made = 0
let collect: Collect | undefined

/**
 * To be told of bytes that came in chunks of new memory and are done with. V8 counts such memory towards its whole heap, not towards the
 * young part in which the chunks themselves die at once: a download of 340 MB made it mark all of the heap a dozen times, an eighth of the
 * time that it took. A collection of the young part now and then frees the same.
 */
export function noteGarbage(bytes: number): void {
  made += bytes
  if (made < STEP) return
  made = 0
  collect ??= collector()
  collect({ type: 'minor' })
}

/** `gc` is there in contexts made after the flag is set. */
function collector(): Collect {
  setFlagsFromString('--expose-gc')
  const gc: unknown = runInNewContext('typeof gc === "function" ? gc : undefined')
  setFlagsFromString('--no-expose-gc')
  return typeof gc === 'function' ? (gc as Collect) : () => {}
}
