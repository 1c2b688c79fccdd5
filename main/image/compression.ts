import type { Duplex } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { constants, createGunzip, createGzip, createZstdCompress, createZstdDecompress } from 'node:zlib'
import { damaged, truncated } from './compression-errors.ts'
import { fastGunzip } from './gunzip.ts'
import { splitZstdFrames } from './zstd-frames.ts'

export type Compression = 'none' | 'gzip' | 'zstd' | 'xz' | 'bzip2'

/** zlib's own 16 KiB chunks cost more in crossings between threads than in inflating: 256 KiB took less than half the time. */
const CHUNK = 256 * 1024
/** `zstd --long=27` and everything below; what wants more is refused by its header already. */
const ZSTD_WINDOW_LOG_MAX = 27
/** Bytes after which a decoder that runs on this thread lets others have a turn: some 50 ms. */
const TURN = 2 * 1024 * 1024

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

export interface DecompressOptions {
  /** Inflate on the thread that asks, which has nothing else to do, rather than on another beside it. */
  readonly isBlocking?: boolean
}

/**
 * The uncompressed bytes, in memory that does not depend on how many they are: the source is read no faster than the result is. Members,
 * frames or streams one after the other are one; after gzip members zeros may follow, and nothing else (Go's rule, so every engine's).
 * Fails with `malformed`, `truncated`, `unsupported`, or `limit` where it would take too much memory. A chunk is valid until the next
 * is asked for. The source is left (closed) when this is.
 */
export async function* decompress(
  kind: Compression,
  source: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
  options: DecompressOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  switch (kind) {
    case 'none':
      yield* source
      return
    case 'gzip':
      yield* gunzip(source, signal, options)
      return
    case 'zstd': {
      const params = { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX }
      const engine = createZstdDecompress({ chunkSize: CHUNK, params })
      yield* through(engine, splitZstdFrames(source), kind, signal)
      return
    }
    case 'xz': {
      const { unxz } = await import('./xz.ts')
      yield* withTurns(unxz(source), signal)
      return
    }
    case 'bzip2': {
      const { unbzip2 } = await import('./bzip2.ts')
      yield* withTurns(unbzip2(source), signal)
    }
  }
}

/** The same bytes compressed, always in the same way: no time, no name, no operating system, a fixed level. */
export async function* compress(
  kind: 'gzip' | 'zstd',
  source: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (kind === 'zstd') {
    const params = { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_checksumFlag]: 1 }
    yield* through(createZstdCompress({ chunkSize: CHUNK, params }), source, kind, signal)
    return
  }
  let position = 0
  for await (const chunk of through(createGzip({ chunkSize: CHUNK, level: 6 }), source, kind, signal)) {
    // Byte 9 names the system zlib was built for; 255 is "unknown" (RFC 1952, 2.3.1).
    if (position <= 9 && position + chunk.length > 9) chunk[9 - position] = 255
    position += chunk.length
    yield chunk
  }
}

/** Without a pause a small bomb would hold this thread, and nobody's cancel would be heard. */
async function* withTurns(
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  let since = 0
  for await (const chunk of chunks) {
    signal?.throwIfAborted()
    yield chunk
    since += chunk.length
    if (since < TURN) continue
    since = 0
    await setImmediate()
  }
}

async function* gunzip(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
  options: DecompressOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    const fast = fastGunzip(source, signal, options)
    if (fast) yield* fast
    else yield* through(createGunzip({ chunkSize: CHUNK }), source, 'gzip', signal)
  } catch (error) {
    throw failureOf(error, 'gzip')
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

/** A chunk is the source's again once the next is asked for, and is worked on by another thread: so each is done with before. */
async function feed(engine: Duplex, source: AsyncIterable<Uint8Array>): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    engine.once('close', resolve)
  })
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

/** What zlib says, in our words; anything else is the source's own failure. */
function failureOf(error: unknown, kind: string): unknown {
  if (!(error instanceof Error) || !('errno' in error) || !('code' in error)) return error
  if ('syscall' in error) return error
  return error.code === 'Z_BUF_ERROR' ? truncated(kind, error) : damaged(kind, error.message, error)
}
