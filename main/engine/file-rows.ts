import type { FileRow, RowsQuery, RowsWindow } from '../../shared/files.ts'
import { displayPath, type PathBytes } from '../../shared/path-bytes.ts'
import type { ImageTree } from '../image/image-tree.ts'
import { NO_NODE, ROOT_NODE } from '../image/path-nodes.ts'
import { RecentCache } from './recent-cache.ts'
import { layOutRows, type RowLines } from './row-lines.ts'
import { RowSelection } from './row-selection.ts'
import { TreeView } from './tree-view.ts'

/** Everything but the window of it. */
type RowsShape = Omit<RowsQuery, 'offset' | 'limit'>

interface LaidOut {
  readonly view: TreeView
  readonly selection: RowSelection
  readonly lines: RowLines
}

/**
 * The Files view of one tree. What a query needs is made once: the view of its layer, the selection of its filter, the lines of its
 * order and open directories; so that scrolling costs the window and opening a directory costs the lines.
 */
export class FileRows {
  readonly #tree: ImageTree
  readonly #views = new RecentCache<TreeView>(4)
  readonly #selections = new RecentCache<RowSelection>(4)
  readonly #lines = new RecentCache<LaidOut>(4)

  constructor(tree: ImageTree) {
    this.#tree = tree
  }

  window(query: RowsQuery): Omit<RowsWindow, 'pendingLayers'> {
    const laidOut = this.#layOut(query)
    const total = laidOut.lines.nodes.length
    const rows: FileRow[] = []
    const end = Math.min(query.offset + query.limit, total)
    for (let line = query.offset; line < end; line++) rows.push(this.#row(laidOut, line))
    return { total, rows, ...laidOut.view.totals }
  }

  /** Where a path stands once the directories above it are open; null where it is no row. */
  locate(query: RowsShape, path: PathBytes): { index: number; expanded: PathBytes[] } | null {
    const node = this.#tree.nodes.find(path)
    if (node === NO_NODE || node === ROOT_NODE) return null
    const expanded = [...query.expanded]
    const known = new Set(expanded)
    for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      const above = path.slice(0, slash)
      if (!known.has(above)) expanded.push(above)
    }
    const { nodes } = this.#layOut({ ...query, expanded }).lines
    for (let index = 0; index < nodes.length; index++)
      if (nodes.at(index) === node) return { index, expanded }
    return null
  }

  /** The next line after `from`, and round to it again, whose name starts with the text, in either case. */
  typeAhead(query: RowsShape, text: string, from: number): { index: number } | null {
    const { nodes } = this.#layOut(query).lines
    const folded = text.toLowerCase()
    for (let step = 1; step <= nodes.length; step++) {
      const index = (from + step) % nodes.length
      const name = displayPath(this.#tree.nodes.name(nodes.at(index)))
      if (name.toLowerCase().startsWith(folded)) return { index }
    }
    return null
  }

  #layOut(query: RowsShape): LaidOut {
    const { tree, filter, changes, view: kind, sort } = query
    const viewKey = JSON.stringify([tree.layer, tree.isMerged])
    const selectionKey = JSON.stringify([viewKey, filter, changes.toSorted()])
    const { expanded, collapsed } = kind === 'tree' ? query : { expanded: [], collapsed: [] }
    const key = JSON.stringify([selectionKey, kind, sort.by, sort.isDescending, expanded, collapsed])
    return this.#lines.get(key, () => {
      const view = this.#views.get(viewKey, () => new TreeView(this.#tree, tree))
      const selection = this.#selections.get(selectionKey, () => new RowSelection(view, query))
      return { view, selection, lines: layOutRows(view, selection, { ...query, expanded, collapsed }) }
    })
  }

  #row({ view, selection, lines }: LaidOut, line: number): FileRow {
    const node = lines.nodes.at(line)
    const version = view.shown[node] as number
    const stat = this.#tree.stat(version)
    const change = view.change(node)
    return {
      path: this.#tree.nodes.path(node),
      name: displayPath(this.#tree.nodes.name(node)),
      depth: lines.depths.at(line),
      type: stat.type,
      change,
      size: view.sizes[node] as number,
      mode: stat.mode,
      uid: stat.uid,
      gid: stat.gid,
      mtime: stat.mtime,
      ...(stat.linkname === undefined ? {} : { linkname: displayPath(stat.linkname) }),
      layer: change === 'deleted' ? this.#tree.versions.died.at(version) : stat.layer,
      childCount: selection.childCounts[node] as number,
      isExpanded: selection.childCounts[node] !== 0 && lines.isExpanded(node),
      position: lines.positions.at(line),
      setSize: lines.setSizes.at(line),
    }
  }
}
