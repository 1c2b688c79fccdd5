import type { JSX } from 'react'
import styles from './parts.module.css'

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent)

/** `mod` is Ctrl, or ⌘ on a Mac. */
function named(key: string): string {
  switch (key) {
    case 'mod':
      return isMac ? '⌘' : 'Ctrl'
    case 'shift':
      return isMac ? '⇧' : 'Shift'
    case 'alt':
      return isMac ? '⌥' : 'Alt'
    default:
      return key
  }
}

/** A key combination, written `mod+shift+F`. */
export function Keys({ combination }: { readonly combination: string }): JSX.Element {
  return (
    <span className={styles['keys']}>
      {combination.split('+').map((key) => (
        <kbd key={key}>{named(key)}</kbd>
      ))}
    </span>
  )
}
