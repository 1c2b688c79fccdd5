import { zstdCompressSync, zstdDecompressSync, constants } from 'node:zlib'
import type { PathBytes } from '../../shared/path-bytes.ts'
import { noteGarbage } from './young-garbage.ts'

/** Names compress tenfold at the first level. */
const FAST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/** Bytes that the decompressor gives at least. */
const LEAST_CHUNK = 64

/** Hits in view often lie in the same block. */
let lastUnpacked: { readonly block: NameBlock; readonly text: Buffer } | undefined

/** The names of some rows in a row, each followed by a line break; those that are kept elsewhere have an empty line. */
export class NameBlock {
  readonly from: number
  /** The row behind the last. */
  readonly to: number
  /** Where each name ends in the text: at its line break. */
  readonly ends: Uint32Array
  readonly #length: number
  #text: Buffer | undefined
  #packed: Buffer | undefined

  constructor(from: number, ends: Uint32Array, text: Buffer) {
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
    if (!this.#text) return
    // Without the slack that the compressor's buffer has.
    this.#packed = Buffer.from(Uint8Array.from(zstdCompressSync(this.#text, FAST)).buffer)
    this.#text = undefined
  }

  text(): Buffer {
    if (this.#text) return this.#text
    if (lastUnpacked?.block === this) return lastUnpacked.text
    // In one piece.
    const chunkSize = Math.max(this.#length + 1, LEAST_CHUNK)
    const text = zstdDecompressSync(this.#packed as Buffer, { chunkSize })
    noteGarbage(chunkSize)
    lastUnpacked = { block: this, text }
    return text
  }

  path(row: number): PathBytes {
    const at = row - this.from
    return this.text().toString('latin1', at === 0 ? 0 : (this.ends[at - 1] as number) + 1, this.ends[at])
  }
}
