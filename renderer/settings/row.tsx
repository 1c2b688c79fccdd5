import type { JSX, ReactNode } from 'react'
import styles from './settings.module.css'

interface SectionProps {
  readonly title: string
  readonly children: ReactNode
}

export function Section({ title, children }: SectionProps): JSX.Element {
  return (
    <section className={styles['section']} aria-label={title}>
      <h2>{title}</h2>
      <div>{children}</div>
    </section>
  )
}

interface RowProps {
  readonly label: ReactNode
  readonly note?: string
  readonly children: ReactNode
}

/** One thing that can be set, and what it is set to. */
export function Row({ label, note, children }: RowProps): JSX.Element {
  return (
    <div className={styles['row']}>
      <div>
        <span>{label}</span>
        {note && <p className="dim">{note}</p>}
      </div>
      <div className={styles['value']}>{children}</div>
    </div>
  )
}
