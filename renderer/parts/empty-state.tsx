import type { JSX, ReactNode } from 'react'
import styles from './parts.module.css'

interface EmptyStateProps {
  readonly icon?: ReactNode
  /** What is the case: "No files match". */
  readonly title: string
  /** Why, and what to do about it. */
  readonly children?: ReactNode
  /** The one next step. */
  readonly action?: ReactNode
}

/** An honest empty place: what is not there, why, and the next step. */
export function EmptyState({ icon, title, children, action }: EmptyStateProps): JSX.Element {
  return (
    <div className={styles['empty']}>
      {icon && (
        <span className={styles['emptyIcon']} aria-hidden="true">
          {icon}
        </span>
      )}
      <p className={styles['emptyTitle']}>{title}</p>
      {children && <div className={styles['emptyText']}>{children}</div>}
      {action && <div className={styles['emptyAction']}>{action}</div>}
    </div>
  )
}
