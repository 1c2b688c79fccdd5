import type { CSSProperties, JSX } from 'react'
import styles from './parts.module.css'

interface BarProps {
  /** What is under way, for screen readers. */
  readonly label: string
  readonly done: number
  /** null where nobody knows: the bar says that, too. */
  readonly total: number | null
  /** A layer's colour; the accent where none is given. */
  readonly colour?: string
}

/** A thin bar of progress. */
export function Bar({ label, done, total, colour }: BarProps): JSX.Element {
  const percent = total === null ? null : total === 0 ? 100 : Math.min(100, (done / total) * 100)
  return (
    <div
      className={`${styles['bar']} ${percent === null ? styles['unknown'] : ''}`}
      style={colour ? ({ '--bar': colour } as CSSProperties) : undefined}
      role="progressbar"
      aria-label={label}
      {...(percent === null
        ? {}
        : { 'aria-valuenow': Math.round(percent), 'aria-valuemin': 0, 'aria-valuemax': 100 })}
    >
      <span style={percent === null ? undefined : { width: `${percent}%` }} />
    </div>
  )
}
