import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The files named on a command line, absolute. `argv` starts after the program (and, unpackaged, after its folder). What looks like an
 * option is Chromium's, not a file, unless it stands behind `--`; desktops hand over `file:` URLs.
 */
export function argumentPaths(argv: readonly string[], workingFolder: string): string[] {
  const end = argv.indexOf('--')
  const before = end === -1 ? argv : argv.slice(0, end)
  const after = end === -1 ? [] : argv.slice(end + 1)
  return [...before.filter((argument) => argument !== '' && !argument.startsWith('-')), ...after].flatMap(
    (argument) => pathOf(argument, workingFolder) ?? [],
  )
}

function pathOf(argument: string, workingFolder: string): string | undefined {
  if (!argument.startsWith('file:')) return resolve(workingFolder, argument)
  try {
    return fileURLToPath(argument)
  } catch {
    return undefined
  }
}
