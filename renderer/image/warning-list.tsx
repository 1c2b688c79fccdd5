import type { JSX } from 'react'
import type { Warning } from '../../shared/image.ts'
import { visible } from '../../shared/path-bytes.ts'
import { IconAlertTriangle } from '../parts/icons.ts'
import styles from './image.module.css'

/** What is odd about the image and did not stop it from being opened. */
export function WarningList({ warnings }: { readonly warnings: readonly Warning[] }): JSX.Element {
  return (
    <ul className={styles['warnings']} aria-label="Warnings">
      {warnings.map((warning) => (
        <li key={`${warning.code} ${warning.message}`}>
          <IconAlertTriangle size={16} aria-hidden="true" />
          <div>
            <p>{visible(warning.message)}</p>
            {warning.detail !== undefined && <p className="dim">{visible(warning.detail)}</p>}
          </div>
        </li>
      ))}
    </ul>
  )
}
