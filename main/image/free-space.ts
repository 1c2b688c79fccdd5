import { statfsSync, type StatsFs } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { ImageError } from '../../shared/errors.ts'

/** What a disk keeps for others: a hundredth of it, but no more than this. */
const LARGEST_RESERVE = 256 * 1024 ** 2

/** Bytes that may still be written to the file system of `folder`: what is free to this user, less the reserve. */
export async function bytesFree(folder: string): Promise<number> {
  return usable(await statfs(folder))
}

/** The same for a thread that has nothing else to do. */
export function bytesFreeNow(folder: string): number {
  return usable(statfsSync(folder))
}

function usable({ bavail, blocks, bsize }: StatsFs): number {
  const reserve = Math.min(LARGEST_RESERVE, (blocks * bsize) / 100)
  return Math.max(0, Math.floor(bavail * bsize - reserve))
}

/** Fails with `no-space` where `bytes` more would touch the reserve. */
export async function requireSpace(folder: string, bytes: number): Promise<void> {
  const free = await bytesFree(folder)
  if (bytes <= free) return
  throw new ImageError('no-space', `There is not enough room in ${folder}: ${megabytes(bytes, free)}.`, {
    remedy: 'Free some space or choose another place.',
    detail: `${bytes} bytes are needed, ${free} may be used.`,
  })
}

/** A failed write in words: the disk that was asked may fill up all the same, by others, a quota or a limit. Other errors as they are. */
export function roomError(error: unknown, folder: string, written: number): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  const reason = FULL[code]
  if (reason === undefined) return error
  return new ImageError(
    'no-space',
    // A limit of one file says nothing of how much there was to write.
    `There is not enough room in ${folder}: ${reason}${code === 'EFBIG' ? '' : ` after ${Math.floor(written / 1e6)} MB`}.`,
    {
      remedy: 'Free some space or choose another place.',
      detail: `${written} bytes were written`,
      cause: error,
    },
  )
}

const FULL: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk was full',
  EDQUOT: 'the quota was used up',
  EFBIG: 'the largest size of a file was reached',
}

function megabytes(needed: number, free: number): string {
  return `${Math.ceil(needed / 1e6)} MB are needed and ${Math.floor(free / 1e6)} MB may be used`
}
