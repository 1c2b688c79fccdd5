/**
 * LZMA2 as xz uses it (xz-file-format 5.3.1; the LZMA specification of the LZMA SDK). Chunks come whole, at most 64 KiB each, so that
 * the inner loop never has to wait for input.
 */

/** The most one chunk unpacks to. */
const MAX_LZMA2_CHUNK = 2 * 1024 * 1024

const STATES = 12
const PROBABILITY_HALF = 1024
const TOP = 0x100_0000

// Where each model stands in the one array of probabilities; the literal coder comes last, its size depends on the properties.
const IS_MATCH = 0
const IS_REP = IS_MATCH + (STATES << 4)
const IS_REP_G0 = IS_REP + STATES
const IS_REP_G1 = IS_REP_G0 + STATES
const IS_REP_G2 = IS_REP_G1 + STATES
const IS_REP0_LONG = IS_REP_G2 + STATES
const POS_SLOT = IS_REP0_LONG + (STATES << 4)
const POS_SPECIAL = POS_SLOT + 4 * 64
const ALIGN = POS_SPECIAL + 115
const LENGTH = ALIGN + 16
const REP_LENGTH = LENGTH + 2 + 2 * (16 << 3) + 256
const LITERAL = REP_LENGTH + 2 + 2 * (16 << 3) + 256
/** LZMA2 allows lc + lp of at most 4. */
const PROBABILITIES = LITERAL + (0x300 << 4)

/** Decodes chunk after chunk into a window that holds what matches refer back to. What answers false or 0 met damaged data. */
export class Lzma2Decoder {
  /** A ring; what the last chunk gave ends at `position`. */
  readonly window: Uint8Array
  position = 0
  readonly #dictionarySize: number
  /** How far back a match may reach: no further than there is anything. */
  #history = 0
  /** Bytes since the dictionary was reset; its low bits choose models. */
  #processed = 0

  readonly #probabilities = new Uint16Array(PROBABILITIES)
  #literalContextBits = 0
  #literalPositionMask = 0
  #positionMask = 0
  #state = 0
  /** The last four distances, less one. */
  #rep0 = 0
  #rep1 = 0
  #rep2 = 0
  #rep3 = 0

  // The range decoder. Both stay 32-bit integers and are compared unsigned: as doubles they would cost half the speed.
  #input: Uint8Array = new Uint8Array()
  #at = 0
  #range = 0
  #code = 0

  constructor(dictionarySize: number) {
    this.#dictionarySize = dictionarySize
    this.window = new Uint8Array(dictionarySize + MAX_LZMA2_CHUNK)
  }

  resetDictionary(): void {
    this.#history = 0
    this.#processed = 0
  }

  resetState(): void {
    this.#probabilities.fill(PROBABILITY_HALF)
    this.#state = 0
    this.#rep0 = 0
    this.#rep1 = 0
    this.#rep2 = 0
    this.#rep3 = 0
  }

  setProperties(properties: number): boolean {
    const literalContextBits = properties % 9
    const literalPositionBits = Math.floor(properties / 9) % 5
    const positionBits = Math.floor(properties / 45)
    if (positionBits > 4 || literalContextBits + literalPositionBits > 4) return false
    this.#literalContextBits = literalContextBits
    this.#literalPositionMask = (1 << literalPositionBits) - 1
    this.#positionMask = (1 << positionBits) - 1
    return true
  }

  /** A chunk stored as it is. */
  copy(bytes: Uint8Array): void {
    const first = Math.min(bytes.length, this.window.length - this.position)
    this.window.set(bytes.subarray(0, first), this.position)
    this.window.set(bytes.subarray(first), 0)
    this.#advance(bytes.length)
  }

  /** A compressed chunk of exactly these bytes, which must give exactly `length`. */
  decode(chunk: Uint8Array, length: number): boolean {
    if (chunk.length < 5 || chunk[0] !== 0) return false
    this.#input = chunk
    this.#at = 5
    this.#range = -1
    this.#code = new DataView(chunk.buffer, chunk.byteOffset, chunk.length).getInt32(1)
    let left = length
    while (left > 0) {
      const produced = this.#symbol(left)
      if (produced === 0 || this.#at > chunk.length) return false
      left -= produced
    }
    this.#normalise()
    return this.#code === 0 && this.#at === chunk.length
  }

  /** One literal or match; how many bytes it gave. */
  #symbol(left: number): number {
    const state = this.#state
    const positionState = this.#processed & this.#positionMask
    if (this.#bit(IS_MATCH + (state << 4) + positionState) === 0) return this.#literal(state)
    let length = 1
    if (this.#bit(IS_REP + state) === 0) {
      this.#rep3 = this.#rep2
      this.#rep2 = this.#rep1
      this.#rep1 = this.#rep0
      length = this.#length(LENGTH, positionState)
      this.#rep0 = this.#distance(length)
      this.#state = state < 7 ? 7 : 10
    } else if (this.#isSingleByte(state, positionState)) {
      this.#state = state < 7 ? 9 : 11
    } else {
      length = this.#length(REP_LENGTH, positionState)
      this.#state = state < 7 ? 8 : 11
    }
    return this.#repeat(length, left)
  }

  /** Which of the last distances is used again; true where for one byte only. */
  #isSingleByte(state: number, positionState: number): boolean {
    if (this.#bit(IS_REP_G0 + state) === 0)
      return this.#bit(IS_REP0_LONG + (state << 4) + positionState) === 0
    let distance = this.#rep1
    if (this.#bit(IS_REP_G1 + state) === 1) {
      distance = this.#rep2
      if (this.#bit(IS_REP_G2 + state) === 1) {
        distance = this.#rep3
        this.#rep3 = this.#rep2
      }
      this.#rep2 = this.#rep1
    }
    this.#rep1 = this.#rep0
    this.#rep0 = distance
    return false
  }

  #literal(state: number): number {
    const window = this.window
    const previous = this.#history === 0 ? 0 : (window[this.#back(1)] as number)
    const context =
      ((this.#processed & this.#literalPositionMask) << this.#literalContextBits) |
      (previous >> (8 - this.#literalContextBits))
    const models = LITERAL + 0x300 * context
    let symbol = 1
    if (state < 7) {
      while (symbol < 0x100) symbol = (symbol << 1) | this.#bit(models + symbol)
    } else {
      // After a match the byte it would have gone on with is a good guess, until the first bit that differs.
      if (this.#rep0 >= this.#history) return 0
      let guess = window[this.#back(this.#rep0 + 1)] as number
      let offset = 0x100
      while (symbol < 0x100) {
        guess <<= 1
        const guessed = guess & offset
        const bit = this.#bit(models + offset + guessed + symbol)
        symbol = (symbol << 1) | bit
        offset = bit === 1 ? guessed : offset & ~guessed
      }
    }
    window[this.position] = symbol
    this.#state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6
    this.#advance(1)
    return 1
  }

  /** Copies from `rep0` back; a match beyond the history or the chunk is damage. */
  #repeat(length: number, left: number): number {
    const distance = this.#rep0 + 1
    if (distance > this.#history || length > left) return 0
    const window = this.window
    const to = this.position
    const from = this.#back(distance)
    const isInOnePiece = from < to && to + length <= window.length
    if (isInOnePiece && distance === 1) window.fill(window[from] as number, to, to + length)
    else if (isInOnePiece && distance >= length && length >= 32) window.copyWithin(to, from, from + length)
    else this.#copyBytes(from, to, length)
    this.#advance(length)
    return length
  }

  /** Byte by byte: a match may repeat what it has just written, and either end may pass the ring's. */
  #copyBytes(from: number, to: number, length: number): void {
    const window = this.window
    let source = from
    let target = to
    for (let i = 0; i < length; i++) {
      window[target] = window[source] as number
      if (++target === window.length) target = 0
      if (++source === window.length) source = 0
    }
  }

  #length(models: number, positionState: number): number {
    if (this.#bit(models) === 0) return 2 + this.#tree(models + 2 + (positionState << 3), 3)
    if (this.#bit(models + 1) === 0) return 10 + this.#tree(models + 2 + 128 + (positionState << 3), 3)
    return 18 + this.#tree(models + 2 + 256, 8)
  }

  /** The distance, less one, of a match of this length. */
  #distance(length: number): number {
    const slot = this.#tree(POS_SLOT + (Math.min(length - 2, 3) << 6), 6)
    if (slot < 4) return slot
    const bits = (slot >> 1) - 1
    const base = (2 | (slot & 1)) << bits
    if (slot < 14) return base + this.#reverseTree(POS_SPECIAL + base - slot, bits)
    const direct = this.#directBits(bits - 4) << 4
    return (base | direct | this.#reverseTree(ALIGN, 4)) >>> 0
  }

  #tree(models: number, bits: number): number {
    let symbol = 1
    for (let i = 0; i < bits; i++) symbol = (symbol << 1) | this.#bit(models + symbol)
    return symbol - (1 << bits)
  }

  #reverseTree(models: number, bits: number): number {
    let symbol = 1
    let value = 0
    for (let i = 0; i < bits; i++) {
      const bit = this.#bit(models + symbol)
      symbol = (symbol << 1) | bit
      value |= bit << i
    }
    return value
  }

  #directBits(bits: number): number {
    let value = 0
    for (let i = 0; i < bits; i++) {
      this.#normalise()
      this.#range >>>= 1
      this.#code = (this.#code - this.#range) | 0
      const isZero = this.#code >>> 31
      if (isZero === 1) this.#code = (this.#code + this.#range) | 0
      value = (value << 1) | (1 - isZero)
    }
    return value
  }

  #bit(model: number): number {
    this.#normalise()
    const probability = this.#probabilities[model] as number
    const bound = Math.imul(this.#range >>> 11, probability)
    if (this.#code >>> 0 < bound >>> 0) {
      this.#range = bound
      this.#probabilities[model] = probability + ((2048 - probability) >> 5)
      return 0
    }
    this.#range = (this.#range - bound) | 0
    this.#code = (this.#code - bound) | 0
    this.#probabilities[model] = probability - (probability >> 5)
    return 1
  }

  /** Reading past the input's end gives zeros here; `decode` looks at how far it went. */
  #normalise(): void {
    if (this.#range >>> 0 >= TOP) return
    this.#range <<= 8
    this.#code = (this.#code << 8) | (this.#input[this.#at++] as number)
  }

  #back(distance: number): number {
    const at = this.position - distance
    return at < 0 ? at + this.window.length : at
  }

  #advance(length: number): void {
    this.position += length
    if (this.position >= this.window.length) this.position -= this.window.length
    this.#processed = (this.#processed + length) & 0xf
    this.#history = Math.min(this.#history + length, this.#dictionarySize)
  }
}
