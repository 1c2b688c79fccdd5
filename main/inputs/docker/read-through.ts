import { createHash, type Hash } from 'node:crypto'
import { shortDigest, type Digest } from '../../../shared/digest.ts'
import { ImageError } from '../../../shared/errors.ts'
import type { CacheWriter } from '../../image/cache.ts'
import { decompress, type Compression } from '../../image/compression.ts'
import type { EntryTable } from '../../image/entry-table.ts'
import { TarScan } from '../../image/tar-scan.ts'

export interface ReadLayer {
  readonly diffID: Digest
  /** Bytes of the uncompressed tar. */
  readonly size: number
  /** The entries, or why they cannot be had. */
  readonly entries: { readonly table: EntryTable } | { readonly error: unknown }
}

/**
 * Reads a layer that passes by: checks its bytes as stored by their digest, names what is in them by its own, and notes the entries.
 * With a writer they are written down on the way, as stored. `stored` goes on where its last reader stopped, as a tar's member does.
 */
export async function readThrough(
  stored: AsyncIterable<Uint8Array>,
  form: { readonly compression: Compression; readonly digest: Digest | undefined },
  writer: CacheWriter | undefined,
  signal: AbortSignal,
): Promise<ReadLayer> {
  const blobHash = form.digest === undefined ? undefined : createHash('sha256')
  const hash = createHash('sha256')
  const scan = new TarScan()
  let size = 0
  async function* noted(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of stored) {
      blobHash?.update(chunk)
      await writer?.write(chunk)
      yield chunk
    }
  }
  for await (const chunk of decompress(form.compression, noted(), signal)) {
    hash.update(chunk)
    scan.push(chunk)
    size += chunk.length
  }
  // A decompressor need not ask for what stands behind the end of its data; it belongs to the blob.
  for await (const _ of noted());
  const found = blobHash && digestOf(blobHash)
  if (form.digest !== undefined && found !== form.digest) throw wrongLayer(form.digest, found)
  return { diffID: digestOf(hash), size, entries: scan.end() }
}

/** The refusal of a layer that is not the one it is said to be. */
export function wrongLayer(expected: Digest, found: Digest | undefined): ImageError {
  return new ImageError('digest-mismatch', `Layer ${shortDigest(expected)} is not what its digest says.`, {
    remedy: 'The engine’s store may be damaged; pull or build the image again.',
    detail: `expected ${expected}\nfound ${found}`,
  })
}

function digestOf(hash: Hash): Digest {
  return `sha256:${hash.digest('hex')}`
}
