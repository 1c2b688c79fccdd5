import { ImageError } from '../../shared/errors.ts'
import { jsonText } from './json-text.ts'

const BATCH = 64 * 1024

/** Whoever read our output has gone (`| head`): the work is over, and nothing is wrong. */
export class ClosedPipe extends ImageError {
  constructor() {
    super('cancelled', 'The reader of the output is gone.')
  }
}

/** Results on standard output: in batches, no faster than they are read. */
export class StandardOutput {
  readonly #stream: NodeJS.WriteStream
  readonly #closed = new AbortController()
  #failure: Error | undefined
  #text = ''

  constructor(stream: NodeJS.WriteStream = process.stdout) {
    this.#stream = stream
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.#failure = error.code === 'EPIPE' ? new ClosedPipe() : error
      this.#closed.abort(this.#failure)
    })
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY
  }

  /** Columns of the terminal; undefined where it is none. */
  get columns(): number | undefined {
    return this.#stream.isTTY ? this.#stream.columns : undefined
  }

  /** Aborts when nobody reads any more. */
  get signal(): AbortSignal {
    return this.#closed.signal
  }

  async line(text: string): Promise<void> {
    this.#text += `${text}\n`
    if (this.#text.length >= BATCH) await this.flush()
  }

  /** One object a line, as every JSON output of ours. */
  json(value: unknown): Promise<void> {
    return this.line(jsonText(value))
  }

  async bytes(chunk: Uint8Array): Promise<void> {
    await this.flush()
    await this.#write(chunk)
  }

  async flush(): Promise<void> {
    const text = this.#text
    this.#text = ''
    if (text !== '') await this.#write(text)
  }

  /** Settles when there is room for more; bytes are their owner's again then, so for those when they are gone. */
  async #write(content: string | Uint8Array): Promise<void> {
    this.#check()
    const { promise, resolve } = Promise.withResolvers<void>()
    const hasRoom = this.#stream.write(content, () => resolve())
    if (!hasRoom || typeof content !== 'string') await promise
    this.#check()
  }

  #check(): void {
    if (this.#failure) throw this.#failure
  }
}
