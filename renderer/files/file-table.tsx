import { Button } from '@mantine/core'
import {
  useEffect,
  useState,
  type JSX,
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
  type RefObject,
} from 'react'
import type { FileRow, RowsWindow } from '../../shared/files.ts'
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
import { rowId } from './file-row.tsx'
import { FileRowsBody } from './file-rows-body.tsx'
import styles from './files.module.css'
import { NoFiles } from './no-files.tsx'
import { treeAction } from './tree-keys.ts'
import { marksOf } from './tree-picker.tsx'
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
  readonly onChange: (patch: Partial<FilesView>) => void
  readonly onOpen: (row: FileRow) => void
  /** Missing layers are being read. */
  readonly isReading: boolean
  readonly onPending: (layers: readonly number[]) => void
}

/** The rows: a treegrid of which only what is in view exists (WAI-ARIA, treegrid pattern, focus by aria-activedescendant). */
export function FileTable(props: FileTableProps): JSX.Element {
  const { image, query, view, preferences, tableRef, onChange, onOpen, onPending } = props
  const [total, setTotal] = useState(0)
  const { scroller, height, items, page, reveal } = useUniformRows(total)
  const data = useFileRows(image.source, query, items[0]?.index ?? 0, items.at(-1)?.index ?? 0)
  // How many there are is known by the first window only: the next rendering has the right height.
  if (data.total !== total) setTotal(data.total)
  const pending = data.head?.pendingLayers
  useEffect(() => onPending(pending ?? []), [pending, onPending])

  const active = useActiveRow({ image, query, view, preferences, data, show: reveal, onChange })
  const actions = useTreeActions({ image, query, view, active, data, onChange, onOpen })
  const [menu, setMenu] = useState<MenuPlace | null>(null)
  const [now] = useState(() => Date.now())

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    const action = treeAction(event, {
      index: active.index,
      total: data.total,
      page: page,
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

  const isDrawn = items.some(({ index }) => index === active.index)
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
        <FileHead tree={view.tree} preferences={preferences} />
        <div className={styles['scroller']} ref={scroller} role="rowgroup" tabIndex={-1}>
          <FileRowsBody
            items={items}
            height={height}
            rowAt={data.rowAt}
            active={active.index}
            viewed={view.viewed?.path}
            isFlat={preferences.view === 'list'}
            bytes={data.head?.bytes ?? 0}
            now={now}
          />
          {data.error !== null && (
            <Instead>
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
            </Instead>
          )}
          {data.error === null && !data.isLoading && data.total === 0 && (
            <Instead>
              <NoFiles
                view={view}
                isPending={(pending ?? []).length > 0}
                isReading={props.isReading}
                onClear={() => onChange({ filter: '', changes: [] })}
              />
            </Instead>
          )}
        </div>
      </div>
      <StatusLine head={data.head} total={data.total} view={view} missing={active.missing} />
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

/** What stands there instead of rows, as the one row that a grid has to have. */
function Instead({ children }: { readonly children: ReactNode }): JSX.Element {
  return (
    <div role="row">
      <div role="gridcell">{children}</div>
    </div>
  )
}

interface StatusLineProps {
  readonly head: RowsWindow | undefined
  readonly total: number
  readonly view: FilesView
  readonly missing: string | null
}

/** What the tree holds in all, and how much of it the filter left. */
function StatusLine({ head, total, view, missing }: StatusLineProps): JSX.Element {
  return (
    <p className={styles['status']} role="status">
      {head && (
        <span>
          {counted(head.files, 'file')}, {counted(head.directories, 'directory', 'directories')},{' '}
          <Bytes value={head.bytes} />
        </span>
      )}
      {head && (view.filter !== '' || view.changes.length > 0) && <span>{counted(total, 'row')} shown</span>}
      {missing !== null && <span className={styles['missing']}>{missing}</span>}
      <span className={styles['legend']}>{marksOf(view.tree)}</span>
    </p>
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
