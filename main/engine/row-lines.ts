import type { RowsQuery, Sort } from '../../shared/files.ts'
import type { PathBytes } from '../../shared/path-bytes.ts'
import { IntColumn } from '../image/int-column.ts'
import { NO_NODE, ROOT_NODE } from '../image/path-nodes.ts'
import type { RowSelection } from './row-selection.ts'
import type { TreeView } from './tree-view.ts'

/** The lines of the file tree or list, top to bottom, as columns: so many numbers a line, whatever is scrolled to. */
export interface RowLines {
  readonly nodes: IntColumn
  readonly depths: IntColumn
  /** aria-posinset and aria-setsize, from 1. */
  readonly positions: IntColumn
  readonly setSizes: IntColumn
  readonly isExpanded: (node: number) => boolean
}

/** Lays the rows of a selection out in order. Only directories that are open are sorted, but for a list, where all are. */
export function layOutRows(
  view: TreeView,
  selection: RowSelection,
  query: Pick<RowsQuery, 'view' | 'sort' | 'expanded' | 'collapsed'>,
): RowLines {
  const nodesOf = (paths: readonly PathBytes[]): Set<number> =>
    new Set(paths.map((path) => view.tree.nodes.find(path)))
  const open = nodesOf(query.expanded)
  const closed = nodesOf(query.collapsed)
  const isExpanded = (node: number): boolean =>
    open.has(node) || (selection.isOpened(node) && !closed.has(node))
  if (query.view === 'tree') return { ...treeLines(view, selection, query.sort, isExpanded), isExpanded }
  return { ...listLines(view, selection, query.sort), isExpanded: () => false }
}

type Lines = Omit<RowLines, 'isExpanded'>

function treeLines(
  view: TreeView,
  selection: RowSelection,
  sort: Sort,
  isExpanded: (node: number) => boolean,
): Lines {
  const lines = {
    nodes: new IntColumn(),
    depths: new IntColumn(),
    positions: new IntColumn(),
    setSizes: new IntColumn(),
  }
  const levels = [{ children: sortedChildren(view, selection, ROOT_NODE, sort), next: 0 }]
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const node = level.children[level.next++]
    if (node === undefined) {
      levels.pop()
      continue
    }
    lines.nodes.push(node)
    lines.depths.push(levels.length - 1)
    lines.positions.push(level.next)
    lines.setSizes.push(level.children.length)
    if (selection.childCounts[node] !== 0 && isExpanded(node))
      levels.push({ children: sortedChildren(view, selection, node, sort), next: 0 })
  }
  return lines
}

function listLines(view: TreeView, selection: RowSelection, sort: Sort): Lines {
  const byName = treeLines(view, selection, { by: 'name', isDescending: false }, () => true).nodes
  const files: number[] = []
  for (let line = 0; line < byName.length; line++)
    if (!view.isDirectory(byName.at(line))) files.push(byName.at(line))
  const direction = sort.isDescending ? -1 : 1
  // Stable: equal sizes stay in the order of their paths.
  if (sort.by === 'size')
    files.sort((a, b) => direction * ((view.sizes[a] as number) - (view.sizes[b] as number)))
  else if (sort.isDescending) files.reverse()
  const lines = {
    nodes: new IntColumn(),
    depths: new IntColumn(),
    positions: new IntColumn(),
    setSizes: new IntColumn(),
  }
  for (const [index, node] of files.entries()) {
    lines.nodes.push(node)
    lines.depths.push(0)
    lines.positions.push(index + 1)
    lines.setSizes.push(files.length)
  }
  return lines
}

/** A directory's rows in order; those of equal size by name. Names are compared by their bytes. */
function sortedChildren(view: TreeView, selection: RowSelection, directory: number, sort: Sort): number[] {
  const { nodes } = view.tree
  const children: { node: number; name: string; size: number }[] = []
  for (let node = nodes.firstChild(directory); node !== NO_NODE; node = nodes.nextSibling(node))
    if (selection.isRow(node))
      children.push({ node, name: nodes.name(node), size: view.sizes[node] as number })
  const direction = sort.isDescending ? -1 : 1
  if (sort.by === 'name') children.sort((a, b) => direction * compareNames(a.name, b.name))
  else children.sort((a, b) => direction * (a.size - b.size) || compareNames(a.name, b.name))
  return children.map((child) => child.node)
}

function compareNames(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
