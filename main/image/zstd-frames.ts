import { ImageError } from '../../shared/errors.ts'
import { ChunkInput } from './chunk-input.ts'
import { damaged, truncated } from './compression-errors.ts'

const FRAME_MAGIC = 0xfd2f_b528
/** A decoder must take 8 MiB and may refuse more (RFC 8878, 3.1.1.1.2); `zstd -d` takes 128 MiB, and so do we. */
const MAX_WINDOW = 128 * 1024 * 1024

/**
 * Cuts zstd data where its frames end and leaves skippable ones out (RFC 8878, 3.1). Node's decompressor takes several frames, but drops
 * what follows one in the same write: so each frame must end a chunk. A chunk is valid until the next is asked for.
 */
export async function* splitZstdFrames(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  await using input = new ChunkInput(source)
  let hasFrame = false
  while (input.has(1) || (await input.fill(1))) {
    await need(input, 4)
    const magic = input.buffer.readUInt32LE(input.at)
    if (magic === FRAME_MAGIC) {
      hasFrame = true
      yield* readFrame(input)
    } else if ((magic & 0xffff_fff0) === 0x184d_2a50) {
      await need(input, 8)
      const length = input.buffer.readUInt32LE(input.at + 4)
      input.at += 8
      await input.skip(length)
    } else throw damaged('zstd', 'frame header')
  }
  if (!hasFrame) throw truncated('zstd')
}

/** One frame: its header, its blocks, its checksum. */
async function* readFrame(input: ChunkInput): AsyncGenerator<Uint8Array, void, undefined> {
  await need(input, 5)
  const descriptor = input.buffer[input.at + 4] as number
  const isSingleSegment = (descriptor & 0x20) !== 0
  const hasChecksum = (descriptor & 0x04) !== 0
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] as number
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] as number
  const headerSize = 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes + sizeBytes
  await need(input, headerSize)
  const header = input.buffer.subarray(input.at, input.at + headerSize)
  checkWindow(isSingleSegment ? contentSize(header, sizeBytes) : windowSize(header[5] as number))
  let from = input.at
  input.at += headerSize
  for (let isLast = false; !isLast;) {
    if (!input.has(3)) {
      if (input.at > from) yield input.buffer.subarray(from, input.at)
      await need(input, 3)
      from = input.at
    }
    const block = input.buffer.readUIntLE(input.at, 3)
    isLast = (block & 1) === 1
    // A run (type 1) is one byte, whatever its size says.
    const size = ((block >> 1) & 3) === 1 ? 1 : block >> 3
    let left = 3 + size + (isLast && hasChecksum ? 4 : 0)
    while (left > input.available) {
      left -= input.available
      if (from < input.buffer.length) yield input.buffer.subarray(from)
      if (!(await input.next())) throw truncated('zstd')
      from = 0
    }
    input.at += left
  }
  if (input.at > from) yield input.buffer.subarray(from, input.at)
}

/** The exponent's upper five bits and three of mantissa (RFC 8878, 3.1.1.1.2). */
function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3))
  return base + (base / 8) * (descriptor & 7)
}

/** A frame in one segment has its content for a window. */
function contentSize(header: Buffer, bytes: number): number {
  const at = header.length - bytes
  if (bytes === 8) return Number(header.readBigUInt64LE(at))
  return header.readUIntLE(at, bytes) + (bytes === 2 ? 256 : 0)
}

function checkWindow(size: number): void {
  if (size > MAX_WINDOW)
    throw new ImageError('limit', 'The zstd data needs more than 128 MiB of memory to decompress.', {
      remedy: 'Compress it again with `zstd --long=27` or less.',
    })
}

async function need(input: ChunkInput, length: number): Promise<void> {
  if (!input.has(length) && !(await input.fill(length))) throw truncated('zstd')
}
