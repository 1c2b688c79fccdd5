import { lstat, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hexOf, type Digest } from '../../shared/digest.ts'
import { CATALOG, parseCatalog, type Catalog } from './directory-catalog.ts'

/** The catalog of a directory of images; empty where there is none. */
export async function readCatalog(path: string): Promise<Catalog> {
  const file = join(path, CATALOG)
  return parseCatalog((await textOf(file)) ?? '{}', file)
}

/** Bytes of the file a directory has for a layer; undefined where it has none. What they are is not looked at. */
export async function sizeOfLayer(path: string, diffID: Digest): Promise<number | undefined> {
  const stats = await lstat(join(path, hexOf(diffID), 'layer.tar')).catch(() => undefined)
  return stats?.isFile() ? stats.size : undefined
}

export async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
