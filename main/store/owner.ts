import { readFileSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Who made a temporary file or a lease: a process by its id and, as ids are used again, when it started. */
export interface Owner {
  readonly pid: number
  /** Clock ticks since boot where /proc tells them (proc(5), field 22); '0' where it does not. */
  readonly started: string
}

const MARK = /\.(\d{1,10})-(\d{1,20})\.[0-9a-z]+\.tmp$/

export const thisProcess: Owner = { pid: process.pid, started: startOf(process.pid) ?? '0' }

/** Whether the process still runs. Where its start cannot be read, an equal id counts as alive: better a leftover than a loss. */
export function isAlive(owner: Owner): boolean {
  if (owner.pid === thisProcess.pid) return owner.started === thisProcess.started
  const started = startOf(owner.pid)
  if (started !== undefined) return owner.started === '0' || started === owner.started
  return process.platform !== 'linux' && isRunning(owner.pid)
}

let count = 0

/** `name.<pid>-<start>.<number>.tmp`: a name nobody else makes, that says whose it is. */
export function temporaryName(name: string): string {
  return `${name}.${thisProcess.pid}-${thisProcess.started}.${(count++).toString(36)}.tmp`
}

/** Whose a temporary name is; undefined where it is not one of ours. */
export function ownerOf(name: string): Owner | undefined {
  const match = MARK.exec(name)
  return match ? { pid: Number(match[1]), started: match[2] as string } : undefined
}

/** Removes what dead owners left in the folder: files and folders under temporary names. What lives is left alone. */
export async function clearLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const owner = ownerOf(name)
    if (owner && !isAlive(owner)) await rm(join(folder, name), { recursive: true, force: true })
  }
}

function startOf(pid: number): string | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name in field 2 may hold spaces and parentheses; what follows the last one may not.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
