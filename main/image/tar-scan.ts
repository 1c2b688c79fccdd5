import { EntryTableBuilder, type EntryTable } from './entry-table.ts'
import { TarParser } from './tar-parser.ts'

/** The entries of a tar, or why they could not be read. */
export type ScannedEntries = { readonly table: EntryTable } | { readonly error: unknown }

/**
 * Collects the entries of a tar whose bytes somebody else reads. A tar that cannot be parsed fails only when its table is asked for: the
 * reader goes on and hears from the digest whether the bytes were right, which says more than where they made no sense.
 */
export class TarScan {
  readonly #builder = new EntryTableBuilder()
  readonly #parser = new TarParser({
    onEntry: (entry) => {
      this.#builder.add(entry)
      return false
    },
  })
  #failure: { readonly error: unknown } | undefined

  push(chunk: Uint8Array): void {
    if (!this.#failure) this.#try(() => this.#parser.push(chunk))
  }

  /** After the last chunk: the table, or the failure where the tar could not be parsed. */
  end(): ScannedEntries {
    if (!this.#failure) this.#try(() => this.#parser.end())
    return this.#failure ?? { table: this.#builder.build() }
  }

  #try(step: () => void): void {
    try {
      step()
    } catch (error) {
      this.#failure = { error }
    }
  }
}
