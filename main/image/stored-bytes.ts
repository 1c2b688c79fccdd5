import { readSync } from 'node:fs'
import { ImageError } from '../../shared/errors.ts'
import type { SharedProgress } from './shared-progress.ts'

const CHUNK = 1024 * 1024

/**
 * The bytes of a blob in an open file from `from` on, read on this thread, which waits for those that have yet to come. A chunk is valid
 * until the next is asked for. Fails with `cancelled` when told to stop.
 */
export async function* storedBytes(
  blob: { readonly fd: number; readonly offset: number; readonly size: number },
  progress: SharedProgress,
  from: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { fd, offset, size } = blob
  const buffer = Buffer.allocUnsafeSlow(CHUNK)
  for (let position = from; position < size;) {
    const readable = Math.min(progress.waitBeyond(position), size)
    const got = readSync(fd, buffer, 0, Math.min(buffer.length, readable - position), offset + position)
    if (got === 0)
      throw new ImageError('truncated', 'The file ends before it should.', {
        remedy: 'It may be incomplete or have changed; fetch or save it again.',
      })
    position += got
    yield buffer.subarray(0, got)
  }
}
