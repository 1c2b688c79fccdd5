import { FileRows } from '../../main/engine/file-rows.ts'
import { Listed } from '../../main/engine/listed.ts'
import { pathHistory } from '../../main/engine/path-history.ts'
import { flatten } from '../../main/image/flatten.ts'
import type { TarEntry } from '../../main/image/element.ts'
import { rowsQuerySchema, type FileChunk, type Tree } from '../../shared/files.ts'
import type { ImageInfo } from '../../shared/image.ts'
import type { PathBytes } from '../../shared/path-bytes.ts'
import { searchQuerySchema } from '../../shared/query.ts'
import { debianInfo, digestOf, type Answers } from './fake-client.ts'
import { tableOf } from './entries.ts'
import { memoryFates } from './memory-fates.ts'
import { memoryHashes } from './memory-hashes.ts'

export interface FakeLayer {
  readonly createdBy: string
  readonly entries: readonly TarEntry[]
  /** What its files hold. */
  readonly contents?: Readonly<Record<PathBytes, string | Uint8Array>>
  /** Nobody has read it yet. */
  readonly isPending?: boolean
}

export interface FakeImage {
  readonly info: ImageInfo
  /** The product's own rows, history and search over these layers; only the reading of bytes is made here. */
  readonly answers: Answers
}

export function fakeImage(layers: readonly FakeLayer[]): FakeImage {
  const info: ImageInfo = {
    ...debianInfo,
    layers: layers.map(({ createdBy, entries }, index) => ({
      index,
      diffID: digestOf(String(index + 1)),
      size: 1000 * (index + 1) + entries.length,
      compressedSize: 500 * (index + 1),
      mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
      createdBy,
    })),
    history: layers.map(({ createdBy }, layerIndex) => ({ createdBy, layerIndex })),
  }
  const tree = flatten(layers.map(({ entries, isPending }) => (isPending ? null : tableOf(entries))))
  const rows = new FileRows(tree)
  const stores = { hashes: memoryHashes(), fates: memoryFates() }
  const { names } = new Listed(tree.layers, info, stores, () => {})
  const pendingLayers = layers.flatMap(({ isPending }, index) => (isPending ? [index] : []))
  const answers: Answers = {
    images: { inspect: async () => info },
    files: {
      rows: async ({ query }) => ({ ...rows.window(rowsQuerySchema.parse(query)), pendingLayers }),
      locate: async ({ query, path }) => rows.locate(rowsQuerySchema.parse(query), path),
      typeAhead: async ({ query, text, from }) => rows.typeAhead(rowsQuerySchema.parse(query), text, from),
      history: async ({ path }) => pathHistory(tree, info, path),
      read: async ({ tree: wanted, path, offset, length }) =>
        chunkOf(contentAt(layers, wanted, path), offset, length),
    },
    search: {
      names: async ({ query, ...range }) => ({
        ...(await names.window(searchQuerySchema.parse(query), range)),
        pendingLayers,
      }),
    },
  }
  return { info, answers }
}

function contentAt(layers: readonly FakeLayer[], tree: Tree, path: PathBytes): Uint8Array {
  const last = tree.layer ?? layers.length - 1
  for (let layer = last; layer >= (tree.isMerged ? 0 : last); layer--) {
    const content = layers[layer]?.contents?.[path]
    if (content !== undefined) return typeof content === 'string' ? Buffer.from(content) : content
  }
  throw new Error(`the test has no content of ${path}`)
}

function chunkOf(content: Uint8Array, offset: number, length: number): FileChunk {
  const isText = !content.includes(0)
  return {
    size: content.length,
    offset,
    base64: Buffer.from(content.subarray(offset, offset + length)).toString('base64'),
    looksLike: isText ? 'text' : 'binary',
  }
}

/** A viewport for jsdom, which lays nothing out: long lists draw what fits it. */
export function stubViewport(height = 560): void {
  for (const name of ['offsetHeight', 'clientHeight'] as const) {
    Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get: () => height })
  }
  Object.defineProperty(HTMLElement.prototype, 'offsetWidth', { configurable: true, get: () => 1000 })
}
