import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ImageError } from '../../shared/errors.ts'
import { keyOfSource } from '../../shared/source-name.ts'
import { pathOfSource } from '../../shared/source-name.ts'
import type { SourceSpec } from '../../shared/uri.ts'
import type { Task } from '../image/element.ts'
import type { Workspace } from '../store/workspace.ts'
import { OpenedImage } from './opened-image.ts'

/** Each holds a file open and its layers' names in memory. */
const CAPACITY = 4
/** What changes when a folder of images does. */
const FOLDER_FILES = ['index.json', 'catalog.json', 'manifest.json']

interface Book {
  readonly source: string
  /** What the file was when it was opened. */
  readonly identity: string
  readonly image: Promise<OpenedImage>
  readonly life: AbortController
  readers: number
  isOpening: boolean
  isDropped: boolean
}

/**
 * The images held open, the least recently used closed first. One whose file has changed is opened anew. A closed image lives on until
 * its last reader is done; opening ends when all who wait for it have gone.
 */
export class ImageShelf implements AsyncDisposable {
  readonly #workspace: Workspace
  readonly #books = new Map<string, Book>()

  constructor(workspace: Workspace) {
    this.#workspace = workspace
  }

  /** Runs `work` with the image, opened where it is not yet. */
  async use<T>(
    source: SourceSpec,
    signal: AbortSignal,
    work: (image: OpenedImage) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted()
    const book = await this.#borrow(source)
    try {
      return await work(await orAborted(book.image, signal))
    } finally {
      book.readers--
      if (book.readers === 0 && (book.isDropped || (book.isOpening && signal.aborted)))
        await this.#close(book)
    }
  }

  /** Closes the image of that source: whoever uses it next opens it anew. */
  async forget(source: SourceSpec): Promise<void> {
    const book = this.#books.get(keyOfSource(source))
    if (book) await this.#drop(book)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const book of this.#books.values()) await this.#close(book)
  }

  async #borrow(source: SourceSpec): Promise<Book> {
    const key = keyOfSource(source)
    const identity = await identityOf(source)
    const known = this.#books.get(key)
    if (known?.identity === identity) {
      this.#books.delete(key)
      this.#books.set(key, known)
      known.readers++
      return known
    }
    const life = new AbortController()
    const task: Task = { signal: life.signal, progress: () => {}, warn: () => {} }
    const image = OpenedImage.open(source, this.#workspace, task)
    const book: Book = { source: key, identity, image, life, readers: 1, isOpening: true, isDropped: false }
    this.#books.set(key, book)
    image.then(
      () => {
        book.isOpening = false
      },
      // What could not be opened is tried again by the next call.
      () => this.#books.get(key) === book && this.#books.delete(key),
    )
    if (known) await this.#drop(known)
    for (const oldest of this.#books.values()) {
      if (this.#books.size <= CAPACITY) break
      await this.#drop(oldest)
    }
    return book
  }

  async #drop(book: Book): Promise<void> {
    book.isDropped = true
    if (this.#books.get(book.source) === book) this.#books.delete(book.source)
    if (book.readers === 0) await this.#close(book)
  }

  async #close(book: Book): Promise<void> {
    if (this.#books.get(book.source) === book) this.#books.delete(book.source)
    book.life.abort(new ImageError('cancelled', 'The image was closed.'))
    const image = await book.image.catch(() => undefined)
    await image?.[Symbol.asyncDispose]()
  }
}

async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const stop = (): void => reject(new ImageError('cancelled', 'Cancelled.'))
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/**
 * Device, inode, size and time of the file, and of a folder those of the documents in it; fails where it is not there. What is reached
 * over a connection stays the image it was when it was opened, until it is forgotten.
 */
async function identityOf(source: SourceSpec): Promise<string> {
  const path = pathOfSource(source)
  if (path === undefined) return ''
  const own = await stat(path, { bigint: true })
  const parts = [own]
  if (own.isDirectory())
    for (const name of FOLDER_FILES) {
      const found = await stat(join(path, name), { bigint: true }).catch(() => undefined)
      if (found) parts.push(found)
    }
  return parts.map(({ dev, ino, size, mtimeNs }) => [dev, ino, size, mtimeNs].join(':')).join(' ')
}
