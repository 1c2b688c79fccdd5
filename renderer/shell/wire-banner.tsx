import type { JSX } from 'react'
import { IconAlertTriangle } from '../parts/icons.ts'
import { useShell } from '../store.ts'
import styles from './shell.module.css'

/** Says that the other side does not answer; gone as soon as it does. Takes no room otherwise. */
export function WireBanner(): JSX.Element {
  const wire = useShell((state) => state.wire)
  if (wire === 'open') return <div hidden />
  return (
    <div className={styles['banner']} role="status">
      <IconAlertTriangle size={16} aria-hidden="true" />
      Occystrap does not answer; trying again. If it was stopped, start it again and open the address it
      prints.
    </div>
  )
}
