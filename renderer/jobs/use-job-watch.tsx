import { Button, Group } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { JobState } from '../../shared/job.ts'
import { failureOf, useClient, type Client } from '../client.ts'
import { useHost, type Host } from '../host.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { refreshImage } from '../queries.ts'
import { noticeDone, noticeFailure } from '../shell/notices.tsx'
import { useShell } from '../store.ts'
import { revealLabel } from './reveal-label.ts'
import { watchJobs } from './watch-jobs.ts'

/** Follows the jobs for as long as the window lives, and tells what became of them. */
export function useJobWatch(): void {
  const client = useClient()
  const host = useHost()
  const queries = useQueryClient()
  useEffect(() => {
    const controller = new AbortController()
    const onLayerIndexed = (job: JobState): void => {
      if (job.spec.kind === 'index') void refreshImage(queries, job.spec.input)
    }
    const onEnd = (job: JobState): void => {
      onLayerIndexed(job)
      useShell.getState().announce(`${job.title}: ${job.phase}`)
      tell(job, client, host)
    }
    void watchJobs(client, { onEnd, onLayerIndexed }, controller.signal)
    return () => controller.abort()
  }, [client, host, queries])
}

/** Told in the corner: what was written, and what failed; not what the person sees anyway (the wizard's own job) nor quiet work done. */
function tell(job: JobState, client: Client, host: Host): void {
  if (useShell.getState().watchedJob === job.id) return
  if (job.phase === 'failed' && job.error && job.spec.kind !== 'upload') noticeFailure(job.title, job.error)
  const path = job.outcome?.path
  if (job.phase !== 'done' || path === undefined) return
  noticeDone(
    job.id,
    `Done: ${job.title}`,
    <Group gap={8}>
      {host.info.canReveal && (
        <Button
          variant="default"
          onClick={() => {
            client.system.reveal({ path }).catch((error: unknown) => noticeFailure(path, failureOf(error)))
          }}
        >
          {revealLabel(host.info.platform)}
        </Button>
      )}
      <CopyButton value={path} label="Copy path" isLabelled />
    </Group>,
  )
}
