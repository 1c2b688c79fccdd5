import { ImageError } from '../../shared/errors.ts'
import type { Tree } from '../../shared/files.ts'
import { displayPath, visible, type PathBytes } from '../../shared/path-bytes.ts'
import type { ByteRange, Layer } from '../image/element.ts'
import type { EntryTable } from '../image/entry-table.ts'
import { NO_VERSION, type ImageTree } from '../image/image-tree.ts'
import { NO_NODE } from '../image/path-nodes.ts'
import { resolvePath } from '../image/resolve-path.ts'
import { expandSparse } from '../image/sparse.ts'

/** Where a file's content is: the entry that brought it, and the layer that has it. */
export interface FileContent {
  readonly size: number
  readonly layer: number
  readonly row: number
}

/**
 * The content that a path of a tree leads to, links followed. A row that its layer deleted reads as it was before. Fails with `not-found`
 * where nothing is there (and says which layer deleted it), with `usage` where it is not a file.
 */
export function findContent(tree: ImageTree, query: Tree, path: PathBytes): FileContent {
  const version = findVersion(tree, query, path)
  const { type, size, content } = tree.stat(version)
  if (type !== 'file')
    throw new ImageError('usage', `${shown(path)} is a ${TYPE_WORDS[type]} and has no content.`, {
      remedy: 'Name a file.',
    })
  // A hard link to nothing has no content of its own.
  const isDangling = (tree.layers[content.layer] as EntryTable).type(content.row) === 'link'
  return { ...content, size: isDangling ? 0 : size }
}

const TYPE_WORDS = {
  file: 'file',
  directory: 'directory',
  symlink: 'symbolic link that leads nowhere',
  fifo: 'named pipe',
  char: 'character device',
  block: 'block device',
} as const

/** The content's bytes, or a piece of them; holes of a sparse file are zeros. A chunk is valid until the next is asked for. */
export async function* readContent(
  content: FileContent,
  table: EntryTable,
  layer: Layer,
  range: ByteRange,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const length = Math.min(range.length, content.size - range.offset)
  if (length <= 0) return
  const entry = table.at(content.row)
  if (!entry.sparse) {
    const bytes = { offset: entry.offset + range.offset, length }
    for await (const [, body] of layer.contents([bytes], signal)) yield* body
    return
  }
  const stored = { offset: entry.offset, length: entry.storedSize }
  for await (const [, body] of layer.contents([stored], signal))
    yield* pieceOf(expandSparse(entry, body), range.offset, length)
}

async function* pieceOf(
  source: AsyncIterable<Uint8Array>,
  offset: number,
  length: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let position = 0
  for await (const chunk of source) {
    const piece = chunk.subarray(Math.max(offset - position, 0), offset + length - position)
    if (piece.length > 0) yield piece
    position += chunk.length
    if (position >= offset + length) return
  }
}

function findVersion(tree: ImageTree, query: Tree, path: PathBytes): number {
  const layer = Math.min(query.layer ?? tree.lastLayer, tree.lastLayer)
  const node = tree.nodes.find(path)
  const own = node === NO_NODE ? NO_VERSION : tree.versionAt(node, layer)
  if (own !== NO_VERSION && !query.isMerged && tree.versions.born.at(own) !== layer)
    throw new ImageError('not-found', `Layer ${layer} has no ${shown(path)} of its own.`, {
      remedy: `Layer ${tree.versions.born.at(own)} brought it.`,
    })
  if (own !== NO_VERSION && tree.type(own) !== 'symlink') return own
  const resolved = resolvePath(tree, path, layer)
  if (resolved !== NO_NODE) return tree.versionAt(resolved, layer)
  if (own !== NO_VERSION) return own
  const before = node === NO_NODE || query.layer === undefined ? NO_VERSION : tree.versionAt(node, layer - 1)
  if (before !== NO_VERSION) return before
  throw notFound(tree, node, path)
}

function notFound(tree: ImageTree, node: number, path: PathBytes): ImageError {
  const last = tree.latestVersion(node)
  if (last === NO_VERSION)
    return tree.layers.includes(null)
      ? new ImageError('not-found', `The layers read so far have no ${shown(path)}.`, {
          remedy: 'Wait until all layers are read.',
        })
      : new ImageError('not-found', `The image has no ${shown(path)}.`)
  const born = tree.versions.born.at(last)
  const died = tree.versions.died.at(last)
  if (died > tree.lastLayer)
    return new ImageError('not-found', `${shown(path)} is not there before layer ${born}.`)
  return new ImageError('not-found', `${shown(path)} was deleted in layer ${died}.`, {
    remedy: `Layer ${born} still has it.`,
  })
}

function shown(path: PathBytes): string {
  return visible(displayPath(path === '' ? '/' : path))
}
