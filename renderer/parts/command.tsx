import type { JSX } from 'react'
import { CopyButton } from './copy-button.tsx'
import styles from './parts.module.css'

/** A command to copy into a terminal. */
export function Command({ text }: { readonly text: string }): JSX.Element {
  return (
    <div className={styles['command']}>
      <code>{text}</code>
      <CopyButton value={text} label="Copy command" />
    </div>
  )
}
