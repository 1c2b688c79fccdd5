import type { JSX } from 'react'
import type { Warning } from '../../shared/image.ts'
import { visible } from '../../shared/path-bytes.ts'
import { IconAlertTriangle } from '../parts/icons.ts'
import styles from './jobs.module.css'

/** What did not stop a job and its user should know, with what it concerns on demand; nothing where there is nothing. */
export function JobWarnings({ warnings }: { readonly warnings: readonly Warning[] }): JSX.Element | null {
  if (warnings.length === 0) return null
  return (
    <ul className={styles['warningList']} aria-label="Warnings">
      {warnings.map(({ code, message, detail }) => (
        <li key={`${code} ${message}`}>
          <IconAlertTriangle size={14} aria-hidden="true" />
          {detail === undefined ? (
            <span>{visible(message)}</span>
          ) : (
            <details className={styles['warning']}>
              <summary>{visible(message)}</summary>
              <pre>{detail.split('\n').map(visible).join('\n')}</pre>
            </details>
          )}
        </li>
      ))}
    </ul>
  )
}
