import { mkdir, opendir, realpath, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import type { FolderEntry } from '../../shared/contract.ts'
import { ImageError } from '../../shared/errors.ts'
import { visible } from '../../shared/path-bytes.ts'
import { isAtOrBelow } from '../rpc/grants.ts'
import type { FolderListing, Picker } from '../rpc/host-services.ts'

/** More than anyone scrolls through; who has more types a path. */
const MAX_ENTRIES = 5000
/** The kernel's own trees look like files and are not. */
const KERNEL_FOLDERS = ['/proc', '/sys', '/dev']

/** Lists folders of this machine for a window that has no dialogs: regular files and folders, also through links. */
export class FolderPicker implements Picker {
  readonly #refused: readonly string[]

  /** `refused`: folders of ours that hold nothing to open. */
  constructor(refused: readonly string[]) {
    this.#refused = [...refused, ...KERNEL_FOLDERS]
  }

  async list({
    path,
    showHidden,
  }: {
    path?: string | undefined
    showHidden: boolean
  }): Promise<FolderListing> {
    const folder = resolve(path ?? homedir())
    await this.#assertShown(path ?? folder)
    const entries: FolderEntry[] = []
    let isTruncated = false
    const directory = await opendir(folder)
    for await (const { name } of directory) {
      if (!showHidden && name.startsWith('.')) continue
      if (entries.length === MAX_ENTRIES) {
        isTruncated = true
        break
      }
      const entry = await entryOf(folder, name)
      if (entry && !this.#isRefused(entry.path)) entries.push(entry)
    }
    entries.sort(byTypeAndName)
    const parent = dirname(folder)
    return { path: folder, parent: parent === folder ? null : parent, entries, isTruncated }
  }

  async createFolder({ parent, name }: { parent: string; name: string }): Promise<{ path: string }> {
    // oxlint-disable-next-line no-control-regex
    if (/[/\\\u0000-\u001f\u007f]/.test(name) || name === '.' || name === '..')
      throw new ImageError('usage', `"${visible(name)}" cannot be the name of a folder.`)
    await this.#assertShown(parent)
    const path = join(resolve(parent), name)
    await mkdir(path)
    return { path }
  }

  async #assertShown(path: string): Promise<void> {
    if (!isAbsolute(path)) throw new ImageError('usage', `${visible(path)} is not an absolute path.`)
    if (this.#isRefused(await realpath(path)))
      throw new ImageError('permission', `${visible(path)} is not shown here.`, {
        remedy: 'Choose another folder.',
      })
  }

  #isRefused(path: string): boolean {
    return this.#refused.some((folder) => isAtOrBelow(path, folder))
  }
}

/** Undefined for what is neither a regular file nor a folder, or cannot be looked at. */
async function entryOf(folder: string, name: string): Promise<FolderEntry | undefined> {
  const path = join(folder, name)
  const stats = await stat(path).catch(() => undefined)
  if (!stats?.isFile() && !stats?.isDirectory()) return undefined
  return {
    name,
    path,
    type: stats.isDirectory() ? 'directory' : 'file',
    size: stats.isDirectory() ? 0 : stats.size,
    mtime: stats.mtimeMs,
  }
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })

function byTypeAndName(a: FolderEntry, b: FolderEntry): number {
  if (a.type !== b.type) return a.type === 'directory' ? -1 : 1
  return collator.compare(a.name, b.name)
}
