import type { OutputCompression } from '../../shared/spec-values.ts'
import { compress } from '../image/compression.ts'
import { ByteChannel } from './byte-channel.ts'
import { FileSink } from './file-sink.ts'

/** Where the bytes of an archive go, in order. */
export interface ArchiveSink extends AsyncDisposable {
  /** Bytes of the archive so far, before compression. */
  readonly position: number
  write(chunk: Uint8Array): Promise<void>
  /** The file itself, where what is written can be placed freely and replaced; undefined where it is compressed and gone. */
  readonly file: FileSink | undefined
  /** On the disk for good, and closed; the size of the file. */
  close(): Promise<number>
}

/** `place` as in FileSink. */
export async function openArchiveSink(
  path: string,
  place: string,
  compression: OutputCompression,
): Promise<ArchiveSink> {
  const file = await FileSink.create(path, place)
  return compression === 'none' ? new PlainSink(file) : new CompressedSink(file, compression)
}

class PlainSink implements ArchiveSink {
  readonly file: FileSink

  constructor(file: FileSink) {
    this.file = file
  }

  get position(): number {
    return this.file.position
  }

  write(chunk: Uint8Array): Promise<void> {
    return this.file.write(chunk)
  }

  async close(): Promise<number> {
    await this.file.close()
    return this.file.position
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.file[Symbol.asyncDispose]()
  }
}

class CompressedSink implements ArchiveSink {
  readonly file = undefined
  position = 0
  readonly #file: FileSink
  readonly #channel = new ByteChannel()
  readonly #isDone: Promise<void>
  #failure: { readonly error: unknown } | undefined

  constructor(file: FileSink, compression: 'gzip' | 'zstd') {
    this.#file = file
    this.#isDone = file.writeAll(compress(compression, this.#channel)).catch((error: unknown) => {
      this.#failure = { error }
      this.#channel.abandon()
    })
  }

  async write(chunk: Uint8Array): Promise<void> {
    await this.#channel.write(chunk)
    this.#check()
    this.position += chunk.length
  }

  async close(): Promise<number> {
    this.#channel.end()
    await this.#isDone
    this.#check()
    await this.#file.close()
    return this.#file.position
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#channel.end()
    await this.#isDone
    await this.#file[Symbol.asyncDispose]()
  }

  #check(): void {
    if (this.#failure) throw this.#failure.error
  }
}
