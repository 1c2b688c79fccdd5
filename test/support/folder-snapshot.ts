import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/** Everything below a folder, hidden and temporary names too: path to type and content. Equal snapshots are equal folders. */
export function snapshotOf(folder: string): Record<string, string> {
  const found: Record<string, string> = {}
  const visit = (path: string): void => {
    for (const name of readdirSync(join(folder, path)).sort()) {
      const at = join(path, name)
      const stats = lstatSync(join(folder, at))
      if (stats.isDirectory()) {
        found[at] = 'folder'
        visit(at)
      } else if (stats.isSymbolicLink()) found[at] = `link to ${readlinkSync(join(folder, at))}`
      else if (stats.isFile())
        found[at] = `file ${createHash('sha256')
          .update(readFileSync(join(folder, at)))
          .digest('hex')}`
      else found[at] = 'special'
    }
  }
  visit('')
  return found
}
