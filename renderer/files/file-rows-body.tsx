import type { JSX } from 'react'
import type { FileRow } from '../../shared/files.ts'
import { FileRowView } from './file-row.tsx'
import styles from './files.module.css'

interface FileRowsBodyProps {
  readonly items: readonly { readonly index: number; readonly top: number }[]
  readonly height: number
  readonly rowAt: (index: number) => FileRow | undefined
  readonly active: number
  /** Path of the row that is looked at. */
  readonly viewed: string | undefined
  readonly isFlat: boolean
  readonly bytes: number
  readonly now: number
}

/** The rows in view; a grey line stands for one whose window is on the way. */
export function FileRowsBody(props: FileRowsBodyProps): JSX.Element {
  const { items, height, rowAt, active, viewed, isFlat, bytes, now } = props
  return (
    <div style={{ height, position: 'relative' }}>
      {items.map(({ index, top }) => {
        const row = rowAt(index)
        return row === undefined ? (
          <div key={index} className={styles['placeholder']} style={{ transform: `translateY(${top}px)` }} />
        ) : (
          <FileRowView
            key={index}
            row={row}
            index={index}
            top={top}
            isActive={index === active}
            isViewed={row.path === viewed}
            isFlat={isFlat}
            bytes={bytes}
            now={now}
          />
        )
      })}
    </div>
  )
}
