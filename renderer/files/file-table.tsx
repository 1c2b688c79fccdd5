import { Button } from '@mantine/core'
import { useEffect, useState, type JSX, type KeyboardEvent, type MouseEvent, type RefObject } from 'react'
import type { FileRow } from '../../shared/files.ts'
import type { ImageInfo } from '../../shared/image.ts'
import { failureOf } from '../client.ts'
import type { FilesView } from '../image/image-views.ts'
import { ErrorNote } from '../parts/error-note.tsx'
import { counted } from '../parts/format.ts'
import { Bytes } from '../parts/bytes.tsx'
import { useUniformRows } from '../rows/use-uniform-rows.ts'
import type { OpenImage } from '../store.ts'
import { FileHead } from './file-head.tsx'
import { FileMenu, type MenuPlace } from './file-menu.tsx'
import { FileRowView, rowId } from './file-row.tsx'
import styles from './files.module.css'
import { NoFiles } from './no-files.tsx'
import { treeAction } from './tree-keys.ts'
import { useFileRows, type RowsOf } from './use-files.ts'
import type { useFilesPreferences } from './use-preferences.ts'
import { useTreeActions } from './use-tree-actions.ts'
import { useActiveRow } from './use-active-row.ts'

interface FileTableProps {
  readonly image: OpenImage
  readonly info: ImageInfo
  readonly query: RowsOf
  readonly view: FilesView
  readonly preferences: ReturnType<typeof useFilesPreferences>
  readonly tableRef: RefObject<HTMLDivElement | null>
  onChange(patch: Partial<FilesView>): void
  onOpen(row: FileRow): void
  onPending(layers: readonly number[]): void
}

/** The rows: a treegrid of which only what is in view exists (WAI-ARIA, treegrid pattern, focus by aria-activedescendant). */
export function FileTable(props: FileTableProps): JSX.Element {
  const { image, query, view, preferences, tableRef, onChange, onOpen, onPending } = props
  const [total, setTotal] = useState(0)
  const rows = useUniformRows(total)
  const data = useFileRows(image.source, query, rows.items[0]?.index ?? 0, rows.items.at(-1)?.index ?? 0)
  useEffect(() => setTotal(data.total), [data.total])
  const pending = data.head?.pendingLayers
  useEffect(() => onPending(pending ?? []), [pending, onPending])

  const active = useActiveRow({ image, query, view, preferences, rows, data, onChange })
  const actions = useTreeActions({ image, query, view, active, data, onChange, onOpen })
  const [menu, setMenu] = useState<MenuPlace | null>(null)
  const [now] = useState(() => Date.now())

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    const action = treeAction(event, {
      index: active.index,
      total: data.total,
      page: rows.page,
      row: data.rowAt(active.index),
      isTyping: actions.isTyping(),
    })
    if (action === undefined || (action.kind === 'copy' && hasSelection())) return
    event.preventDefault()
    event.stopPropagation()
    if (action.kind === 'menu') setMenu(menuAtRow(data.rowAt(active.index), active.index))
    else actions.run(action)
  }
  const onClick = (event: MouseEvent): void => {
    const index = rowIndexOf(event)
    const row = index === undefined ? undefined : data.rowAt(index)
    if (index === undefined || row === undefined) return
    active.moveTo(index)
    if (row.childCount > 0 && preferences.view === 'tree') actions.toggle(row)
    else if (row.type !== 'directory') onOpen(row)
  }
  const onContextMenu = (event: MouseEvent): void => {
    const index = rowIndexOf(event)
    const row = index === undefined ? undefined : data.rowAt(index)
    if (index === undefined || row === undefined) return
    event.preventDefault()
    active.moveTo(index)
    setMenu({ row, x: event.clientX, y: event.clientY })
  }

  const isDrawn = rows.items.some(({ index }) => index === active.index)
  return (
    <>
      <div
        ref={tableRef}
        className={styles['table']}
        role="treegrid"
        aria-label="Files"
        aria-rowcount={data.total + 1}
        aria-busy={data.isLoading || data.isStale}
        aria-activedescendant={isDrawn && data.total > 0 ? rowId(active.index) : undefined}
        tabIndex={0}
        data-stale={data.isStale || undefined}
        onKeyDown={onKeyDown}
        onClick={onClick}
        onContextMenu={onContextMenu}
      >
        <FileHead preferences={preferences} />
        <div className={styles['scroller']} ref={rows.scroller} tabIndex={-1}>
          <div role="rowgroup" style={{ height: rows.height, position: 'relative' }}>
            {rows.items.map(({ index, top }) => {
              const row = data.rowAt(index)
              return row === undefined ? (
                <div
                  key={index}
                  className={styles['placeholder']}
                  style={{ transform: `translateY(${top}px)` }}
                />
              ) : (
                <FileRowView
                  key={index}
                  row={row}
                  index={index}
                  top={top}
                  isActive={index === active.index}
                  isViewed={row.path === view.viewed?.path}
                  isFlat={preferences.view === 'list'}
                  bytes={data.head?.bytes ?? 0}
                  now={now}
                />
              )
            })}
          </div>
          {data.error !== null && (
            <div className={styles['failure']}>
              <ErrorNote
                report={failureOf(data.error)}
                action={
                  <Button variant="default" size="compact-xs" onClick={data.retry}>
                    Try again
                  </Button>
                }
              />
            </div>
          )}
          {data.error === null && !data.isLoading && data.total === 0 && (
            <NoFiles
              view={view}
              isPending={(pending ?? []).length > 0}
              onClear={() => onChange({ filter: '', changes: [] })}
            />
          )}
        </div>
      </div>
      <p className={styles['status']} role="status">
        {data.head && (
          <>
            <span>
              {counted(data.head.files, 'file')}, {counted(data.head.directories, 'directory', 'directories')}
              , <Bytes value={data.head.bytes} />
            </span>
            {(view.filter !== '' || view.changes.length > 0) && (
              <span>{counted(data.total, 'row')} match</span>
            )}
            {active.missing !== null && <span className={styles['missing']}>{active.missing}</span>}
          </>
        )}
      </p>
      <FileMenu
        image={image}
        tree={view.tree}
        place={menu}
        onClose={() => setMenu(null)}
        onOpen={onOpen}
        onChange={onChange}
        tableRef={tableRef}
      />
    </>
  )
}

function rowIndexOf(event: MouseEvent): number | undefined {
  const element = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-index]') : null
  const index = element?.dataset['index']
  return index === undefined ? undefined : Number(index)
}

function menuAtRow(row: FileRow | undefined, index: number): MenuPlace | null {
  const box = document.getElementById(rowId(index))?.getBoundingClientRect()
  return row === undefined || box === undefined ? null : { row, x: box.left + 40, y: box.bottom }
}

function hasSelection(): boolean {
  return (window.getSelection()?.toString() ?? '') !== ''
}
