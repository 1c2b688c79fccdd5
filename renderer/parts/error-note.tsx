import { Button } from '@mantine/core'
import { useState, type JSX, type ReactNode } from 'react'
import type { ErrorCode, ErrorReport } from '../../shared/errors.ts'
import { visible } from '../../shared/path-bytes.ts'
import { CopyButton } from './copy-button.tsx'
import { IconAlertCircle } from './icons.ts'
import styles from './parts.module.css'

interface Words {
  /** What kind of failure this is. */
  readonly title: string
  /** What to try where the report itself says nothing. */
  readonly remedy: string
}

/** Words for every code: a new one does not compile without them. */
const words: Record<ErrorCode, Words> = {
  usage: { title: 'This cannot be done as asked', remedy: 'Change the options and try again.' },
  'not-found': { title: 'Not found', remedy: 'Check that it is still where it was.' },
  'not-an-image': {
    title: 'Not a container image',
    remedy:
      'Open a tarball made by docker save, podman save or skopeo, an OCI layout, or a directory of images.',
  },
  'choose-image': { title: 'Several images', remedy: 'Choose one of them.' },
  malformed: { title: 'Damaged image', remedy: 'Save or download the image again.' },
  truncated: { title: 'Incomplete image', remedy: 'The file was cut short. Copy or download it again.' },
  'digest-mismatch': {
    title: 'Content does not match its digest',
    remedy: 'It was damaged or changed. Get the image again from where it came.',
  },
  'missing-blob': {
    title: 'Part of the image is missing',
    remedy: 'Save the image again, with all of its layers.',
  },
  'unsafe-path': {
    title: 'Unsafe name in the image',
    remedy: 'Do not use this image without knowing who made it.',
  },
  limit: { title: 'Beyond a safe limit', remedy: 'The image is built to exhaust its reader, or is damaged.' },
  unsupported: { title: 'Not supported', remedy: 'Save the image in another format.' },
  exists: { title: 'Already there', remedy: 'Choose another name or place.' },
  'no-space': { title: 'Not enough space', remedy: 'Free some space, or choose another place.' },
  permission: { title: 'No permission', remedy: 'Choose another place, or change its permissions.' },
  io: { title: 'The file system failed', remedy: 'Check the disk and try again.' },
  busy: { title: 'In use', remedy: 'Close the other window of Occystrap, or wait until it is done.' },
  network: { title: 'Not reachable', remedy: 'Check the connection and the name, then try again.' },
  certificate: {
    title: 'Certificate not trusted',
    remedy: 'Name the certificate of whoever issued it in the settings, under Certificates.',
  },
  'sign-in': { title: 'Sign-in needed', remedy: 'Sign in as somebody who may read this image.' },
  server: {
    title: 'Unexpected answer',
    remedy: 'Try again in a while. If it stays, ask whoever runs the server.',
  },
  engine: { title: 'The engine does not answer', remedy: 'Check that it is running, then try again.' },
  cancelled: { title: 'Cancelled', remedy: 'Start it again when you want to.' },
  internal: {
    title: 'A fault in Occystrap',
    remedy: 'Try again. If it stays, report it with the detail below.',
  },
}

/** The heading of a failure, in two or three words. */
export function errorTitle(code: ErrorCode): string {
  return words[code].title
}

interface ErrorNoteProps {
  readonly report: ErrorReport
  /** The one thing to do about it: a retry button. */
  readonly action?: ReactNode
}

/** A failure: what failed and why, what to try, and the detail on demand. */
export function ErrorNote({ report, action }: ErrorNoteProps): JSX.Element {
  const [isDetailed, setDetailed] = useState(false)
  const { title, remedy } = words[report.code]
  return (
    <div className={styles['note']} role="alert">
      <IconAlertCircle size={16} className={styles['noteIcon']} aria-hidden="true" />
      <div className={styles['noteBody']}>
        <p className={styles['noteTitle']}>{title}</p>
        <p>{visible(report.message)}</p>
        <p className={styles['noteRemedy']}>{visible(report.remedy ?? remedy)}</p>
        {isDetailed && report.detail && <pre className={styles['detail']}>{report.detail}</pre>}
        {(action || report.detail) && (
          <div className={styles['noteActions']}>
            {action}
            {report.detail && (
              <Button
                variant="subtle"
                size="compact-xs"
                color="gray"
                aria-expanded={isDetailed}
                onClick={() => setDetailed(!isDetailed)}
              >
                {isDetailed ? 'Hide detail' : 'Show detail'}
              </Button>
            )}
          </div>
        )}
      </div>
      <CopyButton value={textOf(report)} label="Copy this error" />
    </div>
  )
}

function textOf(report: ErrorReport): string {
  return [`${report.code}: ${report.message}`, report.remedy, report.detail].filter(Boolean).join('\n')
}
