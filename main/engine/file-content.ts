import { ImageError } from '../../shared/errors.ts'
import type { Tree } from '../../shared/files.ts'
import { displayPath, visible, type PathBytes } from '../../shared/path-bytes.ts'
import type { ByteRange, Layer, TarEntry } from '../image/element.ts'
import type { EntryTable } from '../image/entry-table.ts'
import { NO_VERSION, type ImageTree } from '../image/image-tree.ts'
import { NO_NODE } from '../image/path-nodes.ts'
import { resolvePath } from '../image/resolve-path.ts'

/** Where a file's content is: the entry that brought it, and the layer that has it. */
export interface FileContent {
  readonly size: number
  readonly layer: number
  readonly row: number
}

/**
 * The content that a path of a tree leads to, links followed. A row that its layer deleted reads as it was before. Fails with `not-found`
 * where nothing is there (and says which layer deleted it), with `unsupported` where it is not a file.
 */
export function findContent(tree: ImageTree, query: Tree, path: PathBytes): FileContent {
  const version = findVersion(tree, query, path)
  const { type, size, content } = tree.stat(version)
  if (type !== 'file')
    throw new ImageError('unsupported', `${shown(path)} is a ${TYPE_WORDS[type]} and has no content.`, {
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
  if (entry.sparse) {
    yield* readSparse({ ...entry, sparse: entry.sparse }, layer, { offset: range.offset, length }, signal)
    return
  }
  const bytes = { offset: entry.offset + range.offset, length }
  for await (const [, body] of layer.contents([bytes], signal)) yield* body
}

/** Only what the range holds is read or made, so that the end of a file of petabytes, which a few bytes of map can claim, is at hand. */
async function* readSparse(
  entry: TarEntry & Required<Pick<TarEntry, 'sparse'>>,
  layer: Layer,
  range: ByteRange,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const end = range.offset + range.length
  const pieces: { readonly at: number; readonly offset: number; readonly length: number }[] = []
  let stored = entry.offset
  for (const [offset, length] of entry.sparse) {
    const at = Math.max(offset, range.offset)
    const pieceEnd = Math.min(offset + length, end)
    if (at < pieceEnd) pieces.push({ at, offset: stored + at - offset, length: pieceEnd - at })
    stored += length
  }
  let position = range.offset
  for await (const [index, body] of layer.contents(pieces, signal)) {
    const { at, length } = pieces[index] as ByteRange & { at: number }
    yield* zeros(at - position, signal)
    yield* body
    position = at + length
  }
  yield* zeros(end - position, signal)
}

const ZEROS = new Uint8Array(256 * 1024)

function* zeros(length: number, signal: AbortSignal | undefined): Generator<Uint8Array, void, undefined> {
  for (let left = length; left > 0; left -= ZEROS.length) {
    signal?.throwIfAborted()
    yield ZEROS.subarray(0, left)
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
