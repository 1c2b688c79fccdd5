import { startsAsTar } from '../../image/starts-as-tar.ts'
import { realpathSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { visible } from '../../../shared/path-bytes.ts'
import type { CacheLease, CacheWriter } from '../../image/cache.ts'
import { decompress, type Compression } from '../../image/compression.ts'
import type { Task } from '../../image/element.ts'
import { namedError } from '../../image/named-error.ts'
import { readRange, type RandomAccess } from '../../image/random-access.ts'
import { TarParser } from '../../image/tar-parser.ts'
import { notAnImage, notAnImageTar } from './content-words.ts'
import { MEMBER_LIMIT } from './image-files.ts'
import type { InputContext } from '../input-context.ts'

/** A tar header. */
const BLOCK = 512
/** One of these is in every archive of images. */
const MARKERS: ReadonlySet<string> = new Set(['manifest.json', 'index.json', 'repositories'])

/** A compressed archive as a tar in the cache. */
export interface InflatedArchive {
  readonly lease: CacheLease
  /** Forgets what an earlier run kept; undefined where it was inflated just now. */
  readonly discard: (() => Promise<void>) | undefined
}

/** The inflated archive, from the cache where this very file was inflated before. */
export async function inflatedOnce(
  path: string,
  file: RandomAccess,
  compression: Compression,
  context: InputContext,
  task: Task,
): Promise<InflatedArchive> {
  const key = { archive: identityOf(path) }
  const found = await context.cache.find(key)
  if (found) return { lease: found, discard: () => context.cache.remove(key) }
  await using writer = await context.cache.create(key)
  try {
    await inflate(path, file, compression, writer, task)
  } catch (error) {
    throw namedError(error, visible(path))
  }
  return { lease: await writer.commit(), discard: undefined }
}

/** What tells this content of the file from any other: a change shows in its size, its time or its inode. */
function identityOf(path: string): string {
  const real = realpathSync(path)
  const { size, mtimeNs, ino } = statSync(real, { bigint: true })
  return `${real}:${size}:${mtimeNs}:${ino}`
}

/** Writes the tar into the cache's file, as long as it looks like an image: nothing else is worth the space. */
async function inflate(
  path: string,
  file: RandomAccess,
  compression: Compression,
  writer: CacheWriter,
  task: Task,
): Promise<void> {
  const step = `Unpacking ${basename(path)}`
  const look = new ImageLook(path)
  for await (const chunk of decompress(
    compression,
    counted(readRange(file, 0, file.size, task.signal), (done) => task.progress(step, done, file.size)),
    task.signal,
  )) {
    look.push(chunk)
    await writer.write(chunk)
  }
  look.end()
}

async function* counted(
  source: AsyncIterable<Uint8Array>,
  onCount: (done: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  let done = 0
  for await (const chunk of source) {
    yield chunk
    onCount((done += chunk.length))
  }
}

/** Whether what comes out of a compressed file is a tar of an image; fails as soon as it cannot be. */
class ImageLook {
  readonly #path: string
  #hasMarker = false
  #head: Buffer | undefined = Buffer.alloc(0)
  #members = 0
  readonly #parser = new TarParser({
    onEntry: ({ path }) => {
      this.#hasMarker ||= MARKERS.has(path)
      if (++this.#members > MEMBER_LIMIT) throw notAnImageTar(this.#path)
      return false
    },
  })

  constructor(path: string) {
    this.#path = path
  }

  push(chunk: Uint8Array): void {
    if (this.#head !== undefined) {
      this.#head = Buffer.concat([this.#head, chunk.subarray(0, BLOCK)])
      if (this.#head.length >= BLOCK) this.#checkHead(this.#head)
    }
    this.#parser.push(chunk)
  }

  end(): void {
    if (this.#head !== undefined) this.#checkHead(this.#head)
    this.#parser.end()
    if (!this.#hasMarker) throw notAnImageTar(this.#path)
  }

  #checkHead(head: Buffer): void {
    const isEmptyTar = head.subarray(0, BLOCK).every((byte) => byte === 0)
    if (isEmptyTar || !startsAsTar(head)) throw notAnImage(`The content of ${this.#path}`, head)
    this.#head = undefined
  }
}
