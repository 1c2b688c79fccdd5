import { ActionIcon, Button, Tooltip } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import type { JSX } from 'react'
import { IconCheck, IconCopy } from './icons.ts'
import styles from './parts.module.css'

interface CopyButtonProps {
  readonly value: string
  /** What is copied, for the tooltip and for screen readers: "Copy digest". */
  readonly label: string
  /** Shown as a button with its label, instead of an icon alone. */
  readonly isLabelled?: boolean
}

/** Copies a text and says so for a moment. */
export function CopyButton({ value, label, isLabelled = false }: CopyButtonProps): JSX.Element {
  const clipboard = useClipboard({ timeout: 1200 })
  const copy = (): void => clipboard.copy(value)
  const icon = clipboard.copied ? (
    <IconCheck size={14} className={styles['copied']} />
  ) : (
    <IconCopy size={14} />
  )
  const said = clipboard.copied ? 'Copied' : label
  if (isLabelled) {
    return (
      <Button variant="default" leftSection={icon} onClick={copy}>
        {said}
      </Button>
    )
  }
  return (
    <Tooltip label={said}>
      <ActionIcon className={styles['copy']} size={24} aria-label={said} onClick={copy}>
        {icon}
      </ActionIcon>
    </Tooltip>
  )
}
