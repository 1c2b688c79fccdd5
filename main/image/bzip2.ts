import { ImageError } from '../../shared/errors.ts'
import { ChunkInput } from './chunk-input.ts'
import { damaged, truncated } from './compression-errors.ts'
import { BitReader, HuffmanCode, MAX_CODE_LENGTH } from './huffman.ts'

/**
 * The most a compressed block of level 9 takes: 900,000 symbols of at most 20 bits, and its tables. So much is gathered before a block is
 * decoded, so that the inner loops never have to wait for input.
 */
const MAX_BLOCK_INPUT = 2_400_000
const OUTPUT = 256 * 1024
const BLOCK_MAGIC = 0x3141_5926_5359
const END_MAGIC = 0x1772_4538_5090
/** Symbols are coded in groups of 50, each with one of up to six codes. */
const GROUP = 50
/** As many groups as a block may have; more selectors are read and not used (CVE-2019-12900: they were written past a table). */
const MAX_SELECTORS = 18_002

/**
 * Reads bzip2 streams, one after the other, and checks every CRC in them; what follows the last is ignored, as by bzip2. Memory is
 * bounded by the format. A chunk is valid until the next is asked for.
 *
 * Our own, as the packages for it keep a whole block as an array of numbers, however far it unpacks: 45 MB of zeros would take 360 MB.
 */
export async function* unbzip2(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  await using input = new ChunkInput(source)
  const output = Buffer.alloc(OUTPUT)
  for (let isFirst = true; ; isFirst = false) {
    await input.fill(4)
    const head = input.buffer.subarray(input.at, input.at + 4)
    const level = head.toString('latin1', 0, 3) === 'BZh' ? (head[3] ?? 0) - 0x30 : 0
    if (level < 1 || level > 9) {
      if (!isFirst) return
      throw head.length < 4 ? truncated('bzip2') : damaged('bzip2', 'stream header')
    }
    input.at += 4
    yield* readStream(input, new Uint32Array(level * 100_000), output)
  }
}

async function* readStream(
  input: ChunkInput,
  block: Uint32Array,
  output: Buffer,
): AsyncGenerator<Uint8Array, void, undefined> {
  let crc = 0
  let bit = 0
  for (;;) {
    await input.fill(MAX_BLOCK_INPUT)
    const reader = new BitReader(input.buffer, input.at * 8 + bit)
    const magic = reader.bits(24) * 2 ** 24 + reader.bits(24)
    const expected = reader.bits(16) * 2 ** 16 + reader.bits(16)
    if (reader.isPastEnd) throw truncated('bzip2')
    if (magic === END_MAGIC) {
      if (expected !== crc >>> 0) throw damaged('bzip2', 'check of a stream')
      input.at = Math.ceil(reader.position / 8)
      return
    }
    if (magic !== BLOCK_MAGIC) throw damaged('bzip2', 'block header')
    const { length, origin } = readWholeBlock(reader, block)
    // The buffer is the source's again once the next chunk is asked for: the place in it is kept, not the reader.
    input.at = Math.floor(reader.position / 8)
    bit = reader.position % 8
    const blockCrc = yield* unpack(block, length, origin, output)
    if (blockCrc !== expected) throw damaged('bzip2', 'check of a block')
    crc = ((crc << 1) | (crc >>> 31)) ^ blockCrc
  }
}

/** Past the end the reader gives zeros, which break every rule sooner or later: then the end is what was wrong. */
function readWholeBlock(reader: BitReader, block: Uint32Array): Sorted {
  try {
    return readBlock(reader, block)
  } catch (error) {
    throw reader.isPastEnd ? truncated('bzip2', error) : error
  }
}

interface Sorted {
  readonly length: number
  /** Where the original's first byte stands among the sorted ones. */
  readonly origin: number
}

/** Huffman codes, then move-to-front, then runs: the block as the sorting transform left it. */
function readBlock(reader: BitReader, block: Uint32Array): Sorted {
  if (reader.bits(1) === 1)
    throw new ImageError('unsupported', 'The bzip2 data was written by a version before 0.9.5.', {
      remedy: 'Decompress it with `bzip2 -d` first.',
    })
  const origin = reader.bits(24)
  const recent = readSymbols(reader)
  const end = recent.length + 1
  const selectors: HuffmanCode[] = readCodes(reader, recent.length + 2)
  let length = 0
  let run = 0
  let weight = 1
  for (let i = 0; ; i++) {
    const code = selectors[Math.floor(i / GROUP)]
    const symbol = code?.read(reader) ?? -1
    if (symbol < 0 || reader.isPastEnd) throw damaged('bzip2', 'code')
    if (symbol <= 1) {
      // Runs are numbers to the base of two with the digits one and two.
      run += weight * (symbol + 1)
      weight *= 2
      if (run > block.length) throw damaged('bzip2', 'run')
      continue
    }
    if (length + run > block.length) throw damaged('bzip2', 'block length')
    block.fill(recent[0] as number, length, length + run)
    length += run
    run = 0
    weight = 1
    if (symbol === end) break
    if (length === block.length) throw damaged('bzip2', 'block length')
    const byte = recent[symbol - 1] as number
    recent.copyWithin(1, 0, symbol - 1)
    recent[0] = byte
    block[length++] = byte
  }
  if (origin >= length) throw damaged('bzip2', 'origin')
  return { length, origin }
}

/** The bytes that occur, in order: where move-to-front starts. */
function readSymbols(reader: BitReader): Uint8Array {
  const symbols: number[] = []
  const ranges = reader.bits(16)
  for (let high = 0; high < 16; high++) {
    if ((ranges & (0x8000 >> high)) === 0) continue
    const used = reader.bits(16)
    for (let low = 0; low < 16; low++) if ((used & (0x8000 >> low)) !== 0) symbols.push(high * 16 + low)
  }
  if (symbols.length === 0) throw damaged('bzip2', 'symbol map')
  return Uint8Array.from(symbols)
}

/** The code of each group of symbols. */
function readCodes(reader: BitReader, alphabet: number): HuffmanCode[] {
  const count = reader.bits(3)
  const groups = reader.bits(15)
  if (count < 2 || count > 6 || groups === 0) throw damaged('bzip2', 'code tables')
  const order = Uint8Array.from({ length: count }, (_, i) => i)
  const selectors: number[] = []
  for (let i = 0; i < groups; i++) {
    let rank = 0
    while (reader.bits(1) === 1) if (++rank >= count) throw damaged('bzip2', 'selectors')
    const selector = order[rank] as number
    order.copyWithin(1, 0, rank)
    order[0] = selector
    if (i < MAX_SELECTORS) selectors.push(selector)
  }
  const codes = Array.from({ length: count }, () => readCode(reader, alphabet))
  return selectors.map((selector) => codes[selector] as HuffmanCode)
}

/** Code lengths, each as its difference from the one before. */
function readCode(reader: BitReader, alphabet: number): HuffmanCode {
  const lengths = new Uint8Array(alphabet)
  let length = reader.bits(5)
  for (let symbol = 0; symbol < alphabet; symbol++) {
    for (;;) {
      if (length < 1 || length > MAX_CODE_LENGTH) throw damaged('bzip2', 'code length')
      if (reader.bits(1) === 0) break
      length += reader.bits(1) === 0 ? 1 : -1
    }
    lengths[symbol] = length
  }
  return new HuffmanCode(lengths)
}

/** Undoes the sorting and the first run-length coding (a fifth byte after four equal ones counts more of them); returns the block's CRC. */
function* unpack(
  block: Uint32Array,
  length: number,
  origin: number,
  output: Buffer,
): Generator<Uint8Array, number, undefined> {
  link(block, length)
  let next = (block[origin] as number) >>> 8
  let crc = -1
  let filled = 0
  let previous = -1
  let equal = 0
  for (let i = 0; i < length; i++) {
    next = block[next] as number
    const byte = next & 0xff
    next >>>= 8
    let times = 1
    if (equal === 4) {
      times = byte
      equal = 0
    } else {
      equal = byte === previous ? equal + 1 : 1
      previous = byte
    }
    for (; times > 0; times--) {
      output[filled++] = previous
      crc = (crc << 8) ^ (CRC[(crc >>> 24) ^ previous] as number)
      if (filled < OUTPUT) continue
      yield output
      filled = 0
    }
  }
  if (filled > 0) yield output.subarray(0, filled)
  return ~crc >>> 0
}

/** Puts into the upper 24 bits of each element where the byte after its own stands. */
function link(block: Uint32Array, length: number): void {
  const counts = new Uint32Array(256)
  for (let i = 0; i < length; i++) counts[block[i] as number] = (counts[block[i] as number] as number) + 1
  const places = new Uint32Array(256)
  for (let byte = 1; byte < 256; byte++)
    places[byte] = (places[byte - 1] as number) + (counts[byte - 1] as number)
  for (let i = 0; i < length; i++) {
    const byte = (block[i] as number) & 0xff
    const at = places[byte] as number
    places[byte] = at + 1
    block[at] = (block[at] as number) | (i << 8)
  }
}

/** bzip2's CRC-32 takes the highest bit first, unlike zlib's. */
const CRC = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24
  for (let bit = 0; bit < 8; bit++) value = value < 0 ? (value << 1) ^ 0x04c1_1db7 : value << 1
  return value
})
