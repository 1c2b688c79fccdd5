import { join } from 'node:path'
import { command } from './command.ts'
import { linesOf } from './occystrap.ts'

const TREE = join(import.meta.dirname, 'tree-on-disk.py')

interface PathOnDisk {
  readonly path: string
  readonly inode?: number
}

/** Every path below a folder with all that lstat says, times to the nanosecond; hard links are named by the first of their paths. */
export async function treeAt(folder: string): Promise<Record<string, unknown>> {
  const paths = linesOf<PathOnDisk>(await command('python3', [TREE, folder, 'nanoseconds']))
  const first = new Map<number, string>()
  const tree: Record<string, unknown> = {}
  for (const { path, inode, ...rest } of paths.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    if (inode !== undefined && !first.has(inode)) first.set(inode, path)
    tree[Buffer.from(path, 'base64').toString('latin1')] = {
      ...rest,
      ...(inode === undefined ? {} : { sameAs: first.get(inode) }),
    }
  }
  return tree
}
