/** CRC-64 (ECMA-182, reflected), as xz checks its blocks: two 32-bit halves, as a bigint a byte would be a hundred times slower. */
const LOW = new Int32Array(256)
const HIGH = new Int32Array(256)
for (let byte = 0; byte < 256; byte++) {
  let low = byte
  let high = 0
  for (let bit = 0; bit < 8; bit++) {
    const isOdd = (low & 1) === 1
    low = (low >>> 1) | (high << 31)
    high >>>= 1
    if (isOdd) {
      low ^= 0xd787_0f42
      high ^= 0xc96c_5795
    }
  }
  LOW[byte] = low
  HIGH[byte] = high
}

export class Crc64 {
  #low = -1
  #high = -1

  update(bytes: Uint8Array): void {
    let low = this.#low
    let high = this.#high
    for (const byte of bytes) {
      const row = (low ^ byte) & 0xff
      low = ((low >>> 8) | (high << 24)) ^ (LOW[row] as number)
      high = (high >>> 8) ^ (HIGH[row] as number)
    }
    this.#low = low
    this.#high = high
  }

  /** Eight bytes, little endian, as they stand in the file. */
  digest(): Buffer {
    const bytes = Buffer.alloc(8)
    bytes.writeInt32LE(~this.#low, 0)
    bytes.writeInt32LE(~this.#high, 4)
    return bytes
  }
}
