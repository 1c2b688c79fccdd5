import { useEffect, type JSX, type KeyboardEvent, type MouseEvent, type ReactNode } from 'react'
import { visible } from '../../shared/path-bytes.ts'
import type { EngineInfo } from '../../shared/remote.ts'
import { Bytes } from '../parts/bytes.tsx'
import { Digest } from '../parts/digest.tsx'
import { counted } from '../parts/format.ts'
import { IconArrowDown, IconArrowUp } from '../parts/icons.ts'
import { TailText } from '../parts/path-text.tsx'
import { TimeAgo } from '../parts/time-ago.tsx'
import { useUniformRows } from '../rows/use-uniform-rows.ts'
import styles from './engines.module.css'
import { columns, lineTitle, NONE, type Column, type ImageLine, type LineSort } from './image-lines.ts'
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
  const onClick = (event: MouseEvent, index: number): void => {
    if (event.ctrlKey || event.metaKey) selection.toggle(index)
    else selection.moveTo(index, event.shiftKey)
  }

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
                <div
                  key={line.key}
                  id={`${id}${index}`}
                  className={styles['row']}
                  style={{ top, height: rows.rowHeight }}
                  role="row"
                  aria-rowindex={index + 2}
                  aria-selected={selection.isChosen(line)}
                  data-active={index === active || undefined}
                  onClick={(event) => onClick(event, index)}
                  onDoubleClick={() => onOpen([line])}
                >
                  <Cells
                    line={line}
                    isChosen={selection.isChosen(line)}
                    onToggle={() => selection.toggle(index)}
                  />
                </div>
              )
            )
          })}
        </div>
      </div>
    </div>
  )
}

interface CellsProps {
  readonly line: ImageLine
  readonly isChosen: boolean
  readonly onToggle: () => void
}

function Cells({ line, isChosen, onToggle }: CellsProps): JSX.Element {
  return (
    <>
      <span role="gridcell">
        <input
          type="checkbox"
          className={styles['check']}
          tabIndex={-1}
          aria-label={`Choose ${lineTitle(line)}`}
          checked={isChosen}
          onChange={onToggle}
          onClick={(event) => event.stopPropagation()}
          onDoubleClick={(event) => event.stopPropagation()}
        />
      </span>
      <span role="gridcell" className={styles['name']}>
        {line.name === null ? <span className="dim">{NONE}</span> : <TailText text={line.name} />}
        {line.containers > 0 && (
          <span className={styles['used']} title={`Used by ${counted(line.containers, 'container')}`}>
            in use
          </span>
        )}
      </span>
      <span
        role="gridcell"
        className="mono truncate"
        title={line.tag === null ? undefined : visible(line.tag)}
      >
        {line.tag === null ? <span className="dim">{NONE}</span> : visible(line.tag)}
      </span>
      <span role="gridcell" className={styles['id']}>
        <Digest digest={line.id} name="image ID" />
      </span>
      <span role="gridcell" className="number">
        <Bytes value={line.size} />
      </span>
      <span role="gridcell" className="number dim">
        <TimeAgo time={line.created} />
      </span>
      <span role="gridcell" className="truncate" title={visible(line.platform)}>
        <PlatformText platform={line.platform} />
      </span>
    </>
  )
}

/** Nearly every image is for Linux: where it is tight that goes without saying. */
function PlatformText({ platform }: { readonly platform: string }): JSX.Element {
  if (platform === '') return <span className="dim">—</span>
  const rest = platform.replace(/^linux\//, '')
  return (
    <>
      {rest !== platform && <span className={styles['usual']}>linux/</span>}
      {visible(rest)}
    </>
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
