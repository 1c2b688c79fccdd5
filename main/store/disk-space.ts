import { statfs } from 'node:fs/promises'
import { ImageError } from '../../shared/errors.ts'

/** What is left free of every file system we fill: a twentieth of it, but no more than this. A disk filled to the brim stops other programs. */
const MAX_RESERVE = 1024 ** 3

/** Bytes that may still be written below `path` before the reserve is touched. */
export async function roomAt(path: string): Promise<number> {
  const { bsize, blocks, bavail } = await statfs(path)
  return bavail * bsize - Math.min((blocks * bsize) / 20, MAX_RESERVE)
}

export function noSpace(path: string): ImageError {
  return new ImageError('no-space', `The disk that holds ${path} is full but for its reserve.`, {
    remedy: 'Free some space, or choose another folder for the cache.',
  })
}
