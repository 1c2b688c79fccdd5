import { createHash } from 'node:crypto'
import type { Digest } from '../../shared/digest.ts'
import { ImageError } from '../../shared/errors.ts'
import { decompress, type Compression } from './compression.ts'
import { verified } from './hashing.ts'
import { namedError } from './named-error.ts'

/** A layer as some source stores it, and a way to its bytes. */
export interface StoredLayer {
  readonly diffID: Digest
  readonly compression: Compression
  /** Digest of the bytes as stored, where the source says it. */
  readonly digest: Digest | undefined
  /** The stored bytes from a place on; those from the start are read first, and drawn to their end or left. */
  readonly from: (position: number) => AsyncIterable<Uint8Array>
}

export interface ReadingOptions {
  /** For messages: “Layer 012345678901”. */
  readonly name: string
  readonly signal?: AbortSignal | undefined
  /** Inflate on this thread, which has nothing else to do. */
  readonly isBlocking?: boolean
}

/** The uncompressed tar. Whoever draws it to its end has it verified: its own digest, and that of the stored bytes where there is one. */
export function verifiedTar(layer: StoredLayer, options: ReadingOptions): AsyncIterable<Uint8Array> {
  return verified(plainTar(layer, options), layer.diffID, options.name)
}

/** The same without a look at the diffID. */
export async function* plainTar(
  { diffID, compression, digest, from }: StoredLayer,
  { name, signal, isBlocking = false }: ReadingOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  // The one digest of an uncompressed blob is its diffID, which is checked anyway.
  if (compression === 'none' && (digest === undefined || digest === diffID)) {
    yield* from(0)
    return
  }
  const hash = digest === undefined ? undefined : createHash('sha256')
  const tap = { read: 0 }
  try {
    yield* decompress(compression, tapped(from(0), hash, tap), signal, { isBlocking })
  } catch (error) {
    throw namedError(error, name)
  }
  if (!hash) return
  // A decompressor need not ask for what stands behind the end of its data; the digest covers that, too.
  for await (const chunk of from(tap.read)) hash.update(chunk)
  const found = `sha256:${hash.digest('hex')}`
  if (found !== digest)
    throw new ImageError('digest-mismatch', `The blob of ${name} is not what its digest says.`, {
      remedy: 'The image is damaged or was altered; fetch or save it again.',
      detail: `expected ${digest}\nfound ${found}`,
    })
}

async function* tapped(
  source: AsyncIterable<Uint8Array>,
  hash: { update(chunk: Uint8Array): unknown } | undefined,
  tap: { read: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of source) {
    hash?.update(chunk)
    tap.read += chunk.length
    yield chunk
  }
}
