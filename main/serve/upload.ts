import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ImageError } from '../../shared/errors.ts'
import { visible } from '../../shared/path-bytes.ts'
import type { Engine } from '../engine/engine.ts'
import { requireSpace } from '../image/free-space.ts'
import { Staging } from '../outputs/staging.ts'

const PROGRESS_INTERVAL = 1024 ** 2

/** Files dropped on a browser window, in a folder of this session that goes with it. */
export class Uploads implements AsyncDisposable {
  readonly #engine: Engine
  readonly #parent: string
  #staging: Promise<Staging> | undefined
  readonly #received = new Set<string>()
  #count = 0

  /** `parent` is for what is spooled; the folder made there is private, and cleared by a later start if this one is killed. */
  constructor(engine: Engine, parent: string) {
    this.#engine = engine
    this.#parent = parent
  }

  /**
   * Streams a request's body to a new file and answers its path. Fails with 'usage' for a size that is not one, 'no-space', 'truncated'
   * or 'limit' where the body is shorter or longer than announced; nothing is left of it then.
   */
  async receive(request: IncomingMessage, name: string, size: number): Promise<string> {
    if (!Number.isSafeInteger(size) || size < 0)
      throw new ImageError('usage', 'The size of the upload is missing.')
    const staging = await (this.#staging ??= this.#createStaging())
    const folder = staging.file(String(++this.#count))
    await mkdir(folder, { mode: 0o700 })
    const path = join(folder, fileNameOf(name))
    const shown = visible(fileNameOf(name))
    const job = this.#engine.adopt({ kind: 'upload', name: shown, size }, `Upload ${shown}`, () =>
      request.destroy(new ImageError('cancelled', 'Cancelled.')),
    )
    try {
      await requireSpace(folder, size)
      const file = createWriteStream(path, { flags: 'wx', mode: 0o600, highWaterMark: 1024 ** 2 })
      await pipeline(
        request,
        countedTo(size, shown, (done) => job.progress(done)),
        file,
      )
      this.#received.add(path)
      job.done({ bytesWritten: size })
      return path
    } catch (error) {
      await rm(folder, { recursive: true, force: true })
      const failure = request.destroyed && !request.complete ? cutShort(shown, error) : error
      job.failed(failure)
      throw failure
    }
  }

  /** Whether a file came in here. */
  holds(path: string): boolean {
    return this.#received.has(path)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#staging)?.[Symbol.asyncDispose]()
  }

  async #createStaging(): Promise<Staging> {
    await mkdir(this.#parent, { recursive: true, mode: 0o700 })
    return Staging.create(this.#parent)
  }
}

/** A name for the disk: the browser's, without what could lead elsewhere or trouble a file system. */
export function fileNameOf(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? ''
  // oxlint-disable-next-line no-control-regex
  const clean = last.replace(/[\u0000-\u001f\u007f<>:"|?*]/g, '_').replace(/^\.+/, '_')
  // 255 bytes is the limit of every file system we meet; a character may be four.
  const short = clean.length > 60 ? `${clean.slice(0, 30)}…${clean.slice(-28)}` : clean
  return short === '' ? 'upload' : short
}

function countedTo(size: number, name: string, onProgress: (done: number) => void): Transform {
  let done = 0
  let told = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, next) {
      done += chunk.length
      if (done > size) {
        next(new ImageError('limit', `${name} is longer than was announced.`))
        return
      }
      if (done - told >= PROGRESS_INTERVAL || done === size) onProgress((told = done))
      next(null, chunk)
    },
    flush(next) {
      next(done === size ? null : new ImageError('truncated', `${name} ended before its ${size} bytes.`))
    },
  })
}

function cutShort(name: string, error: unknown): ImageError {
  if (error instanceof ImageError) return error
  return new ImageError('truncated', `The upload of ${name} was cut.`, {
    remedy: 'Drop it again.',
    cause: error,
  })
}
