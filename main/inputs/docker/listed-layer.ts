import type { Digest } from '../../../shared/digest.ts'
import { ImageError } from '../../../shared/errors.ts'
import type { IndexedLayer } from '../../image/cache.ts'
import type { Layer } from '../../image/element.ts'
import type { EntryTable } from '../../image/entry-table.ts'

/** A layer of which only the entries were asked for. */
export class ListedLayer implements Layer {
  readonly diffID: Digest
  readonly size: number
  readonly isVerified = true
  readonly #table: EntryTable

  constructor(diffID: Digest, { table, size }: IndexedLayer) {
    this.diffID = diffID
    this.#table = table
    this.size = size
  }

  async entries(): Promise<EntryTable> {
    return this.#table
  }

  stream(): never {
    throw new ImageError('internal', `The layer ${this.diffID} was listed, not fetched.`)
  }

  contents(): never {
    return this.stream()
  }
}
