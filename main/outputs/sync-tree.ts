import { open } from 'node:fs/promises'
import { hostLibc } from './rootfs/host-libc.ts'

/** All that was written in a folder's file system is on the disk before its name is. */
export async function syncTree(path: string): Promise<void> {
  await using handle = await open(path, 'r')
  hostLibc().syncFileSystem(handle.fd)
}
