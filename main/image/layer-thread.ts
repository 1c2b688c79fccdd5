import { writeSync } from 'node:fs'
import { reportOf } from '../../shared/errors.ts'
import type { LayerTarget } from './element.ts'
import { requireSpace, roomError } from './free-space.ts'
import { verifiedTar } from './layer-bytes.ts'
import type { LayerRead, LayerReading } from './layer-reading.ts'
import { LayerSpool } from './layer-spool.ts'
import { SharedProgress } from './shared-progress.ts'
import { storedBytes } from './stored-bytes.ts'
import { FileHashing, TarScan } from './tar-scan.ts'

/** As often as a file sink asks. */
const SPACE_STEP = 8 * 1024 * 1024

/** Reads a layer through, on a thread. */
export async function perform(reading: LayerReading): Promise<LayerRead> {
  const { diffID, compression, digest, name, wantsEntries, wantsHashes, spoolFolder, target } = reading
  const progress = new SharedProgress(reading.progress)
  const stored = {
    diffID,
    compression,
    digest,
    from: (position: number) => told(storedBytes(reading, progress, position), progress),
  }
  const hashing = wantsHashes ? new FileHashing() : undefined
  using spool = spoolFolder === undefined ? undefined : new LayerSpool(spoolFolder)
  const scan = wantsEntries || hashing ? new TarScan(hashing ?? spool) : undefined
  const write = target && writerTo(target)
  let size = 0
  for await (const chunk of verifiedTar(stored, { name, isBlocking: true })) {
    if (scan && spool) spool.push(chunk, scan)
    else scan?.push(chunk)
    size += chunk.length
    await write?.(chunk)
  }
  const entries = scan?.end()
  if (!entries) return { size }
  if ('error' in entries) return { size, failure: reportOf(entries.error) }
  return { size, entries: entries.table.columns, hashes: hashing?.hashes(), isSpooled: spool?.isWhole }
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
