import type { JSX } from 'react'
import styles from './export.module.css'

interface FieldProps {
  readonly label: string
  readonly note: string
  readonly children: JSX.Element
}

/** A control that brings no label of its own, with what it means below. */
export function Field({ label, note, children }: FieldProps): JSX.Element {
  return (
    <div className={styles['field']}>
      <span className={styles['label']}>{label}</span>
      {children}
      <p className="dim">{note}</p>
    </div>
  )
}
