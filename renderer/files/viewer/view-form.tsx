import { SegmentedControl } from '@mantine/core'
import type { JSX } from 'react'
import styles from './viewer.module.css'

/** How a path is looked at: its content in one of three forms, or what changed in it between two versions. */
export type ViewForm = 'text' | 'hex' | 'picture' | 'changes'

interface FormSwitchProps<T extends string> {
  readonly value: T
  readonly forms: readonly { readonly value: T; readonly label: string }[]
  readonly onChange: (value: T) => void
}

/** Chooses how it is looked at, where there is more than one way. */
export function FormSwitch<T extends string>({
  value,
  forms,
  onChange,
}: FormSwitchProps<T>): JSX.Element | null {
  if (forms.length < 2) return null
  return (
    <div className={styles['forms']}>
      <SegmentedControl<T> aria-label="Show as" value={value} onChange={onChange} data={[...forms]} />
    </div>
  )
}
