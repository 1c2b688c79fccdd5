import type { RowsQuery } from '../../shared/files.ts'
import { globToRegExp, hasWildcard } from '../../shared/glob.ts'
import { displayPath } from '../../shared/path-bytes.ts'
import { NO_VERSION } from '../image/image-tree.ts'
import { ROOT_NODE } from '../image/path-nodes.ts'
import type { TreeView } from './tree-view.ts'

/**
 * Which nodes of a view are rows under a filter and a choice of changes: those that pass and the directories above them. A text without
 * a slash is looked for in names, with one in whole paths; below a directory that matches everything is a row.
 */
export class RowSelection {
  /** Number of children that are rows. */
  readonly childCounts: Int32Array
  readonly #isRow: Uint8Array
  /** Directories above what was asked for, which are open unless the user closes them. */
  readonly #isOpened: Uint8Array

  constructor(view: TreeView, query: Pick<RowsQuery, 'filter' | 'changes'>) {
    const { nodes } = view.tree
    const count = nodes.length
    this.childCounts = new Int32Array(count)
    this.#isRow = new Uint8Array(count)
    this.#isOpened = new Uint8Array(count)
    const found = query.filter === '' ? undefined : findMatches(view, query.filter)
    const wanted = query.changes.length === 0 ? undefined : new Set(query.changes)
    for (let node = count - 1; node > ROOT_NODE; node--) {
      if (view.shown[node] === NO_VERSION) continue
      const isWanted = !wanted || wanted.has(view.change(node))
      const isPassing = isWanted && (!found || found.isBelow[node] === 1)
      if (isPassing) this.#isRow[node] = 1
      if (this.#isRow[node] !== 1) continue
      const parent = nodes.parent(node)
      this.#isRow[parent] = 1
      this.childCounts[parent] = (this.childCounts[parent] as number) + 1
      const isSought = found?.isMatch[node] === 1 || (wanted && isPassing && !isOfParent(view, node))
      if (isSought || this.#isOpened[node] === 1) this.#isOpened[parent] = 1
    }
  }

  isRow(node: number): boolean {
    return this.#isRow[node] === 1
  }

  isOpened(node: number): boolean {
    return this.#isOpened[node] === 1
  }
}

/** Whether a node was added or deleted together with its directory, whose own row says so. */
function isOfParent(view: TreeView, node: number): boolean {
  const change = view.change(node)
  return change !== 'modified' && view.change(view.tree.nodes.parent(node)) === change
}

interface Matches {
  readonly isMatch: Uint8Array
  /** The node or a directory above it matches. */
  readonly isBelow: Uint8Array
}

function findMatches(view: TreeView, filter: string): Matches {
  const { nodes } = view.tree
  const isMatch = new Uint8Array(nodes.length)
  const isBelow = new Uint8Array(nodes.length)
  const matches = textMatcher(filter.replace(/^\/+(?=.)/, ''))
  const paths: string[] | undefined = filter.includes('/') ? [''] : undefined
  for (let node = ROOT_NODE + 1; node < nodes.length; node++) {
    const parent = nodes.parent(node)
    let text = displayPath(nodes.name(node))
    if (paths) {
      if (parent !== ROOT_NODE) text = `${paths[parent]}/${text}`
      paths.push(text)
    }
    if (view.shown[node] === NO_VERSION) continue
    const isInside = isBelow[parent] === 1
    // The path of all that lies below a match holds the match as well.
    if (!(paths && isInside) && matches(text)) isMatch[node] = 1
    if (isInside || isMatch[node] === 1) isBelow[node] = 1
  }
  return { isMatch, isBelow }
}

function textMatcher(filter: string): (text: string) => boolean {
  if (hasWildcard(filter)) {
    const expression = globToRegExp(filter, 'i')
    return (text) => expression.test(text)
  }
  const folded = filter.toLowerCase()
  return (text) => text.toLowerCase().includes(folded)
}
