import { useEffect, useId, useRef, useState, type JSX, type KeyboardEvent } from 'react'
import type { FolderEntry } from '../../shared/contract.ts'
import { visible } from '../../shared/path-bytes.ts'
import { Bytes } from '../parts/bytes.tsx'
import { IconFile, IconFolder } from '../parts/icons.ts'
import { TimeAgo } from '../parts/time-ago.tsx'
import { useUniformRows } from '../rows/use-uniform-rows.ts'
import styles from './pickers.module.css'

interface FolderListProps {
  /** Path of the folder. */
  readonly folder: string
  readonly entries: readonly FolderEntry[]
  readonly selected: FolderEntry | null
  readonly isPending: boolean
  readonly onSelect: (entry: FolderEntry | null) => void
  /** Enter or a double click. */
  readonly onActivate: (entry: FolderEntry) => void
  readonly onUp: () => void
}

/** Letters typed within this time, in milliseconds, are one name to jump to. */
const TYPING = 800

/** The files and folders of one folder, for pointer and keyboard: arrows, Home, End, Enter, Backspace for up, letters to jump. */
export function FolderList(props: FolderListProps): JSX.Element {
  const { folder, entries, selected, isPending, onSelect, onActivate, onUp } = props
  const id = useId()
  const rows = useUniformRows(entries.length)
  // A cursor belongs to its folder: another folder starts without one.
  const [moved, setMoved] = useState({ folder, index: -1 })
  const cursor = moved.folder === folder ? moved.index : -1
  const shown = useRef(folder)
  const typed = useRef({ text: '', at: 0 })

  useEffect(() => {
    if (cursor >= 0) rows.reveal(cursor)
    // oxlint-disable-next-line react/exhaustive-deps -- scrolls when the cursor moves, not when the person scrolls
  }, [cursor])

  useEffect(() => {
    if (shown.current === folder) return
    shown.current = folder
    // What was clicked to come here (a folder's row, a crumb) is gone: the keyboard goes on in the list.
    rows.scroller.current?.focus()
  }, [folder, rows.scroller])

  const moveTo = (index: number): void => {
    const at = Math.max(0, Math.min(index, entries.length - 1))
    setMoved({ folder, index: at })
    onSelect(entries[at] ?? null)
  }
  const jump = (key: string): void => {
    const now = performance.now()
    const text = (now - typed.current.at > TYPING ? '' : typed.current.text) + key.toLowerCase()
    typed.current = { text, at: now }
    const index = entries.findIndex((entry) => entry.name.toLowerCase().startsWith(text))
    if (index >= 0) moveTo(index)
  }
  const press = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const moves: Record<string, number> = {
      ArrowDown: cursor + 1,
      ArrowUp: cursor - 1,
      PageDown: cursor + rows.page,
      PageUp: cursor - rows.page,
      Home: 0,
      End: entries.length - 1,
    }
    const move = moves[event.key]
    const entry = entries[cursor]
    if (move !== undefined) moveTo(move)
    else if (event.key === 'Enter' && entry) onActivate(entry)
    else if (event.key === 'Backspace') onUp()
    else if (event.key.length === 1) jump(event.key)
    else return
    event.preventDefault()
  }

  return (
    <div
      ref={rows.scroller}
      className={styles['list']}
      role="listbox"
      aria-label="Files and folders"
      aria-busy={isPending}
      tabIndex={0}
      data-autofocus
      onKeyDown={press}
      {...(cursor >= 0 ? { 'aria-activedescendant': `${id}${cursor}` } : {})}
    >
      {entries.length === 0 && !isPending && (
        <p className={styles['nothing']}>Nothing in this folder to choose from</p>
      )}
      <div className={styles['rows']} style={{ height: rows.height }}>
        {rows.items.map(({ index, top }) => {
          const entry = entries[index]
          return (
            entry && (
              <div
                key={entry.path}
                id={`${id}${index}`}
                className={styles['row']}
                style={{ top, height: rows.rowHeight }}
                role="option"
                aria-selected={entry.path === selected?.path}
                aria-setsize={entries.length}
                aria-posinset={index + 1}
                onClick={() => moveTo(index)}
                onDoubleClick={() => onActivate(entry)}
              >
                {entry.type === 'directory' ? <IconFolder size={16} /> : <IconFile size={16} />}
                <bdi className="truncate">{visible(entry.name)}</bdi>
                <span className="number dim">{entry.type === 'file' && <Bytes value={entry.size} />}</span>
                <span className="number dim">
                  <TimeAgo time={entry.mtime} />
                </span>
              </div>
            )
          )
        })}
      </div>
    </div>
  )
}
