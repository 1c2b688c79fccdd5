import { mkdirSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { defaultFolders } from '../store/folders.ts'

/**
 * Keeps what Node compiles of the program in the user's cache folder, for the next start to load. To be called before the program itself
 * is imported. Where it cannot be kept, it is compiled again: nobody is told.
 */
export function useCompileCache(args: readonly string[]): void {
  const folder = join(cacheDirOf(args), 'code')
  try {
    // For the user alone, as all of the cache folder is; Node's own way would leave it open to be read.
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    enableCompileCache(folder)
  } catch {
    // Not a folder of ours to write to.
  }
}

/** As the option and its variable will say when they are parsed, which is too late for this. */
function cacheDirOf(args: readonly string[]): string {
  const option = '--cache-dir'
  const joined = args.find((arg) => arg.startsWith(`${option}=`))?.slice(option.length + 1)
  const given = args.includes(option) ? args[args.indexOf(option) + 1] : joined
  return given || process.env['OCCYSTRAP_CACHE_DIR'] || defaultFolders().cacheDir
}
