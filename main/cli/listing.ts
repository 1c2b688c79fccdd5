import { ImageError } from '../../shared/errors.ts'
import { displayPath, visible, type PathBytes } from '../../shared/path-bytes.ts'
import type { EntryType } from '../../shared/files.ts'
import type { RareFields } from '../image/entry-table.ts'
import { flatten } from '../image/flatten.ts'
import { NO_VERSION, type ImageTree } from '../image/image-tree.ts'
import { NO_NODE, ROOT_NODE } from '../image/path-nodes.ts'

/** One line of `ls`. */
export interface Listed {
  readonly path: PathBytes
  readonly type: EntryType
  readonly size: number
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtime: number
  readonly mtimeNanoseconds: number
  readonly linkname?: string
  readonly rare?: RareFields
  /** Equal for hard links of one file; undefined for what is only a mark. */
  readonly inode?: number
  readonly layer: number
  /** Where a file's content is: layer and row; undefined for everything that has none. */
  readonly content?: { readonly layer: number; readonly row: number }
}

/** The merged tree at and below a path, by path; directories before what is in them. Fails with `not-found`. */
export function* listTree(tree: ImageTree, path: PathBytes): Generator<Listed> {
  const start = path === '' ? ROOT_NODE : tree.nodes.find(path)
  if (start === NO_NODE || (start !== ROOT_NODE && tree.versionAt(start) === NO_VERSION)) throw notFound(path)
  const pending = [start]
  while (pending.length > 0) {
    const node = pending.pop() as number
    const version = tree.versionAt(node)
    if (node !== ROOT_NODE) {
      if (version === NO_VERSION) continue
      const stat = tree.stat(version)
      const { content, ...rest } = stat
      yield { ...rest, path: tree.nodes.path(node), ...(stat.type === 'file' ? { content } : {}) }
    }
    // One by one: a directory may have more children than a call can have arguments.
    for (const child of childrenOf(tree, node)) pending.push(child)
  }
}

/** Last name first, as they come off a stack. */
function childrenOf(tree: ImageTree, node: number): number[] {
  const children: (readonly [name: string, node: number])[] = []
  for (let child = tree.nodes.firstChild(node); child !== NO_NODE; child = tree.nodes.nextSibling(child))
    children.push([tree.nodes.name(child), child])
  children.sort(([a], [b]) => (a < b ? 1 : -1))
  return children.map(([, child]) => child)
}

/** The entries of one layer at and below a path, in the order of its tar; whiteouts stand under their own names. */
export function* listLayer(tree: ImageTree, layer: number, path: PathBytes): Generator<Listed> {
  const table = tree.layers[layer]
  if (!table) return
  // Links of one file are told by this layer alone: what a later one replaced is still one file here.
  const own = flatten([table])
  let isFound = path === ''
  for (let row = 0; row < table.length; row++) {
    const entry = table.at(row)
    if (path !== '' && entry.path !== path && !entry.path.startsWith(`${path}/`)) continue
    isFound = true
    const version = own.versionOfRow(0, row)
    const rare = table.rare(row)
    yield {
      ...entry,
      layer,
      ...(rare === undefined ? {} : { rare }),
      ...(version === NO_VERSION ? {} : { inode: own.versions.inode.at(version) }),
      ...(entry.type === 'file' ? { content: { layer, row } } : {}),
    }
  }
  if (!isFound) throw notFound(path, layer)
}

function notFound(path: PathBytes, layer?: number): ImageError {
  const where = layer === undefined ? 'The image' : `Layer ${layer}`
  return new ImageError('not-found', `${where} has no ${visible(displayPath(path))}.`)
}
