import { create } from 'zustand'
import type { Digest } from '../../shared/digest.ts'
import type { Change, Tree } from '../../shared/files.ts'
import type { PathBytes } from '../../shared/path-bytes.ts'
import { NONE_DISMISSED, type Dismissed } from '../search/dismissed.ts'
import { NO_TEXTS, type FilterTexts } from '../search/filter-texts.ts'

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
  readonly isWholeWord: boolean
  /** Inside files, not in names. */
  readonly isInside: boolean
  /** Inside files that are not text, too. */
  readonly isBinary: boolean
  /** In this image, or in all that were opened before. */
  readonly scope: 'image' | 'everywhere'
  readonly filters: FilterTexts
  readonly isFilterShown: boolean
  /** Only hits of these layers; all where empty. */
  readonly layers: readonly number[]
  /** Heads of the results that are folded. */
  readonly collapsed: readonly string[]
  readonly dismissed: Dismissed
  /** The hit that is looked at beside the results. */
  readonly viewed: Viewed | null
  /** The image that it is in, where all are searched. */
  readonly viewedIn: Digest | null
  /** Where in it the match is, of a hit inside a file. */
  readonly spot: Spot | null
}

/** A place in a text: the match that a search found there. */
export interface Spot {
  /** Both from 1, the column in characters. */
  readonly line: number
  readonly column: number
  readonly text: string
}

/** A search page as it is at first. */
export const freshSearch: SearchView = {
  text: '',
  isRegex: false,
  isCaseSensitive: false,
  isWholeName: false,
  isWholeWord: false,
  isInside: false,
  isBinary: false,
  scope: 'image',
  filters: NO_TEXTS,
  isFilterShown: false,
  layers: [],
  collapsed: [],
  dismissed: NONE_DISMISSED,
  viewed: null,
  viewedIn: null,
  spot: null,
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
  search: freshSearch,
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
