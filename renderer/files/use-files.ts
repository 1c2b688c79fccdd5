import { useCallback, useMemo } from 'react'
import type { FileRow, RowsQuery, RowsWindow } from '../../shared/files.ts'
import { keyOfSource } from '../../shared/source-name.ts'
import type { SourceSpec } from '../../shared/uri.ts'
import { useClient } from '../client.ts'
import { imageKey } from '../image/image-queries.ts'
import type { FilesView } from '../image/image-views.ts'
import { useWindows, type WindowSource, type Windows } from '../rows/use-windows.ts'
import type { FilesPreferences } from './use-preferences.ts'

/** Which rows, without which of them. */
export type RowsOf = Omit<RowsQuery, 'offset' | 'limit'>

/** The question that the toolbar and the tree ask together. */
export function rowsOf(view: FilesView, { view: shape, sort }: FilesPreferences): RowsOf {
  return {
    tree: view.tree,
    view: shape,
    sort,
    changes: [...view.changes],
    filter: view.filter,
    // A list has nothing to expand: one key for it, whatever is open in the tree.
    expanded: shape === 'list' ? [] : [...view.expanded],
    collapsed: shape === 'list' ? [] : [...view.collapsed],
  }
}

/** The rows in view and around it. */
export function useFileRows(
  source: SourceSpec,
  query: RowsOf,
  first: number,
  last: number,
): Windows<RowsWindow, FileRow> {
  const client = useClient()
  const id = keyOfSource(source)
  const list = useMemo<WindowSource<RowsWindow>>(
    () => ({
      key: [...imageKey(source), 'rows', query],
      fetch: (offset, limit, signal) =>
        client.files.rows({ source, query: { ...query, offset, limit } }, { signal }),
    }),
    // oxlint-disable-next-line react/exhaustive-deps -- the id stands for the source
    [client, id, query],
  )
  return useWindows(list, rowsOfWindow, first, last)
}

function rowsOfWindow(window: RowsWindow): readonly FileRow[] {
  return window.rows
}

/** Brings a path into view once its place is known: opens the directories above it and answers its row. */
export function useLocate(
  source: SourceSpec,
  query: RowsOf,
): (path: string) => Promise<{ index: number; expanded: string[] } | null> {
  const client = useClient()
  return useCallback(
    (path) => client.files.locate({ source, query: { ...query, offset: 0, limit: 1 }, path }),
    [client, source, query],
  )
}
