/** The longest code bzip2 allows. */
export const MAX_CODE_LENGTH = 20

/** Bits of a buffer, the highest of each byte first. Past the end come zeros. */
export class BitReader {
  /** In bits from the buffer's start. */
  position: number
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array, position: number) {
    this.#bytes = bytes
    this.position = position
  }

  get isPastEnd(): boolean {
    return this.position > this.#bytes.length * 8
  }

  /** The next `count` bits, at most 24. */
  bits(count: number): number {
    const value = this.peek(count)
    this.position += count
    return value
  }

  peek(count: number): number {
    const bytes = this.#bytes
    const at = this.position >>> 3
    const word =
      at + 3 < bytes.length
        ? ((bytes[at] as number) << 24) |
          ((bytes[at + 1] as number) << 16) |
          ((bytes[at + 2] as number) << 8) |
          (bytes[at + 3] as number)
        : ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8)
    return (word << (this.position & 7)) >>> (32 - count)
  }
}

/** A canonical code: shorter codes first, in each length by symbol. */
export class HuffmanCode {
  /** By length: one more than the last code of that length, set to the left of 20 bits. */
  readonly #limits = new Uint32Array(MAX_CODE_LENGTH + 1)
  /** By length: what to add to a code to get its place in `symbols`. */
  readonly #offsets = new Int32Array(MAX_CODE_LENGTH + 1)
  readonly #symbols: Uint16Array

  constructor(lengths: Uint8Array) {
    const symbols: number[] = []
    let code = 0
    for (let length = 1; length <= MAX_CODE_LENGTH; length++) {
      code *= 2
      this.#offsets[length] = symbols.length - code
      for (const [symbol, its] of lengths.entries()) {
        if (its !== length) continue
        symbols.push(symbol)
        code++
      }
      this.#limits[length] = code * 2 ** (MAX_CODE_LENGTH - length)
    }
    this.#symbols = Uint16Array.from(symbols)
  }

  /** The next symbol; -1 where no code stands there. */
  read(reader: BitReader): number {
    const bits = reader.peek(MAX_CODE_LENGTH)
    const limits = this.#limits
    let length = 1
    while (length <= MAX_CODE_LENGTH && bits >= (limits[length] as number)) length++
    if (length > MAX_CODE_LENGTH) return -1
    reader.position += length
    return this.#symbols[(bits >>> (MAX_CODE_LENGTH - length)) + (this.#offsets[length] as number)] ?? -1
  }
}
