import { realpathSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { ImageError } from '../../shared/errors.ts'
import { pathBytesOf, visible, type PathBytes } from '../../shared/path-bytes.ts'
import { decompress, sniffCompression, type Compression } from '../image/compression.ts'
import type { CacheLease, CacheWriter } from '../image/cache.ts'
import type { Task, TarEntry } from '../image/element.ts'
import { namedError } from '../image/named-error.ts'
import { RandomAccess, readRange } from '../image/random-access.ts'
import { hopTar } from '../image/tar-reader.ts'
import { TarParser } from '../image/tar-parser.ts'
import { notAnImage, notAnImageTar, startsAsTar } from './content-words.ts'
import { cleanName, cutShort, DocumentBudget, type FileRange, type ImageFiles } from './image-files.ts'
import type { InputContext } from './input-context.ts'

/** Real archives have hundreds of members; a plain tar of a million files is told apart before they are all kept. */
const MEMBER_LIMIT = 100_000
/** As many links as Linux follows (path_resolution(7)). */
const LINK_LIMIT = 40
const HEAD = 4096

/**
 * A tar opened at random: where each member's content lies, from one hop over its headers. A compressed one is inflated once, into the
 * layer cache, and the file there is held while this is open.
 */
export class TarArchive implements ImageFiles {
  readonly path: string
  readonly budget = new DocumentBudget()
  /** The tar itself: the user's file, or the inflated one. */
  readonly file: RandomAccess
  readonly #members: ReadonlyMap<PathBytes, Member>
  readonly #lease: CacheLease | undefined

  private constructor(
    path: string,
    file: RandomAccess,
    members: ReadonlyMap<PathBytes, Member>,
    lease: CacheLease | undefined,
  ) {
    this.path = path
    this.file = file
    this.#members = members
    this.#lease = lease
  }

  static async open(path: string, context: InputContext, task: Task): Promise<TarArchive> {
    await using stack = new AsyncDisposableStack()
    const file = stack.use(RandomAccess.open(path))
    const head = headOf(file)
    const compression = sniffCompression(head)
    if (compression === 'none') {
      if (!startsAsTar(head)) throw notAnImage(path, head)
      const archive = new TarArchive(path, file, membersOf(file, path), undefined)
      stack.move()
      return archive
    }
    const lease = stack.use(await inflatedOnce(path, file, compression, context, task))
    const inflated = stack.use(RandomAccess.open(lease.path))
    const archive = new TarArchive(path, inflated, membersOf(inflated, path), lease)
    stack.move()
    file[Symbol.dispose]()
    return archive
  }

  has(name: string): boolean {
    return this.#members.has(name)
  }

  /** Whether some member's path passes the test. */
  some(test: (path: PathBytes) => boolean): boolean {
    return this.#members.keys().some(test)
  }

  /**
   * The content of a member by the name that a document gives it. The name is a key among the members and never a path of the file
   * system; links lead to other members only. Undefined where nothing is there.
   */
  find(name: string): FileRange | undefined {
    let key = cleanName(pathBytesOf(name))
    for (let hops = 0; hops <= LINK_LIMIT; hops++) {
      const member = this.#members.get(key)
      if (member === undefined) return undefined
      if ('offset' in member) return { ...member, open: () => this.file }
      key = member.isHard ? member.target : cleanName(member.target, parentOf(key))
    }
    throw new ImageError(
      'malformed',
      `${visible(name)} in the archive is a link that leads round in a circle.`,
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.file[Symbol.dispose]()
    await this.#lease?.[Symbol.asyncDispose]()
  }
}

type Member =
  | { readonly offset: number; readonly size: number }
  | { readonly target: string; readonly isHard: boolean }

function parentOf(path: PathBytes): PathBytes {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

function headOf(file: RandomAccess): Uint8Array {
  const head = Buffer.alloc(HEAD)
  return head.subarray(0, file.read(head, 0))
}

function membersOf(file: RandomAccess, path: string): Map<PathBytes, Member> {
  const members = new Map<PathBytes, Member>()
  try {
    hopTar(file, 0, file.size, (entry) => {
      const member = memberOf(entry)
      if (member) members.set(entry.path, member)
      if (members.size > MEMBER_LIMIT) throw notAnImageTar(path)
    })
  } catch (error) {
    if (error instanceof ImageError && error.code === 'truncated') throw cutShort(path, error)
    throw namedError(error, visible(path))
  }
  return members
}

function memberOf(entry: TarEntry): Member | undefined {
  if (entry.linkname !== undefined && (entry.type === 'symlink' || entry.type === 'link'))
    return { target: entry.linkname, isHard: entry.type === 'link' }
  if (entry.type !== 'file') return undefined
  if (entry.sparse)
    throw new ImageError('unsupported', `${visible(entry.path)} is stored as a sparse file in the archive.`, {
      remedy: 'Make the archive again without tar --sparse.',
    })
  return { offset: entry.offset, size: entry.size }
}

/** The inflated archive, from the cache where this very file was inflated before. */
async function inflatedOnce(
  path: string,
  file: RandomAccess,
  compression: Compression,
  context: InputContext,
  task: Task,
): Promise<CacheLease> {
  const key = { archive: identityOf(path) }
  const found = await context.cache.find(key)
  if (found) return found
  await using writer = await context.cache.create(key)
  try {
    await inflate(path, file, compression, writer, task)
  } catch (error) {
    throw namedError(error, visible(path))
  }
  // Awaited here: the writer is disposed as soon as this returns.
  return await writer.commit()
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
      this.#head = Buffer.concat([this.#head, chunk.subarray(0, HEAD)])
      if (this.#head.length >= 512) this.#checkHead(this.#head)
    }
    this.#parser.push(chunk)
  }

  end(): void {
    if (this.#head !== undefined) this.#checkHead(this.#head)
    this.#parser.end()
    if (!this.#hasMarker) throw notAnImageTar(this.#path)
  }

  #checkHead(head: Buffer): void {
    const isEmptyTar = head.subarray(0, 512).every((byte) => byte === 0)
    if (isEmptyTar || !startsAsTar(head)) throw notAnImage(`The content of ${this.#path}`, head)
    this.#head = undefined
  }
}

/** One of these is in every archive of images. */
export const MARKERS: ReadonlySet<string> = new Set(['manifest.json', 'index.json', 'repositories'])
