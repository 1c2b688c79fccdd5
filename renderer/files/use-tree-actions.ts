import { useRef } from 'react'
import type { FileRow, RowsWindow } from '../../shared/files.ts'
import { displayPath, type PathBytes } from '../../shared/path-bytes.ts'
import type { SourceSpec } from '../../shared/uri.ts'
import { useClient, type Client } from '../client.ts'
import type { FilesView } from '../image/image-views.ts'
import type { Windows } from '../rows/use-windows.ts'
import { useShell, type OpenImage } from '../store.ts'
import { ancestorsOf, parentOf } from './paths.ts'
import type { TreeAction } from './tree-keys.ts'
import type { ActiveRow } from './use-active-row.ts'
import type { RowsOf } from './use-files.ts'

interface TreeActionsOptions {
  readonly image: OpenImage
  readonly query: RowsOf
  readonly view: FilesView
  readonly active: ActiveRow
  readonly data: Windows<RowsWindow, FileRow>
  readonly onChange: (patch: Partial<FilesView>) => void
  readonly onOpen: (row: FileRow) => void
}

export interface TreeActions {
  readonly run: (action: Exclude<TreeAction, { kind: 'menu' }>) => void
  readonly toggle: (row: FileRow) => void
  readonly isTyping: () => boolean
}

/** Keys within this time belong to one name, in milliseconds (as file managers have it). */
const TYPING = 800
/** A directory with more siblings than this is not opened with all of them. */
const MOST_SIBLINGS = 2000

/** What keys and clicks do with the tree. */
export function useTreeActions(options: TreeActionsOptions): TreeActions {
  const { image, query, view, active, data, onChange, onOpen } = options
  const client = useClient()
  const typed = useRef({ text: '', at: 0 })
  const isTyping = (): boolean => performance.now() - typed.current.at < TYPING && typed.current.text !== ''
  const row = data.rowAt(active.index)

  const toggle = (target: FileRow): void => {
    const { path, isExpanded } = target
    const expanded = view.expanded.filter((other) => other !== path)
    const collapsed = view.collapsed.filter((other) => other !== path)
    if (!isExpanded) expanded.push(path)
    else if (view.filter !== '' || view.changes.length > 0) collapsed.push(path)
    onChange({ expanded, collapsed, active: path })
  }
  const typeAhead = async (text: string): Promise<void> => {
    const isContinued = isTyping()
    typed.current = { text: isContinued ? typed.current.text + text : text, at: performance.now() }
    // The search starts after `from`; a name typed further may still be the active row's own.
    const from = isContinued ? (active.index + data.total - 1) % data.total : active.index
    const found = await client.files.typeAhead({
      source: image.source,
      query: { ...query, offset: 0, limit: 1 },
      text: typed.current.text,
      from,
    })
    if (found) active.moveTo(found.index)
  }
  const toParent = async (path: PathBytes): Promise<void> => {
    const place = await client.files.locate({
      source: image.source,
      query: { ...query, offset: 0, limit: 1 },
      path: parentOf(path),
    })
    if (place) active.moveTo(place.index)
  }
  const expandSiblings = async (target: FileRow): Promise<void> => {
    const siblings = await siblingDirectories(client, image.source, query, target)
    onChange({ expanded: [...new Set([...view.expanded, ...siblings])], active: target.path })
  }

  const run: TreeActions['run'] = (action) => {
    if (action.kind === 'move') return active.moveTo(action.to)
    if (action.kind === 'type') return quietly(typeAhead(action.text))
    if (row === undefined) return undefined
    switch (action.kind) {
      case 'expand':
      case 'collapse':
        return toggle(row)
      case 'parent':
        return row.depth === 0 || query.view === 'list' ? undefined : quietly(toParent(row.path))
      case 'expand-siblings':
        return query.view === 'list' ? undefined : quietly(expandSiblings(row))
      case 'open':
        return row.childCount > 0 && query.view === 'tree' ? toggle(row) : onOpen(row)
      case 'copy':
        return quietly(copyPath(row.path))
    }
  }
  return { run, toggle, isTyping }
}

/** Copies the absolute path inside the image and says so to who cannot see it. */
export async function copyPath(path: PathBytes, isRelative = false): Promise<void> {
  await navigator.clipboard.writeText(`${isRelative ? '' : '/'}${displayPath(path)}`)
  useShell.getState().announce('Path copied')
}

/**
 * The directories beside a row. With nothing open but what is above it, siblings stand one after the other: their place follows
 * from its own.
 */
async function siblingDirectories(
  client: Client,
  source: SourceSpec,
  query: RowsOf,
  row: FileRow,
): Promise<readonly PathBytes[]> {
  const closed = { ...query, expanded: [...ancestorsOf(row.path)] }
  const place = await client.files.locate({
    source,
    query: { ...closed, offset: 0, limit: 1 },
    path: row.path,
  })
  if (place === null) return []
  const first = place.index - (row.position - 1)
  const directories: PathBytes[] = []
  const count = Math.min(row.setSize, MOST_SIBLINGS)
  for (let at = 0; at < count; at += 1000) {
    const window = await client.files.rows({
      source,
      query: { ...closed, offset: first + at, limit: Math.min(1000, count - at) },
    })
    for (const sibling of window.rows) if (sibling.childCount > 0) directories.push(sibling.path)
  }
  return directories
}

/** Failures of side questions are not shown: the rows of the same image fail with them, and say so. */
function quietly(promise: Promise<unknown>): void {
  promise.catch(() => undefined)
}
