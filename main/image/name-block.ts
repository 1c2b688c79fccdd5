import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { PathBytes } from '../../shared/path-bytes.ts'
import { noteGarbage } from './young-garbage.ts'

/** Names compress tenfold at the first level. */
const FAST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }
/** What an unpacked block counts as: one search unpacks many, and none is used again. */
const WEIGHT = 8
/** Bytes that the decompressor gives at least. */
const LEAST_CHUNK = 64

/** Hits in view often lie in the same block. */
let lastUnpacked: { readonly block: NameBlock; readonly text: string } | undefined

/**
 * The ASCII names of some rows in a row, with a line break between two; those that are kept elsewhere have an empty line. Held as the string
 * that expressions look through: made of bytes for each search it would be more work than many a search, and as much garbage.
 */
export class NameBlock {
  readonly from: number
  /** The row behind the last. */
  readonly to: number
  /** Where each name ends in the text: at its line break, the last one at the text's end. */
  readonly ends: Uint32Array
  readonly #length: number
  #text: string | undefined
  #packed: Buffer | undefined

  constructor(from: number, ends: Uint32Array, text: string) {
    this.from = from
    this.to = from + ends.length
    this.ends = ends
    this.#length = text.length
    this.#text = text
  }

  /** Bytes of names that are held as they are. */
  get textBytes(): number {
    return this.#text?.length ?? 0
  }

  pack(): void {
    if (this.#text === undefined) return
    // Without the slack that the compressor's buffer has.
    this.#packed = Buffer.from(
      Uint8Array.from(zstdCompressSync(Buffer.from(this.#text, 'latin1'), FAST)).buffer,
    )
    this.#text = undefined
  }

  text(): string {
    if (this.#text !== undefined) return this.#text
    if (lastUnpacked?.block === this) return lastUnpacked.text
    // In one piece.
    const chunkSize = Math.max(this.#length + 1, LEAST_CHUNK)
    const text = zstdDecompressSync(this.#packed as Buffer, { chunkSize }).toString('latin1')
    noteGarbage(WEIGHT * chunkSize)
    lastUnpacked = { block: this, text }
    return text
  }

  path(row: number): PathBytes {
    const at = row - this.from
    return this.text().slice(at === 0 ? 0 : (this.ends[at - 1] as number) + 1, this.ends[at])
  }
}
