import { setImmediate } from 'node:timers/promises'
import type { FileChunk, Tree } from '../../shared/files.ts'
import type { PathBytes } from '../../shared/path-bytes.ts'
import type { Task } from '../image/element.ts'
import { contentKind, KIND_BYTES, type ContentKind } from './content-kind.ts'
import type { FileContent } from './file-content.ts'
import type { OpenedImage } from './opened-image.ts'

/** Read at once of a compressed layer, whose every new reading starts at its beginning: the viewer goes on from window to window. */
const READ_AHEAD = 8 * 1024 ** 2

interface Block {
  readonly key: string
  readonly offset: number
  readonly bytes: Buffer
}

/** Windows of files' bytes for the viewer. Keeps what it read last, and what each file looked like. */
export class ContentWindow {
  readonly #image: OpenedImage
  readonly #kinds = new Map<string, ContentKind>()
  #block: Block | undefined

  constructor(image: OpenedImage) {
    this.#image = image
  }

  async read(tree: Tree, path: PathBytes, offset: number, length: number, task: Task): Promise<FileChunk> {
    const content = await this.#image.content(tree, path, task)
    const kind = await this.#kind(content, task)
    const bytes = await this.#bytes(content, offset, length, task)
    return { size: content.size, offset, base64: bytes.toString('base64'), ...kind }
  }

  async #kind(content: FileContent, task: Task): Promise<ContentKind> {
    const key = keyOf(content)
    const known = this.#kinds.get(key)
    if (known) return known
    const start = await this.#bytes(content, 0, KIND_BYTES, task)
    const kind = contentKind(start, start.length === content.size)
    this.#kinds.set(key, kind)
    return kind
  }

  async #bytes(content: FileContent, offset: number, length: number, task: Task): Promise<Buffer> {
    const end = Math.min(offset + length, content.size)
    const key = keyOf(content)
    const block = this.#block
    if (block?.key !== key || offset < block.offset || end > block.offset + block.bytes.length) {
      const wanted = (await this.#isCompressed(content.layer)) ? Math.max(length, READ_AHEAD) : length
      this.#block = { key, offset, bytes: await this.#collect(content, offset, wanted, task) }
    }
    const { offset: start, bytes } = this.#block as Block
    return bytes.subarray(Math.max(offset - start, 0), Math.max(end - start, 0))
  }

  async #collect(content: FileContent, offset: number, length: number, task: Task): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(Math.max(Math.min(length, content.size - offset), 0))
    let filled = 0
    for await (const chunk of this.#image.readContent(content, { offset, length: bytes.length }, task)) {
      bytes.set(chunk, filled)
      filled += chunk.length
      task.signal.throwIfAborted()
      // Lets a cancelling message in while a layer is inflated.
      await setImmediate()
    }
    return bytes.subarray(0, filled)
  }

  async #isCompressed(index: number): Promise<boolean> {
    const layer = (await this.#image.layers())[index]
    return layer?.stored !== undefined && layer.stored().size !== layer.size
  }
}

function keyOf(content: FileContent): string {
  return `${content.layer}:${content.row}`
}
