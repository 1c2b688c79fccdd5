import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { ImageError } from '../../shared/errors.ts'
import { ownerMark, ownerState } from '../image/process-owner.ts'

const PATIENCE = 5000
const PAUSE = 15
/** A mark to break a dead lock is held for a few system calls; one as old as this was left by a kill. */
const STALE_BREAK = 2000

/**
 * Runs `work` while no other process does so for the same path: `<path>.lock` holds its owner's mark. The lock of a dead owner is broken
 * by one process alone: whoever makes `<path>.lock.break` first. Fails with `busy` after five seconds.
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`
  for (const started = performance.now(); !(await make(lock, ownerMark()));) {
    if (performance.now() - started > PATIENCE)
      throw new ImageError('busy', `Another instance of Occystrap keeps ${path} locked.`, {
        remedy: 'Try again, or close the other instance.',
      })
    if (await isDead(lock)) await breakLock(lock)
    else await sleep(PAUSE)
  }
  try {
    return await work()
  } finally {
    await rm(lock, { force: true })
  }
}

/** Whether the file was made with this content by this call: it must never be seen empty, so it appears by one exclusive write. */
async function make(path: string, content: string): Promise<boolean> {
  try {
    await writeFile(path, content, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

async function isDead(lock: string): Promise<boolean> {
  const content = await readFile(lock, 'latin1').catch(() => undefined)
  if (content === undefined) return false
  if (content !== '') return ownerState(content) === 'dead'
  // Made and not yet filled, or its maker died in between.
  return isOlderThan(lock, STALE_BREAK)
}

async function breakLock(lock: string): Promise<void> {
  const breaking = `${lock}.break`
  if (!(await make(breaking, ownerMark()))) {
    if (await isOlderThan(breaking, STALE_BREAK)) await rm(breaking, { force: true })
    else await sleep(PAUSE)
    return
  }
  // Looked at again: another may have broken it, and someone taken it since.
  if (await isDead(lock)) await rm(lock, { force: true })
  await rm(breaking, { force: true })
}

async function isOlderThan(path: string, milliseconds: number): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found !== undefined && Date.now() - found.mtimeMs > milliseconds
}
