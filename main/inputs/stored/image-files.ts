import { realpathSync, statSync } from 'node:fs'
import { isAbsolute, join, relative, sep } from 'node:path'
import { ImageError } from '../../../shared/errors.ts'
import { visible } from '../../../shared/path-bytes.ts'
import { checkDocumentSize } from '../../image/documents.ts'
import { RandomAccess } from '../../image/random-access.ts'

/** Bytes of some open file. */
export interface FileRange {
  readonly offset: number
  readonly size: number
  /** The file stays its owner's, open until that is disposed. */
  open(): RandomAccess
}

/** The files that image documents name: members of an archive, or files below a folder. */
export interface ImageFiles extends AsyncDisposable {
  /** What the user named. */
  readonly path: string
  readonly budget: DocumentBudget
  /**
   * What lies under a name that a document gives; undefined where nothing does. Fails with `unsafe-path` for a name, or a link on its
   * way, that leads out of the archive or folder.
   */
  find(name: string): FileRange | undefined
}

/** Real archives have hundreds of members; a plain tar of a million files is told apart before they are all kept. */
export const MEMBER_LIMIT = 100_000

/** Bytes of all documents read of one file or folder; a thousand small ones of a real archive are a hundredth of it. */
const TOTAL_LIMIT = 256 * 1024 * 1024

/** Bounds what a small file can make us parse by naming the same large document again and again. */
export class DocumentBudget {
  #left = TOTAL_LIMIT

  take(size: number, path: string): void {
    this.#left -= size
    if (this.#left < 0)
      throw new ImageError('limit', `The documents in ${visible(path)} are too large to be read together.`)
  }
}

/** A document (manifest, config, index) whole; `missing-blob` where it is not there. `what` names it in messages. */
export function readDocument(files: ImageFiles, name: string, what: string): Uint8Array {
  const range = files.find(name)
  if (!range) throw missing(files, name, what)
  checkDocumentSize(range.size, what)
  files.budget.take(range.size, files.path)
  const bytes = Buffer.allocUnsafe(range.size)
  if (range.open().read(bytes, range.offset) < range.size) throw cutShort(files.path)
  return bytes
}

export function missing(files: ImageFiles, name: string, what: string): ImageError {
  return new ImageError('missing-blob', `${what} (${visible(name)}) is not in ${visible(files.path)}.`, {
    remedy: 'The image is incomplete; save it again.',
  })
}

export function cutShort(path: string, cause?: unknown): ImageError {
  return new ImageError('truncated', `${visible(path)} ends before it should.`, {
    remedy: 'The file is incomplete; fetch or save it again.',
    cause,
  })
}

/** The clean form of a name, resolved from a folder beside it; `unsafe-path` where it leads outside. */
export function cleanName(name: string, folder = ''): string {
  if (name.startsWith('/')) throw unsafe(name)
  const parts = folder === '' ? [] : folder.split('/')
  for (const part of name.split('/')) {
    if (part === '..') {
      if (parts.pop() === undefined) throw unsafe(name)
    } else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts.join('/')
}

function unsafe(name: string): ImageError {
  return new ImageError('unsafe-path', `${visible(name)} leads out of the image that names it.`, {
    remedy: 'The image was made to do harm, or by a faulty tool; it is not opened.',
  })
}

/** The files below a folder; a link inside may lead to another file inside, and nowhere else. */
export class ImageFolder implements ImageFiles {
  readonly path: string
  readonly budget = new DocumentBudget()
  readonly #root: string
  readonly #open = new Map<string, RandomAccess>()

  constructor(path: string) {
    this.path = path
    this.#root = realpathSync(path)
  }

  find(name: string): FileRange | undefined {
    if (name.includes('\0')) throw unsafe(name)
    const real = realPath(join(this.#root, cleanName(name)))
    if (real === undefined) return undefined
    // By components: `/images-private` is not below `/images` (CVE-2025-59343).
    const inside = relative(this.#root, real)
    if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) throw unsafe(name)
    const stat = statSync(real)
    return stat.isFile() ? { offset: 0, size: stat.size, open: () => this.#opened(real) } : undefined
  }

  #opened(path: string): RandomAccess {
    const known = this.#open.get(path)
    if (known) return known
    const file = RandomAccess.open(path)
    this.#open.set(path, file)
    return file
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const file of this.#open.values()) file[Symbol.dispose]()
    this.#open.clear()
  }
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
}
