import { randomBytes } from 'node:crypto'
import { link, lstat, mkdir, open, readdir, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ImageError } from '../../shared/errors.ts'
import { removeTree } from './remove-tree.ts'
import { ownerMark, ownerState } from '../image/process-owner.ts'
import { roomError } from '../image/free-space.ts'

const PATTERN = /^\.occystrap-([0-9a-f]+-\d+-\d+)-[0-9a-f]{16}\.tmp$/

/** Whoever made a leftover out of our sight (another machine of a shared folder) is taken for dead after this long. */
const FOREIGN_AGE = 7 * 24 * 3600 * 1000

/**
 * A private folder on the destination's file system, in which everything is made before it is renamed into place. Its name says who
 * owns it, so that what a killed process left is told from what a living one is making.
 */
export class Staging implements AsyncDisposable {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  /** Below `folder`, which exists; clears there what dead processes left. Not found, not a folder and no permission are said in words. */
  static async create(folder: string): Promise<Staging> {
    await clearLeftovers(folder)
    const path = join(folder, `.occystrap-${ownerMark()}-${randomBytes(8).toString('hex')}.tmp`)
    try {
      await mkdir(path, { mode: 0o700 })
    } catch (error) {
      throw roomError(folderError(folder, error), folder, 0)
    }
    return new Staging(path)
  }

  file(name: string): string {
    return join(this.path, name)
  }

  /** Moves a file that is on the disk to its place and makes that durable. Without `overwrite` a file of that name fails with `exists`. */
  async commit(name: string, target: string, { overwrite }: { readonly overwrite: boolean }): Promise<void> {
    if (overwrite) await rename(this.file(name), target)
    else await moveToFree(this.file(name), target)
    await syncFolder(dirname(target))
  }

  /** What cannot be removed has a name that the next start clears: it must not make a failure of a job that is done. */
  async [Symbol.asyncDispose](): Promise<void> {
    await removeTree(this.path).catch(() => {})
  }
}

/** A link fails where the name is taken, a rename does not. File systems without links are looked at first, which others may outrun. */
async function moveToFree(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    const isTaken = code === 'EEXIST' || (await isThere(to))
    if (isTaken)
      throw new ImageError('exists', `${to} exists already.`, {
        remedy: 'Choose another name.',
        cause: error,
      })
    await rename(from, to)
  }
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}

/** Removes the staging folders of processes that are gone. What cannot be removed is left: it is in nobody's way. */
export async function clearLeftovers(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  for (const name of names) {
    const mark = PATTERN.exec(name)?.[1]
    if (mark === undefined) continue
    const path = join(folder, name)
    const state = ownerState(mark)
    if (state === 'dead' || (state === 'unknown' && (await ageOf(path)) > FOREIGN_AGE))
      await removeTree(path).catch(() => {})
  }
}

async function ageOf(path: string): Promise<number> {
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }))
  return Date.now() - mtimeMs
}

/**
 * Makes the names in a folder survive a power cut, where the system can: Windows and some network file systems cannot, and what was
 * renamed is whole and visible all the same.
 */
export async function syncFolder(path: string): Promise<void> {
  try {
    await using handle = await open(path, 'r')
    await handle.sync()
  } catch {
    // See above.
  }
}

/** A new file that is on the disk when this settles. */
export async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
  await writeFile(path, content, { flag: 'wx', flush: true })
}

function folderError(folder: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  if (code === 'ENOENT')
    return new ImageError('not-found', `The folder ${folder} does not exist.`, {
      remedy: 'Create it first, or choose another place.',
      cause: error,
    })
  if (code === 'ENOTDIR')
    return new ImageError('io', `${folder} is not a folder.`, {
      remedy: 'Choose another place.',
      cause: error,
    })
  if (['EACCES', 'EPERM', 'EROFS'].includes(code))
    return new ImageError('permission', `${folder} cannot be written to.`, {
      remedy: 'Choose another place, or change its permissions.',
      cause: error,
    })
  return error
}
