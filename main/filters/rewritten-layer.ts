import type { Digest } from '../../shared/digest.ts'
import { ImageError } from '../../shared/errors.ts'
import type { ByteRange, Layer, TarEntry } from '../image/element.ts'
import { rangesOf } from '../image/byte-ranges.ts'
import type { EntryTable } from '../image/entry-table.ts'
import { tapDigest } from '../image/hashing.ts'
import { expandSparse } from '../image/sparse.ts'
import { encodeHeader, endOfArchive, paddingOf } from '../image/tar-header.ts'
import { readTar, scanTar } from '../image/tar-reader.ts'

/** What becomes of one entry; pure, and the same each time. */
export type EntryTransform = (entry: TarEntry) => TarEntry

/** Far beyond any layer there is; a sparse file of a few bytes may claim to be exabytes of zeros. */
const LARGEST_LAYER = 1024 ** 4

/**
 * A layer whose entries are transformed as they pass. It is read twice, once to learn its new name and once to be used: hashing and
 * inflating again costs less than writing the whole layer out and reading it back. Each pass verifies the original.
 */
export class RewrittenLayer implements Layer {
  readonly diffID: Digest
  readonly size: number
  readonly isVerified = true
  readonly #original: Layer
  readonly #transform: EntryTransform

  private constructor(original: Layer, transform: EntryTransform, diffID: Digest, size: number) {
    this.#original = original
    this.#transform = transform
    this.diffID = diffID
    this.size = size
  }

  /** The first pass. */
  static async of(original: Layer, transform: EntryTransform, signal: AbortSignal): Promise<RewrittenLayer> {
    let named: { readonly diffID: Digest; readonly size: number } | undefined
    const bytes = tapDigest(rewrite(original, transform, signal), (diffID, size) => {
      named = { diffID, size }
    })
    // Nothing to do with the bytes but to hash them.
    for await (const _ of bytes);
    if (!named) throw new ImageError('internal', `The layer ${original.diffID} had no end.`)
    return new RewrittenLayer(original, transform, named.diffID, named.size)
  }

  entries(signal?: AbortSignal): Promise<EntryTable> {
    return scanTar(this.stream(signal))
  }

  stream(signal?: AbortSignal): AsyncIterable<Uint8Array> {
    return rewrite(this.#original, this.#transform, signal)
  }

  contents(
    ranges: readonly ByteRange[],
    signal?: AbortSignal,
  ): AsyncIterable<readonly [index: number, bytes: AsyncIterable<Uint8Array>]> {
    return rangesOf(this.stream(signal), ranges)
  }
}

/** The transformed tar: canonical headers, sparse files with their holes filled, one end. */
async function* rewrite(
  layer: Layer,
  transform: EntryTransform,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const source = layer.stream(signal)[Symbol.asyncIterator]()
  const next = (): Promise<IteratorResult<Uint8Array>> => source.next()
  try {
    let written = 0
    // Without `return`, so that the reader leaves what follows the tar's end: only the last byte's hash verifies the layer.
    for await (const { entry, body } of readTar({ [Symbol.asyncIterator]: () => ({ next }) })) {
      const { sparse, ...plain } = transform(entry)
      const size = entry.type === 'file' ? entry.size : 0
      written += size
      if (written > LARGEST_LAYER)
        throw new ImageError('limit', `The layer ${layer.diffID} would unpack to more than a terabyte.`)
      yield encodeHeader({ ...plain, storedSize: size })
      if (size === 0) continue
      yield* sparse ? expandSparse(entry, body) : body
      yield new Uint8Array(paddingOf(size))
    }
    yield endOfArchive
    while (!(await next()).done);
  } finally {
    await source.return?.()
  }
}
