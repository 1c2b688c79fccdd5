import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'

/** What looking for engines asks of the disk; a test answers from memory. */
export interface HostFiles {
  /** A file's text; undefined where it cannot be read. */
  read(path: string): string | undefined
  /** Names in a folder, sorted; none where it cannot be read. */
  list(folder: string): string[]
  exists(path: string): boolean
  /** The path with its links followed, as far as it is there. */
  real(path: string): string
}

export const hostFiles: HostFiles = {
  read: (path) => attempt(() => readFileSync(path, 'utf8')),
  list: (folder) => attempt(() => readdirSync(folder).sort()) ?? [],
  exists: (path) => existsSync(path),
  real: (path) => attempt(() => realpathSync(path)) ?? path,
}

function attempt<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}
