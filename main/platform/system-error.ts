import { constants } from 'node:os'
import { getSystemErrorMap } from 'node:util'

/** An error of the system as Node's own file functions throw it. */
export interface SystemError extends Error {
  code: string
  /** Negative, as in Node's. */
  errno: number
  syscall: string
  path?: string
}

/** libuv names only sockets for the first, and does not know the second everywhere. */
const WORDS: Readonly<Record<string, string>> = {
  ENOTSUP: 'operation not supported',
  ENODATA: 'no data available',
}

/** The error of a call to libc that set `errno`. The path stands in the message as it is, as in Node's errors. */
export function systemError(errno: number, syscall: string, path?: Uint8Array): SystemError {
  const code = nameOf(errno)
  const words = WORDS[code] ?? getSystemErrorMap().get(-errno)?.[1] ?? `error ${errno}`
  const where = path && Buffer.from(path).toString()
  const message = `${code}: ${words}, ${syscall}${where === undefined ? '' : ` '${where}'`}`
  return Object.assign(new Error(message), {
    code,
    errno: -errno,
    syscall,
    ...(where === undefined ? {} : { path: where }),
  })
}

/** The first of several names of a number: EAGAIN, ENOTSUP. */
function nameOf(errno: number): string {
  const found = Object.entries(constants.errno).find(([, value]) => value === errno)
  return found?.[0] ?? `E${errno}`
}
