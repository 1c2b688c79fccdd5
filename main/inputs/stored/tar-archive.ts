import { startsAsTar } from '../../image/starts-as-tar.ts'
import { isDamage } from '../../image/damage.ts'
import { ImageError } from '../../../shared/errors.ts'
import { pathBytesOf, visible, type PathBytes } from '../../../shared/path-bytes.ts'
import { sniffCompression } from '../../image/compression.ts'
import type { Task, TarEntry } from '../../image/element.ts'
import { namedError } from '../../image/named-error.ts'
import { RandomAccess } from '../../image/random-access.ts'
import { hopTar } from '../../image/tar-reader.ts'
import { notAnImage, notAnImageTar } from './content-words.ts'
import {
  cleanName,
  cutShort,
  DocumentBudget,
  MEMBER_LIMIT,
  type FileRange,
  type ImageFiles,
} from './image-files.ts'
import { inflatedOnce, type InflatedArchive } from './inflated-archive.ts'
import type { InputContext } from '../input-context.ts'

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
  readonly #inflated: InflatedArchive | undefined

  private constructor(
    path: string,
    file: RandomAccess,
    members: ReadonlyMap<PathBytes, Member>,
    inflated: InflatedArchive | undefined,
  ) {
    this.path = path
    this.file = file
    this.#members = members
    this.#inflated = inflated
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
    for (;;) {
      await using inner = new AsyncDisposableStack()
      const inflated = await inflatedOnce(path, file, compression, context, task)
      inner.use(inflated.lease)
      const tar = inner.use(RandomAccess.open(inflated.lease.path))
      try {
        const archive = new TarArchive(path, tar, membersOf(tar, path), inflated)
        inner.move()
        return archive
      } catch (error) {
        if (!inflated.discard || !isDamage(error)) throw error
        await inflated.discard()
      }
    }
  }

  /**
   * Where this is a copy that an earlier run kept, and its content proved wrong, the disk may be at fault and not the file: forgets the
   * copy and answers true, so that whoever asked opens the file anew.
   */
  async discardCopy(): Promise<boolean> {
    await this.#inflated?.discard?.()
    return this.#inflated?.discard !== undefined
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
    await this.#inflated?.lease[Symbol.asyncDispose]()
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
