import { writeSync } from 'node:fs'
import { reportOf } from '../../shared/errors.ts'
import type { LayerTarget } from './element.ts'
import { requireSpace, roomError } from './free-space.ts'
import { verifiedTar } from './layer-bytes.ts'
import type { LayerRead, LayerReading } from './layer-reading.ts'
import { SharedProgress } from './shared-progress.ts'
import { storedBytes } from './stored-bytes.ts'
import { TarScan } from './tar-scan.ts'

/** As often as a file sink asks. */
const SPACE_STEP = 8 * 1024 * 1024

/** Reads a layer through, on a thread. */
export async function perform(reading: LayerReading): Promise<LayerRead> {
  const { diffID, compression, digest, name, wantsEntries, wantsHashes, target } = reading
  const progress = new SharedProgress(reading.progress)
  const stored = {
    diffID,
    compression,
    digest,
    from: (position: number) => told(storedBytes(reading, progress, position), progress),
  }
  const scan = wantsEntries || wantsHashes ? new TarScan({ wantsHashes }) : undefined
  const write = target && writerTo(target)
  let size = 0
  for await (const chunk of verifiedTar(stored, { name, isBlocking: true })) {
    scan?.push(chunk)
    size += chunk.length
    await write?.(chunk)
  }
  const entries = scan?.end()
  if (!entries) return { size }
  return 'table' in entries
    ? { size, entries: entries.table.columns, ...(entries.hashes ? { hashes: entries.hashes } : {}) }
    : { size, failure: reportOf(entries.error) }
}

/** Says how far it is. */
async function* told(
  bytes: AsyncIterable<Uint8Array>,
  progress: SharedProgress,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of bytes) {
    yield chunk
    progress.done += chunk.length
  }
}

function writerTo({ fd, position, place }: LayerTarget): (chunk: Uint8Array) => Promise<void> {
  let written = 0
  let nextCheck = 0
  return async (chunk) => {
    if (written >= nextCheck) {
      await requireSpace(place, chunk.length)
      nextCheck = written + SPACE_STEP
    }
    try {
      for (let done = 0; done < chunk.length;) {
        const count = writeSync(fd, chunk, done, chunk.length - done, position + written)
        done += count
        written += count
      }
    } catch (error) {
      throw roomError(error, place, written)
    }
  }
}
