import { useEffect, useRef, useState, type JSX, type KeyboardEvent, type ReactNode } from 'react'
import { visible } from '../../shared/path-bytes.ts'
import type { EngineInfo } from '../../shared/remote.ts'
import { IconArrowDown, IconArrowUp } from '../parts/icons.ts'
import { useUniformRows } from '../rows/use-uniform-rows.ts'
import styles from './engines.module.css'
import { columns, type Column, type ImageLine, type LineSort } from './image-lines.ts'
import { ImageRow, type RowEvents } from './image-row.tsx'
import { lineMove, type LineSelection } from './use-line-selection.ts'

interface ImageTableProps {
  /** Prefix of the rows' ids. */
  readonly id: string
  readonly engine: EngineInfo
  readonly lines: readonly ImageLine[]
  readonly selection: LineSelection
  readonly sort: LineSort
  /** The engine does not answer: these are its images of before. */
  readonly isStale: boolean
  readonly onSort: (sort: LineSort) => void
  readonly onOpen: (lines: readonly ImageLine[]) => void
  /** A letter was typed: it is the filter's. */
  readonly onType: () => void
  /** What stands there where no line does. */
  readonly children: ReactNode
}

/** The images, a line for each name; only those in view are drawn. */
export function ImageTable(props: ImageTableProps): JSX.Element {
  const { id, engine, lines, selection, sort, isStale, onSort, onOpen, onType, children } = props
  const rows = useUniformRows(lines.length)
  const { active } = selection

  useEffect(() => {
    selection.page.size = rows.page
  }, [selection.page, rows.page])
  useEffect(() => {
    if (active >= 0) rows.reveal(active)
    // oxlint-disable-next-line react/exhaustive-deps -- scrolls when the keyboard moves, not when the person scrolls
  }, [active])

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== event.currentTarget) return
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey
    if (lineMove(event, selection)) event.preventDefault()
    else if (event.key === ' ') {
      event.preventDefault()
      selection.toggle(active)
    } else if (event.key === 'Enter') {
      event.preventDefault()
      onOpen(selection.chosen)
    } else if (isPlain && event.key.length === 1) onType()
  }
  const latest = useRef({ selection, onOpen })
  useEffect(() => {
    latest.current = { selection, onOpen }
  })
  // The same for as long as the table lives: rows that did not change are not drawn again for every key.
  const [on] = useState<RowEvents>(() => ({
    click: (event, index) => {
      const { selection } = latest.current
      if (event.ctrlKey || event.metaKey) selection.toggle(index)
      else selection.moveTo(index, event.shiftKey)
    },
    toggle: (index) => latest.current.selection.toggle(index),
    open: (line) => latest.current.onOpen([line]),
  }))

  // A grid without rows is none: its place is taken by why.
  if (lines.length === 0) return <div className={`${styles['table']} ${styles['nothing']}`}>{children}</div>
  return (
    <div
      id={`${id}table`}
      className={styles['table']}
      role="grid"
      aria-label={`Images of ${visible(engine.name)}`}
      aria-rowcount={lines.length + 1}
      aria-multiselectable="true"
      aria-activedescendant={active >= 0 ? `${id}${active}` : undefined}
      tabIndex={0}
      data-stale={isStale || undefined}
      onKeyDown={onKeyDown}
    >
      <div className={styles['head']} role="row" aria-rowindex={1}>
        <span role="columnheader">
          <span className="hidden">Chosen</span>
        </span>
        {columns.map((column) => (
          <SortHead key={column} by={column} sort={sort} onSort={onSort} />
        ))}
      </div>
      <div className={styles['scroller']} ref={rows.scroller} role="rowgroup" tabIndex={-1}>
        <div style={{ height: rows.height, position: 'relative' }} role="presentation">
          {rows.items.map(({ index, top }) => {
            const line = lines[index]
            return (
              line && (
                <ImageRow
                  key={line.key}
                  line={line}
                  index={index}
                  id={`${id}${index}`}
                  top={top}
                  height={rows.rowHeight}
                  isChosen={selection.isChosen(line)}
                  isActive={index === active}
                  on={on}
                />
              )
            )
          })}
        </div>
      </div>
    </div>
  )
}

const names: Readonly<Record<Column, string>> = {
  name: 'Name',
  tag: 'Tag',
  id: 'ID',
  size: 'Size',
  created: 'Age',
  platform: 'Platform',
}

interface SortHeadProps {
  readonly by: Column
  readonly sort: LineSort
  readonly onSort: (sort: LineSort) => void
}

function SortHead({ by, sort, onSort }: SortHeadProps): JSX.Element {
  const isSorted = sort.by === by
  const isNumber = by === 'size' || by === 'created'
  // The first click shows what one looks for: the largest, the newest, and A before Z.
  const isDescending = isSorted ? !sort.isDescending : isNumber
  const Arrow = sort.isDescending ? IconArrowDown : IconArrowUp
  return (
    <span
      role="columnheader"
      className={isNumber ? styles['numberHead'] : undefined}
      aria-sort={isSorted ? (sort.isDescending ? 'descending' : 'ascending') : 'none'}
    >
      <button type="button" className={styles['sort']} onClick={() => onSort({ by, isDescending })}>
        {!isNumber && names[by]}
        {isSorted && <Arrow size={13} aria-hidden="true" />}
        {isNumber && names[by]}
      </button>
    </span>
  )
}
