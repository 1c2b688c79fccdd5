import { CloseButton } from '@mantine/core'
import { notifications, notificationsStore } from '@mantine/notifications'
import type { JSX, ReactNode } from 'react'
import type { ErrorReport } from '../../shared/errors.ts'
import { ErrorNote } from '../parts/error-note.tsx'
import styles from './shell.module.css'

/** Ids of failures start so. */
const FAILED = 'failed '

/** How long a notice of something that went well stays, in milliseconds: long enough to read a line and reach its button. */
const STAY = 8000

/** Tells of a failure in the corner of the window until it is dismissed. `subject` is what it happened to. */
export function noticeFailure(subject: string, report: ErrorReport): void {
  if (report.code === 'cancelled') return
  show(`${FAILED}${subject} ${report.code}`, false, <ErrorNote report={report} />, subject)
}

/** What failed before is no news once something new is tried. */
export function clearFailures(): void {
  for (const id of shownIds()) if (id.startsWith(FAILED)) notifications.hide(id)
}

/** Takes the latest notice away; false where there is none. */
export function dismissLatest(): boolean {
  const id = shownIds().at(-1)
  if (id === undefined) return false
  notifications.hide(id)
  return true
}

function shownIds(): string[] {
  return notificationsStore.getState().notifications.flatMap(({ id }) => id ?? [])
}

/** Tells of something done, for a while. */
export function noticeDone(id: string, title: string, action?: ReactNode): void {
  show(id, STAY, action, title)
}

function show(id: string, autoClose: number | false, body: ReactNode, title: string): void {
  notifications.show({
    id,
    message: title,
    // What failed is an alert already; an alert in an alert is read out twice.
    role: autoClose === false ? 'group' : 'status',
    autoClose,
    renderNotification: () => <Notice id={id} title={title} body={body} />,
  })
}

function Notice({ id, title, body }: { id: string; title: string; body: ReactNode }): JSX.Element {
  return (
    <section className={styles['notice']} aria-label={title}>
      <header className={styles['noticeHeader']}>
        <span className="truncate" title={title}>
          {title}
        </span>
        <CloseButton size="sm" aria-label="Dismiss" onClick={() => notifications.hide(id)} />
      </header>
      {body}
    </section>
  )
}
