import { accessSync, constants, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'

/** Where programs of root's lie that a user's PATH need not name. */
const FOR_ROOT = ['/usr/local/sbin', '/usr/sbin', '/sbin']

/** The first of some programs that this computer has. */
export function firstInstalled<Name extends string>(names: readonly Name[]): Name | undefined {
  const path = [process.env['PATH'] ?? '', ...FOR_ROOT].join(':')
  return names.find((name) => isOnPath(name, path))
}

/** Only absolute folders: a relative one would make what runs depend on the working directory. */
export function isOnPath(name: string, path: string): boolean {
  return path
    .split(':')
    .filter((folder) => isAbsolute(folder))
    .some((folder) => isProgram(join(folder, name)))
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
