import { ImageError } from '../../shared/errors.ts'
import { MAX_SPARSE_REGIONS } from './pax.ts'
import { BLOCK, readNumber } from './tar-fields.ts'

export type SparseRegions = readonly (readonly [offset: number, length: number])[]

const NEWLINE = 0x0a
const ZERO = 0x30
const NINE = 0x39

/** Offsets and lengths by turns, from wherever they stood, as the pieces of a file of `size` bytes of which `storedSize` are in the tar. */
export function sparseRegions(numbers: readonly number[], size: number, storedSize: number): SparseRegions {
  const regions: [offset: number, length: number][] = []
  let end = 0
  let stored = 0
  for (let i = 0; i + 1 < numbers.length; i += 2) {
    const offset = numbers[i] as number
    const length = numbers[i + 1] as number
    // Written so that NaN fails too.
    if (!(offset >= end && length >= 0 && offset + length <= size)) throw badMap()
    end = offset + length
    stored += length
    if (length > 0) regions.push([offset, length])
  }
  if (numbers.length % 2 !== 0 || stored !== storedSize) throw badMap()
  return regions
}

/** Collects the pieces of GNU's old sparse format: four in the header, 21 in each block that follows it. */
export class OldSparseMap {
  readonly numbers: number[] = []

  /** Takes the `count` slots at `at`; an empty slot ends them. */
  add(buffer: Buffer, at: number, count: number): void {
    for (let slot = at; slot < at + count * 24; slot += 24) {
      if (buffer[slot] === 0) return
      if (this.numbers.length >= 2 * MAX_SPARSE_REGIONS) throw tooMany()
      this.numbers.push(readNumber(buffer, slot, 12), readNumber(buffer, slot + 12, 12))
    }
  }
}

/** Reads the map of format 1.0 that stands before the content: a count, then offsets and lengths, a decimal and a newline each. */
export class NewSparseMap {
  readonly #numbers: number[] = []
  #value = 0
  #digits = 0
  #total = 1

  /** Takes one block; true when the map ends in it. The rest of that block is padding. */
  add(buffer: Buffer, at: number): boolean {
    for (let i = at; i < at + BLOCK; i++) {
      const byte = buffer[i] as number
      if (byte >= ZERO && byte <= NINE && this.#digits < 16) {
        this.#value = this.#value * 10 + byte - ZERO
        this.#digits++
      } else if (byte === NEWLINE && this.#digits > 0) {
        this.#take()
        if (this.#numbers.length === this.#total) return true
      } else throw badMap()
    }
    return false
  }

  get numbers(): readonly number[] {
    return this.#numbers.slice(1)
  }

  #take(): void {
    if (this.#numbers.length === 0) {
      if (this.#value > MAX_SPARSE_REGIONS) throw tooMany()
      this.#total = 1 + 2 * this.#value
    }
    this.#numbers.push(this.#value)
    this.#value = 0
    this.#digits = 0
  }
}

function badMap(): ImageError {
  return new ImageError('malformed', 'The map of a sparse file in the tar makes no sense.')
}

function tooMany(): ImageError {
  return new ImageError('limit', `A sparse file in the tar has more than ${MAX_SPARSE_REGIONS} pieces.`)
}
