import type { JSX } from 'react'
import type { EntryType } from '../../shared/files.ts'
import {
  IconArrowForwardUp,
  IconArrowsLeftRight,
  IconDeviceFloppy,
  IconFile,
  IconFolder,
  IconFolderOpen,
  IconLink,
  IconTerminal,
} from '../parts/icons.ts'
import { TYPE_WORDS } from './file-mode.ts'
import styles from './files.module.css'

const ICONS: Readonly<Record<EntryType, typeof IconFile>> = {
  file: IconFile,
  directory: IconFolder,
  symlink: IconArrowForwardUp,
  link: IconLink,
  fifo: IconArrowsLeftRight,
  char: IconTerminal,
  block: IconDeviceFloppy,
}

interface TypeIconProps {
  readonly type: EntryType
  readonly isOpen?: boolean
}

/** What kind of thing a path is; in words for who hears it. */
export function TypeIcon({ type, isOpen = false }: TypeIconProps): JSX.Element {
  const Icon = type === 'directory' && isOpen ? IconFolderOpen : ICONS[type]
  return (
    <>
      <Icon size={15} stroke={1.6} className={styles['typeIcon']} data-type={type} aria-hidden="true" />
      {type !== 'file' && <span className="hidden">{TYPE_WORDS[type]}</span>}
    </>
  )
}
