import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { isEnded, type JobState } from '../../shared/job.ts'
import { keyOfSource } from '../../shared/source-name.ts'
import type { SourceSpec } from '../../shared/uri.ts'
import { useClient } from '../client.ts'
import { useJobStore } from '../jobs/job-store.ts'
import { refreshImage } from '../queries.ts'

/** The latest index job of an image, whoever submitted it. */
export function useIndexJob(source: SourceSpec): JobState | undefined {
  const id = keyOfSource(source)
  return useJobStore(({ jobs }) => latestIndexJob(jobs.values(), id))
}

export function latestIndexJob(jobs: Iterable<JobState>, id: string): JobState | undefined {
  let latest: JobState | undefined
  for (const job of jobs) {
    if (job.spec.kind !== 'index' || keyOfSource(job.spec.input) !== id) continue
    if (latest === undefined || job.submitted > latest.submitted) latest = job
  }
  return latest
}

/** Changes with each step that ends, and with the end of all: not with every byte. */
export function progressOf(job: JobState | undefined): string {
  if (job === undefined) return ''
  const ended = job.steps.filter((step) => step.total !== null && step.done >= step.total).length
  return `${job.id} ${isEnded(job.phase) ? job.phase : ended}`
}

/** Has missing layers read, once: when it is known that some are missing and nobody is at it. Asks everything again as they arrive. */
export function useReading(source: SourceSpec, isMissing: boolean): JobState | undefined {
  const client = useClient()
  const queries = useQueryClient()
  const job = useIndexJob(source)
  const id = keyOfSource(source)
  const isIdle = job === undefined
  const asked = useRef<string | null>(null)
  useEffect(() => {
    if (!isMissing || !isIdle || asked.current === id) return
    asked.current = id
    // A failure is not lost: the missing layers stay named in the page, with a button that tries again.
    client.jobs.submit({ kind: 'index', input: source }).catch(() => undefined)
    // oxlint-disable-next-line react/exhaustive-deps -- the id stands for the source
  }, [client, id, isMissing, isIdle])

  const progress = progressOf(job)
  const seen = useRef(progress)
  useEffect(() => {
    if (seen.current === progress) return
    seen.current = progress
    void refreshImage(queries, source)
    // oxlint-disable-next-line react/exhaustive-deps -- the id stands for the source
  }, [queries, id, progress])
  return job
}
