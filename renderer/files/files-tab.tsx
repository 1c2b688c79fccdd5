import { useWindowEvent } from '@mantine/hooks'
import { useEffect, useMemo, useRef, useState, type JSX } from 'react'
import type { FileRow } from '../../shared/files.ts'
import type { ImageInfo } from '../../shared/image.ts'
import { isEnded } from '../../shared/job.ts'
import type { PathBytes } from '../../shared/path-bytes.ts'
import { setFilesView, useFilesView, type FilesView } from '../image/image-views.ts'
import { PendingLine } from '../image/pending-line.tsx'
import { useReading } from '../image/use-reading.ts'
import { SidePane } from '../rows/side-pane.tsx'
import { isModalOpen } from '../shell/is-modal-open.ts'
import type { OpenImage } from '../store.ts'
import { FileTable } from './file-table.tsx'
import styles from './files.module.css'
import { FilesToolbar } from './files-toolbar.tsx'
import { PathBar } from './path-bar.tsx'
import { rowsOf } from './use-files.ts'
import { useFilesPreferences } from './use-preferences.ts'
import { FileViewer } from './viewer/file-viewer.tsx'

interface FilesTabProps {
  readonly image: OpenImage
  readonly info: ImageInfo
}

/** The files of one layer, or of all up to one; and beside them the one that is looked at. */
export function FilesTab({ image, info }: FilesTabProps): JSX.Element {
  const view = useFilesView(image.id)
  const preferences = useFilesPreferences()
  const query = useMemo(
    () => rowsOf(view, { view: preferences.view, sort: preferences.sort }),
    // oxlint-disable-next-line react/exhaustive-deps -- the other parts of the view ask for no other rows
    [view.tree, view.changes, view.filter, view.expanded, view.collapsed, preferences.view, preferences.sort],
  )
  const [pending, setPending] = useState<readonly number[]>([])
  const job = useReading(image.source, pending.length > 0)
  const filterBox = useRef<HTMLInputElement>(null)
  const table = useRef<HTMLDivElement>(null)

  const change = (patch: Partial<FilesView>): void => setFilesView(image.id, patch)
  const open = (row: FileRow): void =>
    change({ active: row.path, viewed: { path: row.path, tree: view.tree } })
  const goTo = (path: PathBytes): void => change({ reveal: path, filter: '', changes: [] })
  const closeViewer = (): void => {
    change({ viewed: null })
    table.current?.focus()
  }
  const isRevealing = view.reveal !== null
  useEffect(() => {
    if (isRevealing) table.current?.focus()
  }, [isRevealing])
  // Wherever the focus is: on this page the key means these files, not the browser's search in the page.
  useWindowEvent('keydown', (event) => {
    const isFind = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey
    if (!isFind || event.key.toLowerCase() !== 'f' || isModalOpen()) return
    event.preventDefault()
    filterBox.current?.focus()
    filterBox.current?.select()
  })

  return (
    <div
      className={styles['files']}
      onKeyDown={(event) => {
        // What a menu or a dialog of this page does with Esc bubbles here through React, not through the document.
        const isOwn = event.target instanceof Node && event.currentTarget.contains(event.target)
        if (event.key === 'Escape' && isOwn && view.viewed) closeViewer()
      }}
    >
      <FilesToolbar
        info={info}
        view={view}
        preferences={preferences}
        filterBox={filterBox}
        onChange={change}
        onDone={() => table.current?.focus()}
      />
      <PendingLine source={image.source} job={job} pendingLayers={pending} info={info} />
      <SidePane
        name="files.viewer"
        side={
          view.viewed && (
            <FileViewer
              key={`${view.viewed.path} ${JSON.stringify(view.viewed.tree)}`}
              source={image.source}
              info={info}
              viewed={view.viewed}
              onView={(viewed) => change({ viewed })}
              onGoTo={goTo}
              onClose={closeViewer}
            />
          )
        }
      >
        <div className={styles['browser']}>
          <PathBar path={view.active ?? ''} onGoTo={goTo} />
          <FileTable
            image={image}
            info={info}
            query={query}
            view={view}
            preferences={preferences}
            tableRef={table}
            onChange={change}
            onOpen={open}
            isReading={job === undefined || !isEnded(job.phase)}
            onPending={setPending}
          />
        </div>
      </SidePane>
    </div>
  )
}
