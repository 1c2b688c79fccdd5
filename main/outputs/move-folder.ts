import { chmod, lstat, rename } from 'node:fs/promises'

/**
 * Renames a folder into another one. Its `..` is written for that, so that without root it has to be writable itself, which the root of an
 * image may not be.
 */
export async function moveFolder(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error
    const mode = (await lstat(from)).mode & 0o7777
    await chmod(from, mode | 0o200)
    const moved = await rename(from, to).then(
      () => to,
      async (second: unknown) => {
        await chmod(from, mode)
        throw second
      },
    )
    await chmod(moved, mode)
  }
}
