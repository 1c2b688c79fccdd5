import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/**
 * Who made a temporary thing, as a piece of a file name: `<host>-<pid>-<start>`. A pid alone is reused; on a shared folder it may be
 * another machine's or another container's.
 */
export function ownerMark(): string {
  own ??= `${hostMark()}-${process.pid}-${statOf(process.pid)?.start ?? '0'}`
  return own
}

/** Whether the maker of a mark still runs; 'unknown' where it runs, if at all, out of our sight. */
export function ownerState(mark: string): 'alive' | 'dead' | 'unknown' {
  const [host, pidText, start] = mark.split('-')
  const pid = Number(pidText)
  if (host !== hostMark() || !Number.isSafeInteger(pid) || pid <= 0) return 'unknown'
  if (!isRunning(pid)) return 'dead'
  const stat = statOf(pid)
  // Nobody has asked yet how it ended, but it has.
  if (stat?.state === 'Z') return 'dead'
  return stat === undefined || stat.start === start || start === '0' ? 'alive' : 'dead'
}

let own: string | undefined
let host: string | undefined

/** Pids mean something only within one machine and one pid namespace. */
function hostMark(): string {
  host ??= createHash('sha256').update(`${hostname()}\0${pidNamespace()}`).digest('hex').slice(0, 8)
  return host
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** State, and clock ticks between boot and the process's start (proc(5), fields 3 and 22); undefined where there is no /proc. */
function statOf(pid: number): { readonly state: string; readonly start: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The command in field 2 may hold blanks and parentheses: count from its last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0] ?? '', start: fields[19] ?? '0' }
  } catch {
    return undefined
  }
}
