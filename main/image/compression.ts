import type { Duplex } from 'node:stream'
import { constants, createGunzip, createGzip, createZstdCompress, createZstdDecompress } from 'node:zlib'
import { ImageError } from '../../shared/errors.ts'

export type Compression = 'none' | 'gzip' | 'zstd' | 'xz' | 'bzip2'

/** zlib's own 16 KiB chunks cost more in crossings between threads than in inflating: 256 KiB took less than half the time. */
const CHUNK = 256 * 1024
/** `zstd --long=27` and everything below; a frame that wants more would have us allocate it (RFC 8878, 3.1.1.1.2). */
const ZSTD_WINDOW_LOG_MAX = 27
/** `xz -9` needs 65 MiB to decompress. */
const XZ_MEMORY = 100 * 1024 * 1024

const MAGICS: readonly (readonly [Exclude<Compression, 'none'>, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['bzip2', [0x42, 0x5a, 0x68]],
]

/** What the first bytes say; six are enough. A name's ending says nothing: engines and people get it wrong. */
export function sniffCompression(head: Uint8Array): Compression {
  for (const [kind, magic] of MAGICS) if (magic.every((byte, i) => head[i] === byte)) return kind
  // A zstd stream may begin with a skippable frame (RFC 8878, 3.1.2), as pzstd and zstd:chunked write them.
  const isSkippable =
    ((head[0] ?? 0) & 0xf0) === 0x50 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18
  return isSkippable ? 'zstd' : 'none'
}

/**
 * The uncompressed bytes, in memory that does not depend on how many they are: the source is read no faster than the result is. Members,
 * frames or streams one after the other are one. Fails with `malformed`, `truncated`, or `limit` where it would take too much memory.
 * A chunk of `none` belongs to the source; any other is the consumer's own.
 */
export async function* decompress(
  kind: Compression,
  source: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (kind === 'none') yield* source
  else yield* through(await decompressorOf(kind), source, kind, signal)
}

/** The same bytes compressed, always in the same way: no time, no name, a fixed level. */
export function compress(
  kind: 'gzip' | 'zstd',
  source: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): AsyncIterable<Uint8Array> {
  const engine =
    kind === 'gzip'
      ? createGzip({ chunkSize: CHUNK, level: 6 })
      : createZstdCompress({ chunkSize: CHUNK, params: { [constants.ZSTD_c_compressionLevel]: 3 } })
  return through(engine, source, kind, signal)
}

async function decompressorOf(kind: Exclude<Compression, 'none'>): Promise<Duplex> {
  switch (kind) {
    case 'gzip':
      return createGunzip({ chunkSize: CHUNK })
    case 'zstd':
      return createZstdDecompress({
        chunkSize: CHUNK,
        params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX },
      })
    case 'xz': {
      const { createUnxz } = await import('node-liblzma')
      return createUnxz({ memlimit: XZ_MEMORY, chunkSize: CHUNK }) as Duplex
    }
    case 'bzip2': {
      // @ts-expect-error: the package has no types
      const { default: unbzip2 } = await import('unbzip2-stream')
      return unbzip2() as Duplex
    }
  }
}

/** Drives a stream of Node's from one iterable to another; whatever ends it, its handle is closed and the source left. */
async function* through(
  engine: Duplex,
  source: AsyncIterable<Uint8Array>,
  kind: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const feeding = feed(engine, source)
  try {
    for await (const chunk of engine as AsyncIterable<Uint8Array>) {
      signal?.throwIfAborted()
      yield chunk
    }
  } catch (error) {
    throw failureOf(error, kind)
  } finally {
    engine.destroy()
    await feeding
  }
}

/** A chunk is the source's again once the next is asked for: so each is written off before. */
async function feed(engine: Duplex, source: AsyncIterable<Uint8Array>): Promise<void> {
  const closed = new Promise<void>((resolve) => engine.once('close', resolve))
  try {
    for await (const chunk of source) {
      const written = new Promise<void>((resolve) => {
        engine.write(chunk, () => resolve())
      })
      await Promise.race([written, closed])
      if (engine.destroyed) return
    }
    engine.end()
  } catch (error) {
    engine.destroy(error as Error)
  }
}

function failureOf(error: unknown, kind: string): unknown {
  if (!(error instanceof Error) || error instanceof ImageError || !('errno' in error)) return error
  const remedy = 'The file may be damaged or incomplete; fetch or save it again.'
  const detail = error.message
  return new ImageError('malformed', `The ${kind} data is damaged.`, { remedy, detail, cause: error })
}
