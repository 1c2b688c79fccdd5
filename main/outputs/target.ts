import { lstat, realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Stats } from 'node:fs'
import { ImageError } from '../../shared/errors.ts'

/** Where a file will be written: its folder, free of links, and whether a file of that name is there. */
export interface FileTarget {
  readonly path: string
  readonly folder: string
  readonly exists: boolean
}

/** Looks at a file's place before anything moves. Only a regular file may be replaced, and only with `overwrite`. */
export async function fileTarget(
  path: string,
  options: { readonly overwrite: boolean },
): Promise<FileTarget> {
  if (path.endsWith('/'))
    throw new ImageError('usage', `${path} names no file.`, { remedy: 'Add a file name.' })
  const folder = await realFolder(dirname(path))
  const target = join(folder, basename(path))
  const stats = await statsOf(target)
  if (stats?.isDirectory())
    throw new ImageError('exists', `${path} is a folder.`, { remedy: 'Name a file, in it or elsewhere.' })
  if (stats && !stats.isFile())
    throw new ImageError('exists', `${path} is ${kindOf(stats)}, not a file.`, {
      remedy: 'Choose another name.',
    })
  if (stats && !options.overwrite)
    throw new ImageError('exists', `${path} exists already.`, { remedy: 'Choose another name.' })
  return { path: target, folder, exists: stats !== undefined }
}

/** Where a folder will be made or added to; a link to a folder is that folder. `parent` exists. */
export async function folderTarget(
  path: string,
): Promise<{ readonly path: string; readonly parent: string; readonly exists: boolean }> {
  const stats = await statsOf(path)
  if (!stats) {
    const parent = await realFolder(dirname(path))
    return { path: join(parent, basename(path)), parent, exists: false }
  }
  if (!stats.isDirectory() && !stats.isSymbolicLink())
    throw new ImageError('exists', `${path} is ${kindOf(stats)}, not a folder.`, {
      remedy: 'Choose another name.',
    })
  const real = await realFolder(path)
  return { path: real, parent: dirname(real), exists: true }
}

async function realFolder(folder: string): Promise<string> {
  let real: string
  try {
    real = await realpath(folder)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT')
      throw new ImageError('not-found', `The folder ${folder} does not exist.`, {
        remedy: 'Create it first, or choose another place.',
        cause: error,
      })
    throw error
  }
  const stats = await lstat(real)
  if (stats.isDirectory()) return real
  throw new ImageError('io', `${folder} is not a folder.`, { remedy: 'Choose another place.' })
}

async function statsOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function kindOf(stats: Stats): string {
  if (stats.isSymbolicLink()) return 'a symbolic link'
  if (stats.isFIFO()) return 'a pipe'
  if (stats.isSocket()) return 'a socket'
  if (stats.isFile()) return 'a file'
  return 'a device'
}
