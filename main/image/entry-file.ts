import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The file of a process or thread: its source beside the module `here` while the sources run, its built file in the build (where the
 * module may stand in a chunk).
 */
export function entryFile(name: string, here: string): string {
  const own = fileURLToPath(here)
  const folder = dirname(own)
  if (own.endsWith('.ts')) return join(folder, `${name}.ts`)
  return join(basename(folder) === 'chunks' ? dirname(folder) : folder, `${name}.js`)
}
