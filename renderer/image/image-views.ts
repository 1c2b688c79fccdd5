import { create } from 'zustand'
import type { Change, Tree } from '../../shared/files.ts'
import type { PathBytes } from '../../shared/path-bytes.ts'

/** A path as one tree has it: what the viewer shows. */
export interface Viewed {
  readonly path: PathBytes
  readonly tree: Tree
}

export interface FilesView {
  readonly tree: Tree
  readonly changes: readonly Change[]
  readonly filter: string
  readonly expanded: readonly PathBytes[]
  /** Directories that a filter opened and the person closed; forgotten with the filter. */
  readonly collapsed: readonly PathBytes[]
  /** The row the keyboard is on; null before any was. */
  readonly active: PathBytes | null
  readonly viewed: Viewed | null
  /** A path to bring into view as soon as the rows allow it. */
  readonly reveal: PathBytes | null
}

export interface SearchView {
  readonly text: string
  readonly isRegex: boolean
  readonly isCaseSensitive: boolean
  readonly isWholeName: boolean
  /** Only hits of these layers; all where empty. */
  readonly layers: readonly number[]
  readonly collapsed: readonly number[]
  /** The hit that is looked at beside the results. */
  readonly viewed: Viewed | null
}

interface ImageView {
  readonly files: FilesView
  readonly search: SearchView
  /** The layer chosen in the Layers tab. */
  readonly layer: number | null
}

const fresh: ImageView = {
  files: {
    tree: { isMerged: true },
    changes: [],
    filter: '',
    expanded: [],
    collapsed: [],
    active: null,
    viewed: null,
    reveal: null,
  },
  search: {
    text: '',
    isRegex: false,
    isCaseSensitive: false,
    isWholeName: false,
    layers: [],
    collapsed: [],
    viewed: null,
  },
  layer: null,
}

/** What the person looks at in each open image; kept while they are on another tab or page. */
const useViews = create<Readonly<Record<string, ImageView>>>()(() => ({}))

function change(id: string, next: (view: ImageView) => ImageView): void {
  useViews.setState((views) => ({ [id]: next(views[id] ?? fresh) }))
}

export function useFilesView(id: string): FilesView {
  return useViews((views) => (views[id] ?? fresh).files)
}

export function setFilesView(id: string, patch: Partial<FilesView>): void {
  change(id, ({ files, ...view }) => {
    const next = { ...files, ...patch }
    const isSameFilter = next.filter === files.filter && next.changes === files.changes
    return { ...view, files: isSameFilter ? next : { ...next, collapsed: [] } }
  })
}

export function useSearchView(id: string): SearchView {
  return useViews((views) => (views[id] ?? fresh).search)
}

export function setSearchView(id: string, patch: Partial<SearchView>): void {
  change(id, (view) => ({ ...view, search: { ...view.search, ...patch } }))
}

export function useChosenLayer(id: string): number | null {
  return useViews((views) => (views[id] ?? fresh).layer)
}

export function chooseLayer(id: string, layer: number | null): void {
  change(id, (view) => ({ ...view, layer }))
}

/** Turns the Files tab of an image to one path in one tree, with nothing filtered away. */
export function turnToPath(id: string, path: PathBytes, tree: Tree, isViewed: boolean): void {
  setFilesView(id, {
    tree,
    changes: [],
    filter: '',
    reveal: path,
    ...(isViewed ? { viewed: { path, tree } } : {}),
  })
}
