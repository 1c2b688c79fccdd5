import { readSync, writeSync } from 'node:fs'
import { ImageError, reportOf } from '../../shared/errors.ts'
import type { LayerTarget } from './element.ts'
import { requireSpace, roomError } from './free-space.ts'
import { verifiedTar } from './layer-bytes.ts'
import type { LayerRead, LayerReading } from './layer-reading.ts'
import { SharedProgress } from './shared-progress.ts'
import { TarScan } from './tar-scan.ts'
import { serveThread } from './thread-port.ts'

const CHUNK = 1024 * 1024
/** As often as a file sink asks. */
const SPACE_STEP = 8 * 1024 * 1024

serveThread(readLayer)

async function readLayer(reading: LayerReading): Promise<LayerRead> {
  const { diffID, compression, digest, name, wantsEntries, target } = reading
  const progress = new SharedProgress(reading.progress)
  const stored = {
    diffID,
    compression,
    digest,
    from: (position: number) => storedBytes(reading, progress, position),
  }
  const scan = wantsEntries ? new TarScan() : undefined
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
    ? { size, entries: entries.table.columns }
    : { size, failure: reportOf(entries.error) }
}

async function* storedBytes(
  { fd, offset, size }: LayerReading,
  progress: SharedProgress,
  from: number,
): AsyncGenerator<Uint8Array, void, undefined> {
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
    progress.done = position
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
