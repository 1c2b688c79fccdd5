import { createHash, type Hash } from 'node:crypto'
import type { FileHashes } from './cache.ts'
import { EntryTableBuilder, type EntryTable } from './entry-table.ts'
import { grownBuffer } from './grown-buffer.ts'
import type { TarEntry } from './tar-entry.ts'
import { TarParser } from './tar-parser.ts'

/** The entries of a tar, or why they could not be read. */
export type ScannedEntries = { readonly table: EntryTable } | { readonly error: unknown }

/** Who hears of the content of a tar's entries while they are scanned. */
export interface ContentSink {
  /** Whether the entry's content is wanted; then its pieces follow, each valid during the call only, and the end. */
  begin(row: number, entry: TarEntry): boolean
  update(piece: Uint8Array): void
  end(): void
}

/**
 * Collects the entries of a tar whose bytes somebody else reads. A tar that cannot be parsed fails only when its table is asked for: the
 * reader goes on and hears from the digest whether the bytes were right, which says more than where they made no sense.
 */
export class TarScan {
  readonly #builder = new EntryTableBuilder()
  readonly #parser: TarParser
  #failure: { readonly error: unknown } | undefined

  /** `sink` hears of the files' content. */
  constructor(sink?: ContentSink) {
    this.#parser = new TarParser({
      onEntry: (entry) => {
        const row = this.#builder.length
        this.#builder.add(entry)
        return sink?.begin(row, entry) ?? false
      },
      onData: (chunk) => sink?.update(chunk),
      onEnd: () => sink?.end(),
    })
  }

  push(chunk: Uint8Array): void {
    if (!this.#failure) this.#try(() => this.#parser.push(chunk))
  }

  /** Whether the archive has ended, whatever follows. */
  get isEnded(): boolean {
    return this.#failure !== undefined || this.#parser.isEnded
  }

  /** After the last chunk: the table, or the failure where the tar could not be parsed. */
  end(): ScannedEntries {
    if (!this.#failure) this.#try(() => this.#parser.end())
    if (this.#failure) return this.#failure
    return { table: this.#builder.build() }
  }

  #try(step: () => void): void {
    try {
      step()
    } catch (error) {
      this.#failure = { error }
    }
  }
}

const HASH = 32

/** The SHA-256 of each file whose bytes stand in the tar as they are: not of one with holes, which are not there. */
export class FileHashing implements ContentSink {
  readonly #rows: number[] = []
  #hashes = Buffer.from(new ArrayBuffer(1024 * HASH))
  #current: Hash | undefined

  /** Whether the entry's content is wanted. */
  begin(row: number, { type, sparse }: TarEntry): boolean {
    if (type !== 'file' || sparse) return false
    this.#rows.push(row)
    this.#current = createHash('sha256')
    return true
  }

  update(chunk: Uint8Array): void {
    this.#current?.update(chunk)
  }

  end(): void {
    const at = (this.#rows.length - 1) * HASH
    if (at === this.#hashes.length)
      this.#hashes = Buffer.from(grownBuffer(this.#hashes.buffer, 2 * this.#hashes.length))
    this.#current?.digest().copy(this.#hashes, at)
    this.#current = undefined
  }

  hashes(): FileHashes {
    const rows = Int32Array.from(this.#rows)
    // A copy: these alone go over to another thread.
    return { rows, hashes: Uint8Array.from(this.#hashes.subarray(0, rows.length * HASH)) }
  }
}
