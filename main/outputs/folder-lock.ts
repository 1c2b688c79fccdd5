import { open, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ImageError } from '../../shared/errors.ts'
import { ownerMark, ownerState } from '../image/process-owner.ts'

const NAME = '.occystrap.lock'
const PATIENCE = 30_000
const POLL = 25
/** A lock is written right after it is made; one that stays empty this long was left by a killed process. */
const EMPTY_AGE = 5_000

/**
 * One writer at a time in a folder of images, among processes. The lock names its owner, so that one left behind by a killed process
 * is taken over. Fails with `busy` when another holds it for long.
 */
export class FolderLock implements AsyncDisposable {
  readonly #path: string
  readonly #token: string

  private constructor(path: string, token: string) {
    this.#path = path
    this.#token = token
  }

  static async acquire(folder: string, signal: AbortSignal, patience = PATIENCE): Promise<FolderLock> {
    const path = join(folder, NAME)
    const token = `${ownerMark()}-${randomBytes(8).toString('hex')}`
    for (let waited = 0; ; waited += POLL) {
      if (await create(path, token)) return new FolderLock(path, token)
      await removeIfDead(path, token)
      if (waited >= patience) throw folderBusy(folder, `Wait for it; if there is none, remove ${path}.`)
      await sleep(POLL, undefined, { signal })
    }
  }

  /** Whether nobody took the lock for dead: to be asked right before what it protects becomes visible. */
  async isHeld(): Promise<boolean> {
    return (await readFile(this.#path, 'utf8').catch(() => '')) === this.#token
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // One that stays is taken over when this process is gone.
    if (await this.isHeld()) await rm(this.#path, { force: true }).catch(() => {})
  }
}

/** What another writer does stands in the way of this one. */
export function folderBusy(folder: string, remedy = 'Try again when it is done.'): ImageError {
  return new ImageError('busy', `Another program is writing to ${folder}.`, { remedy })
}

async function create(path: string, token: string): Promise<boolean> {
  let handle: FileHandle
  try {
    handle = await open(path, 'wx')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
  try {
    await handle.writeFile(token)
    return true
  } catch (error) {
    await rm(path, { force: true })
    throw error
  } finally {
    await handle.close()
  }
}

/** Moved aside before it is removed: of several that find it dead, one moves it. */
async function removeIfDead(path: string, token: string): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return
  const isDead = text === '' ? (await ageOf(path)) > EMPTY_AGE : ownerState(markOf(text)) === 'dead'
  if (!isDead) return
  const aside = `${path}.${token}`
  try {
    await rename(path, aside)
    await rm(aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

function markOf(token: string): string {
  return token.slice(0, token.lastIndexOf('-'))
}

async function ageOf(path: string): Promise<number> {
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }))
  return Date.now() - mtimeMs
}
