import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { ImageError } from '../../shared/errors.ts'
import { ChunkInput } from './chunk-input.ts'
import { Crc64 } from './crc64.ts'
import { damaged, truncated } from './compression-errors.ts'
import { Lzma2Decoder } from './lzma2.ts'

/** `xz -9` takes 64 MiB. The window is all that grows with the file's wishes; its pages come as they are used. */
const MAX_DICTIONARY = 64 * 1024 * 1024
const MAGIC = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])
const LZMA2 = 0x21
/** Bytes of each kind of check, the ones nobody has defined included (xz-file-format 2.1.1.2). */
const CHECK_SIZES = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64]

/**
 * Reads .xz streams, one after the other, padding between them included (xz-file-format 1.0.4), and checks every CRC in them. A chunk is
 * valid until the next is asked for.
 */
export async function* unxz(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  await using input = new ChunkInput(source)
  const reader = new Reader(input)
  for (let isFirst = true; isFirst || (await reader.skipPadding()); isFirst = false) yield* readStream(reader)
}

async function* readStream(reader: Reader): AsyncGenerator<Uint8Array, void, undefined> {
  const header = await reader.take(12)
  if (!MAGIC.equals(header.subarray(0, 6)) || crc32(header.subarray(6, 8)) !== header.readUInt32LE(8))
    throw damaged('xz', 'stream header')
  const flags = header.readUInt16LE(6)
  // The first byte of the flags and the upper half of the second are reserved.
  if ((flags & 0xf0ff) !== 0) throw unsupported('stream flags')
  const blocks: BlockSums = { count: 0, unpadded: 0, unpacked: 0 }
  for (;;) {
    const [headerSize] = await reader.peek(1)
    if (headerSize === 0) break
    yield* readBlock(reader, (flags >> 8) & 0xf, blocks)
  }
  await readIndex(reader, blocks)
  const footer = await reader.take(12)
  const isFooter =
    footer.toString('latin1', 10) === 'YZ' &&
    crc32(footer.subarray(4, 10)) === footer.readUInt32LE(0) &&
    footer.readUInt16LE(8) === flags
  if (!isFooter) throw damaged('xz', 'stream footer')
}

/** What the index must say of the blocks before it. */
interface BlockSums {
  count: number
  unpadded: number
  unpacked: number
}

async function* readBlock(
  reader: Reader,
  checkType: number,
  sums: BlockSums,
): AsyncGenerator<Uint8Array, void, undefined> {
  const start = reader.position
  const [sizeByte = 0] = await reader.peek(1)
  const header = await reader.take((sizeByte + 1) * 4)
  const decoder = new Lzma2Decoder(dictionarySizeOf(header))
  const check = checkOf(checkType)
  const dataStart = reader.position
  let unpacked = 0
  for await (const piece of readLzma2(reader, decoder)) {
    check?.update(piece)
    unpacked += piece.length
    yield piece
  }
  const padding = await reader.take(-(reader.position - dataStart) & 3)
  if (padding.some((byte) => byte !== 0)) throw damaged('xz', 'block padding')
  const expected = await reader.take(CHECK_SIZES[checkType] as number)
  if (check && !check.digest().equals(expected)) throw damaged('xz', 'check of a block')
  sums.count++
  sums.unpadded += reader.position - start - padding.length
  sums.unpacked += unpacked
}

/** Checks a block header and gives the dictionary's size, all that is needed of it. */
function dictionarySizeOf(header: Buffer): number {
  const end = header.length - 4
  if (crc32(header.subarray(0, end)) !== header.readUInt32LE(end)) throw damaged('xz', 'block header')
  const fields = new Fields(header.subarray(0, end), 1)
  const flags = fields.byte()
  if ((flags & 0x3c) !== 0) throw unsupported('block flags')
  // Sizes, where they are given, repeat what the data and the index say.
  if ((flags & 0x40) !== 0) fields.integer()
  if ((flags & 0x80) !== 0) fields.integer()
  if ((flags & 3) !== 0 || fields.integer() !== LZMA2 || fields.integer() !== 1)
    throw unsupported('filters other than LZMA2')
  const bits = fields.byte()
  if (bits > 40) throw unsupported('dictionary size')
  const size = (2 | (bits & 1)) * 2 ** ((bits >> 1) + 11)
  if (size > MAX_DICTIONARY)
    throw new ImageError('limit', 'The xz data needs more than 64 MiB of memory to decompress.', {
      remedy: 'Compress it again with `xz -9` or less.',
    })
  return size
}

async function* readLzma2(
  reader: Reader,
  decoder: Lzma2Decoder,
): AsyncGenerator<Uint8Array, void, undefined> {
  // The first chunk must reset the dictionary, the first compressed one the state and its properties, too.
  let needs: 'dictionary' | 'properties' | 'nothing' = 'dictionary'
  for (;;) {
    const [control = 0] = await reader.take(1)
    if (control === 0) return
    if (control >= 0xe0 || control === 1) decoder.resetDictionary()
    else if (needs === 'dictionary') throw damaged('xz', 'first chunk')
    const start = decoder.position
    if (control >= 0x80) {
      const head = await reader.take(control >= 0xc0 ? 5 : 4)
      const length = ((control & 0x1f) << 16) + head.readUInt16BE(0) + 1
      const packed = head.readUInt16BE(2) + 1
      if (control >= 0xc0) needs = 'nothing'
      else if (needs !== 'nothing') throw damaged('xz', 'chunk')
      if (control >= 0xc0 && !decoder.setProperties(head[4] as number)) throw damaged('xz', 'properties')
      if (control >= 0xa0) decoder.resetState()
      if (!decoder.decode(await reader.take(packed), length)) throw damaged('xz', 'chunk')
    } else {
      if (control > 2) throw damaged('xz', 'chunk')
      if (needs === 'dictionary') needs = 'properties'
      const length = (await reader.take(2)).readUInt16BE(0) + 1
      decoder.copy(await reader.take(length))
    }
    if (decoder.position > start) yield decoder.window.subarray(start, decoder.position)
    else {
      yield decoder.window.subarray(start)
      if (decoder.position > 0) yield decoder.window.subarray(0, decoder.position)
    }
  }
}

/** The index after the last block: it is held against what was read, not kept. */
async function readIndex(reader: Reader, blocks: BlockSums): Promise<void> {
  const start = reader.position
  let crc = crc32(await reader.take(1))
  const integer = async (): Promise<number> => {
    let value = 0
    for (let shift = 0; shift < 63; shift += 7) {
      const byte = await reader.take(1)
      crc = crc32(byte, crc)
      value += ((byte[0] as number) & 0x7f) * 2 ** shift
      if ((byte[0] as number) < 0x80) return value
    }
    throw damaged('xz', 'index')
  }
  const count = await integer()
  const sums: BlockSums = { count, unpadded: 0, unpacked: 0 }
  if (count !== blocks.count) throw damaged('xz', 'index')
  for (let i = 0; i < count; i++) {
    sums.unpadded += await integer()
    sums.unpacked += await integer()
  }
  crc = crc32(await reader.take(-(reader.position - start) & 3), crc)
  const isRight = sums.unpadded === blocks.unpadded && sums.unpacked === blocks.unpacked
  if (!isRight || (await reader.take(4)).readUInt32LE(0) !== crc) throw damaged('xz', 'index')
}

interface Check {
  update(bytes: Uint8Array): void
  digest(): Buffer
}

/** A check of a kind nobody has defined is passed over, as the specification allows. */
function checkOf(type: number): Check | undefined {
  switch (type) {
    case 1:
      return new Crc32()
    case 4:
      return new Crc64()
    case 10:
      return createHash('sha256')
    default:
      return undefined
  }
}

class Crc32 implements Check {
  #value = 0

  update(bytes: Uint8Array): void {
    this.#value = crc32(bytes, this.#value)
  }

  digest(): Buffer {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(this.#value)
    return bytes
  }
}

/** Numbers in a block header that is there as a whole. */
class Fields {
  readonly #bytes: Buffer
  #at: number

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.#at = at
  }

  byte(): number {
    const byte = this.#bytes[this.#at++]
    if (byte === undefined) throw damaged('xz', 'block header')
    return byte
  }

  /** Seven bits a byte, the least first (xz-file-format 1.2). */
  integer(): number {
    let value = 0
    for (let shift = 0; shift < 63; shift += 7) {
      const byte = this.byte()
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    throw damaged('xz', 'block header')
  }
}

/** The input with a place in the whole file; everything asked for must be there. */
class Reader {
  position = 0
  readonly #input: ChunkInput

  constructor(input: ChunkInput) {
    this.#input = input
  }

  /** Valid until the next call. */
  async peek(length: number): Promise<Buffer> {
    const input = this.#input
    if (!input.has(length) && !(await input.fill(length))) throw truncated('xz')
    return input.buffer.subarray(input.at, input.at + length)
  }

  async take(length: number): Promise<Buffer> {
    const bytes = await this.peek(length)
    this.#input.at += length
    this.position += length
    return bytes
  }

  /** Zeros in fours after a stream; whether anything follows them. */
  async skipPadding(): Promise<boolean> {
    while (this.#input.has(1) || (await this.#input.fill(1))) {
      const [first] = await this.peek(1)
      if (first !== 0) return true
      if ((await this.take(4)).readUInt32LE(0) !== 0) throw damaged('xz', 'stream padding')
    }
    return false
  }
}

function unsupported(what: string): ImageError {
  return new ImageError('unsupported', `The xz data uses ${what}, which Occystrap does not read.`, {
    remedy: 'Decompress it with `xz -d` first.',
  })
}
