import { ImageError } from '../../../shared/errors.ts'
import { visible } from '../../../shared/path-bytes.ts'
import { inWords, isCut } from '../../docker/engine-errors.ts'
import type { Download } from '../../docker/engine-client.ts'

/** As much of the end of an export as an engine's last words may take. */
const LAST_WORDS = 8 * 1024

/**
 * An engine's export as it comes, read no faster than asked for. Knows how to say what went wrong in it: an engine that has begun to
 * answer can say so in the midst of the archive only, as a JSON text behind the last byte that it had.
 */
export class ExportStream implements Disposable {
  readonly #download: Download
  readonly #engine: string
  readonly #image: string
  readonly #signal: AbortSignal
  #tail: Buffer = Buffer.alloc(0)

  constructor(
    download: Download,
    names: { readonly engine: string; readonly image: string },
    signal: AbortSignal,
  ) {
    this.#download = download
    this.#engine = names.engine
    this.#image = visible(names.image)
    this.#signal = signal
  }

  async *bytes(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of this.#download.bytes) {
      const tail = Buffer.from(chunk.subarray(-LAST_WORDS))
      this.#tail = tail.length < LAST_WORDS ? Buffer.concat([this.#tail, tail]).subarray(-LAST_WORDS) : tail
      yield chunk
    }
  }

  /** The same bytes; what goes wrong in them is explained. */
  async *explained(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* body
    } catch (error) {
      throw this.explain(error)
    }
  }

  /** What a failure while reading means, coming from an engine. */
  explain(error: unknown): unknown {
    if (this.#signal.aborted) return this.#signal.reason
    const said = this.#lastWords()
    const doing = `while it exported “${this.#image}”`
    if (said !== undefined)
      return new ImageError(
        'engine',
        `The engine at ${this.#engine} failed ${doing}: ${said.replace(/\.$/, '')}.`,
        {
          remedy: 'Check that the image is still there, and look into the engine’s log.',
          cause: error,
        },
      )
    if (isCut(error) || (error instanceof ImageError && error.code === 'truncated'))
      return new ImageError('engine', `The engine at ${this.#engine} stopped sending ${doing}.`, {
        remedy: 'Check that the engine is running, then try again.',
        cause: error,
      })
    if (error instanceof ImageError && error.code === 'malformed')
      return new ImageError(
        'malformed',
        `What the engine at ${this.#engine} sent as “${this.#image}” is not an image.`,
        { remedy: 'Check that this is the address of a Docker or Podman engine.', cause: error },
      )
    return error
  }

  /** What the export lacks when it has ended. */
  incomplete(what: string): ImageError {
    return new ImageError(
      'missing-blob',
      `${what} is not in what the engine at ${this.#engine} sent as “${this.#image}”.`,
      { remedy: 'The engine’s store may be damaged; pull or build the image again.' },
    )
  }

  [Symbol.dispose](): void {
    this.#download[Symbol.dispose]()
  }

  /** moby writes `{"errorDetail":{"message":"…"},"error":"…"}`. */
  #lastWords(): string | undefined {
    const text = this.#tail.subarray(-LAST_WORDS).toString('latin1')
    const at = text.lastIndexOf('{"errorDetail"')
    if (at < 0) return undefined
    try {
      const words: unknown = JSON.parse(Buffer.from(text.slice(at), 'latin1').toString())
      if (typeof words !== 'object' || words === null || !('error' in words)) return undefined
      return inWords(String(words.error))
    } catch {
      return undefined
    }
  }
}
