import { memo, type CSSProperties, type JSX } from 'react'
import type { FileRow } from '../../shared/files.ts'
import { visible } from '../../shared/path-bytes.ts'
import { Bytes } from '../parts/bytes.tsx'
import { formatAgo } from '../parts/format.ts'
import { LayerSwatch } from '../parts/layer-swatch.tsx'
import { IconChevronRight } from '../parts/icons.ts'
import { CHANGE_MARKS } from './change-mark.ts'
import { modeText, octalMode, TYPE_WORDS } from './file-mode.ts'
import styles from './files.module.css'
import { parentOf, pathText } from './paths.ts'
import { TypeIcon } from './type-icon.tsx'

interface FileRowViewProps {
  readonly row: FileRow
  readonly index: number
  readonly top: number
  readonly isActive: boolean
  readonly isViewed: boolean
  /** Full paths instead of indented names. */
  readonly isFlat: boolean
  /** Bytes of the whole tree: what the bar is a part of. */
  readonly bytes: number
  /** Milliseconds since 1970 that times are told from. */
  readonly now: number
}

/** Deep rows go right by little, and then no further: the name has to stay in view however deep a hostile image nests. */
const FULL_STEPS = 10
const MOST_SMALL_STEPS = 24

function indentOf(depth: number): number {
  return (
    8 + Math.min(depth, FULL_STEPS) * 14 + Math.min(Math.max(0, depth - FULL_STEPS), MOST_SMALL_STEPS) * 3
  )
}

/** One line of the tree. Clicks and keys are the table's: a row only shows. */
export const FileRowView = memo(function FileRowView(props: FileRowViewProps): JSX.Element {
  const { row, index, top, isActive, isViewed, isFlat, bytes, now } = props
  const mark = CHANGE_MARKS[row.change]
  const isExpandable = !isFlat && row.childCount > 0
  return (
    <div
      id={rowId(index)}
      className={styles['row']}
      role="row"
      aria-level={isFlat ? 1 : row.depth + 1}
      aria-posinset={row.position}
      aria-setsize={row.setSize}
      aria-rowindex={index + 2}
      aria-selected={isActive}
      {...(isExpandable ? { 'aria-expanded': row.isExpanded } : {})}
      data-index={index}
      data-change={row.change}
      data-viewed={isViewed || undefined}
      style={{ transform: `translateY(${top}px)`, '--share': shareOf(row.size, bytes) } as CSSProperties}
    >
      <span
        role="gridcell"
        className={styles['nameCell']}
        style={{ paddingLeft: isFlat ? 8 : indentOf(row.depth) }}
      >
        {!isFlat && (
          <span className={styles['chevron']} data-chevron={isExpandable || undefined}>
            {isExpandable && <IconChevronRight size={14} aria-hidden="true" />}
          </span>
        )}
        <TypeIcon type={row.type} isOpen={row.isExpanded} />
        <bdi className={styles['name']} data-flat={isFlat || undefined} title={pathText(row.path)}>
          {isFlat ? <FlatName row={row} /> : visible(row.name)}
        </bdi>
        {row.linkname !== undefined && (
          <bdi className={styles['target']} title={visible(row.linkname)}>
            {row.type === 'link' ? '= ' : '→ '}
            {visible(row.linkname)}
          </bdi>
        )}
      </span>
      <span role="gridcell" className={styles['mark']} title={mark.word}>
        <span aria-hidden="true">{mark.sign}</span>
        <span className="hidden">{mark.word}</span>
      </span>
      <span role="gridcell" className={`number ${styles['size']}`}>
        <Bytes value={row.size} />
      </span>
      <span
        role="gridcell"
        className={styles['mode']}
        title={`${octalMode(row.mode)} ${TYPE_WORDS[row.type]}`}
      >
        {modeText(row.type, row.mode)}
      </span>
      <span
        role="gridcell"
        className={`number ${styles['owner']}`}
        title={`user ${row.uid}, group ${row.gid}`}
      >
        {row.uid}:{row.gid}
      </span>
      <span role="gridcell" className={`number ${styles['time']}`}>
        <MTime seconds={row.mtime} now={now} />
      </span>
      <span role="gridcell" className={styles['layerCell']} title={`Layer ${row.layer}`}>
        <LayerSwatch index={row.layer} />
        {row.layer}
      </span>
    </div>
  )
})

/** A whole path, of which the directories give way first. */
function FlatName({ row }: { readonly row: FileRow }): JSX.Element {
  const directory = parentOf(row.path)
  return (
    <>
      {directory !== '' && <span className={styles['directory']}>{pathText(directory)}</span>}
      <span className={styles['baseName']}>
        {directory !== '' && <span className="dim">/</span>}
        {visible(row.name)}
      </span>
    </>
  )
}

/** Its part of the whole tree: nothing where the bar would be a speck. */
function shareOf(size: number, bytes: number): number {
  return size * 25 < bytes || bytes === 0 ? 0 : Math.min(1, size / bytes)
}

export function rowId(index: number): string {
  return `file-row-${index}`
}

/** A modification time; a tar may hold one that no calendar has. */
export function MTime({ seconds, now }: { readonly seconds: number; readonly now: number }): JSX.Element {
  const date = new Date(seconds * 1000)
  if (Number.isNaN(date.getTime())) return <span title={`${seconds} seconds since 1970`}>—</span>
  return (
    <time
      dateTime={date.toISOString()}
      title={`${date.toISOString().replace('T', ' ').replace('.000Z', '')} UTC`}
    >
      {formatAgo(date.getTime(), now)}
    </time>
  )
}
