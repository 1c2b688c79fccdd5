import { Button } from '@mantine/core'
import type { JSX } from 'react'
import { isEnded, type JobState } from '../../shared/job.ts'
import { visible } from '../../shared/path-bytes.ts'
import type { SourceSpec } from '../../shared/uri.ts'
import { useClient } from '../client.ts'
import { Bar } from '../parts/bar.tsx'
import { counted } from '../parts/format.ts'
import styles from './image.module.css'

interface PendingLineProps {
  readonly source: SourceSpec
  readonly job: JobState | undefined
  readonly pendingLayers: readonly number[]
  readonly layers: number
}

/** Says which part of the image is still being read, quietly; and why it stopped, where it did. */
export function PendingLine({ source, job, pendingLayers, layers }: PendingLineProps): JSX.Element | null {
  const client = useClient()
  if (pendingLayers.length === 0) return null
  if (job !== undefined && isEnded(job.phase)) {
    const reason = job.error === null ? '' : ` ${visible(job.error.message)}`
    return (
      <div className={styles['pending']} role="status">
        <span>
          {counted(pendingLayers.length, 'layer')} could not be read; their files are missing here.{reason}
        </span>
        <Button
          variant="subtle"
          size="compact-xs"
          onClick={() => void client.jobs.submit({ kind: 'index', input: source }).catch(() => undefined)}
        >
          Try again
        </Button>
      </div>
    )
  }
  const reading = Math.min(layers, layers - pendingLayers.length + 1)
  return (
    <div className={styles['pending']} role="status">
      <span>
        Reading layers: {reading} of {layers}
      </span>
      <span className={styles['pendingBar']}>
        <Bar label="Reading layers" done={job?.done ?? 0} total={job?.total ?? null} />
      </span>
    </div>
  )
}
