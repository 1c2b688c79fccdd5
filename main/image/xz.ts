import pkg from 'xz-decompress'
import { ImageError } from '../../shared/errors.ts'
import { damaged, truncated } from './compression-errors.ts'

/** What the decoder, xz-embedded, ends with (its xz.h, `enum xz_ret`), and the package's words around it. */
const FAILURE = /^get_next_output failed with error code (\d+)$/
const MEMORY_ERROR = 3
const MEMORY_LIMIT = 4
const UNSUPPORTED = 6
const INPUT_ENDED = 8

/**
 * Reads .xz streams, one after the other, padding between them included, and checks every CRC in them. The decoder's memory serves one
 * reading at a time: a second one waits until the first has ended or is left, so neither may wait for the other.
 */
export async function* unxz(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const input = inputOf(source)
  try {
    for await (const chunk of new pkg.XzReadableStream(streamOf(input))) if (chunk.length > 0) yield chunk
  } catch (error) {
    throw failureOf(error)
  } finally {
    // The package leaves an input that is not wanted any more, but not one that makes no sense.
    await input.return()
  }
}

/** To the decoder an empty chunk is the end; a source without any chunk it does not expect. */
async function* inputOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of source) if (chunk.length > 0) yield chunk
  yield new Uint8Array(0)
}

/** Nothing is drawn before it is asked for: a chunk is the source's again with the next. */
function streamOf(chunks: AsyncIterator<Uint8Array>): ReadableStream<Uint8Array> {
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    const { done, value } = await chunks.next()
    if (done) controller.close()
    else controller.enqueue(value)
  }
  return new ReadableStream({ pull }, { highWaterMark: 0 })
}

/** What the decoder says, in our words; anything else is the source's own failure. */
function failureOf(error: unknown): unknown {
  const code = error instanceof Error ? FAILURE.exec(error.message)?.[1] : undefined
  if (code === undefined) return error
  switch (Number(code)) {
    case MEMORY_ERROR:
    case MEMORY_LIMIT:
      return new ImageError('limit', 'The xz data needs more than 64 MiB of memory to decompress.', {
        remedy: 'Compress it again with `xz -9` or less.',
        cause: error,
      })
    case UNSUPPORTED:
      return new ImageError(
        'unsupported',
        'The xz data uses a filter or a check that Occystrap does not read.',
        {
          remedy: 'Decompress it with `xz -d` first.',
          detail:
            'Read are LZMA2 alone, and CRC-32 and CRC-64; not `xz --check=sha256`, `--delta` or a filter such as `--x86`.',
          cause: error,
        },
      )
    case INPUT_ENDED:
      return truncated('xz', error)
    default:
      return damaged('xz', (error as Error).message, error)
  }
}
