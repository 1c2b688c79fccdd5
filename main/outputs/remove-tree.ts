import { chmod, readdir, rm } from 'node:fs/promises'

/** Removes a folder of ours with all in it, also directories that may not be written, as an image has them and only root removes at once. */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true, maxRetries: 3 })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (!['EACCES', 'EPERM', 'ENOTEMPTY'].includes(code)) throw error
    await openUp(Buffer.from(path))
    await rm(path, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** Names are bytes. Only what the listing calls a directory is changed: a link leads elsewhere. */
async function openUp(folder: Buffer): Promise<void> {
  await chmod(folder, 0o700)
  for (const entry of await readdir(folder, { withFileTypes: true, encoding: 'buffer' }))
    if (entry.isDirectory()) await openUp(Buffer.concat([folder, SLASH, entry.name]))
}

const SLASH = Buffer.from('/')
