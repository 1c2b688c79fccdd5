import { Button } from '@mantine/core'
import type { JSX } from 'react'
import { canPause, type JobState } from '../../shared/job.ts'
import { failureOf, useClient } from '../client.ts'
import { noticeFailure } from '../shell/notices.tsx'

interface PauseButtonProps {
  readonly job: JobState
  readonly variant: 'default' | 'subtle'
}

/** Pause for a job that runs and can be paused, Resume for one that is. */
export function PauseButton({ job, variant }: PauseButtonProps): JSX.Element | null {
  const client = useClient()
  const isPaused = job.phase === 'paused'
  if (!canPause(job.spec) || (job.phase !== 'running' && !isPaused)) return null
  const turn = (): void => {
    const turned = isPaused ? client.jobs.resume({ id: job.id }) : client.jobs.pause({ id: job.id })
    turned.catch((error: unknown) => noticeFailure(job.title, failureOf(error)))
  }
  return (
    <Button
      variant={variant}
      size="compact-xs"
      {...(variant === 'subtle' ? { color: 'gray' } : {})}
      onClick={turn}
    >
      {isPaused ? 'Resume' : 'Pause'}
    </Button>
  )
}
