import type { Digest } from '../../shared/digest.ts'
import type { FateStore } from '../image/cache.ts'
import type { TreeProblem } from '../image/image-tree.ts'
import { RowFates, type ImageFates } from '../image/row-fates.ts'
import { DigestFiles } from './digest-files.ts'
import { sealed, unsealed } from './sealed-file.ts'

const MAGIC = Buffer.from('occystrap fates 1\n', 'latin1')
/** Bytes of all files: the fates of some hundred million entries. */
const DEFAULT_LIMIT = 256 * 1024 ** 2

/**
 * What became of the entries of images that were folded before: one immutable, sealed file per key. What is damaged is as good as absent,
 * and removed.
 */
export class FileFateStore implements FateStore {
  readonly #files: DigestFiles

  constructor(folder: string, options: { readonly limit?: number } = {}) {
    this.#files = new DigestFiles(folder, options.limit ?? DEFAULT_LIMIT)
  }

  get(key: Digest): Promise<ImageFates | undefined> {
    return this.#files.read(key, (file) => {
      const body = unsealed(MAGIC, file)
      return body && decoded(body)
    })
  }

  async put(key: Digest, fates: ImageFates): Promise<void> {
    await this.#files.put(key, sealed(MAGIC, encoded(fates)))
  }

  /** Bytes it takes. */
  size(): Promise<number> {
    return this.#files.size()
  }

  /** Removes everything; answers the bytes freed. */
  clear(): Promise<number> {
    return this.#files.clear()
  }
}

interface Head {
  readonly layers: readonly {
    readonly length: number
    /** Whether a column of layers follows the marks. */
    readonly hasBy: boolean
    readonly sizes: readonly (readonly [row: number, size: number])[]
  }[]
  readonly problems: readonly TreeProblem[]
}

/** The length of a JSON head, the head, then each layer's columns. */
function encoded({ layers, problems }: ImageFates): Uint8Array[] {
  const known = layers.map((fates) => (fates as RowFates).columns)
  const head: Head = {
    layers: known.map(({ marks, by, sizes }) => ({ length: marks.length, hasBy: !!by, sizes: [...sizes] })),
    problems,
  }
  const json = Buffer.from(JSON.stringify(head))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(json.length)
  const columns = known.flatMap(({ marks, by }) => (by ? [marks, bytesOf(by)] : [marks]))
  return [length, json, ...columns]
}

/** The checksum says that it is as it was written. */
function decoded(body: Buffer): ImageFates {
  let at = 4 + body.readUInt32LE(0)
  const head = JSON.parse(body.toString('utf8', 4, at)) as Head
  // Copied: columns of their own start where their values' width allows.
  const taken = (size: number): Uint8Array<ArrayBuffer> => Uint8Array.from(body.subarray(at, (at += size)))
  const layers = head.layers.map(({ length, hasBy, sizes }, layer) => {
    const marks = taken(length)
    const by = hasBy ? new Uint16Array(taken(2 * length).buffer) : undefined
    return new RowFates(layer, { marks, by, sizes: new Map(sizes) })
  })
  return { layers, problems: head.problems }
}

function bytesOf(column: Uint16Array): Uint8Array {
  return new Uint8Array(column.buffer, column.byteOffset, column.byteLength)
}
