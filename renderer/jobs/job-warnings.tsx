import type { JSX } from 'react'
import type { Warning } from '../../shared/image.ts'
import { visible } from '../../shared/path-bytes.ts'
import { IconAlertTriangle } from '../parts/icons.ts'
import styles from './jobs.module.css'

/** What did not stop a job and its user should know; nothing where there is nothing. */
export function JobWarnings({ warnings }: { readonly warnings: readonly Warning[] }): JSX.Element | null {
  if (warnings.length === 0) return null
  return (
    <ul className={styles['warningList']} aria-label="Warnings">
      {warnings.map(({ code, message, detail }) => (
        <li key={`${code} ${message}`} title={detail === undefined ? undefined : visible(detail)}>
          <IconAlertTriangle size={14} aria-hidden="true" />
          <span>{visible(message)}</span>
        </li>
      ))}
    </ul>
  )
}
