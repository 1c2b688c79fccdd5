import { useState } from 'react'
import type { Digest } from '../../shared/digest.ts'
import type { ErrorReport } from '../../shared/errors.ts'
import { isEnded, type JobSpec, type JobState } from '../../shared/job.ts'
import { failureOf, useClient } from '../client.ts'
import { useShell } from '../store.ts'
import { useJobStore } from './job-store.ts'

/** An image that was written to a folder of overlay mounts. */
export interface MountTarget {
  readonly path: string
  readonly imageID: Digest
  readonly reference: string | undefined
}

/** The image that a done export left to be mounted; null for every other job. */
export function mountTargetOf({ spec, phase, outcome }: JobState): MountTarget | null {
  if (phase !== 'done' || spec.kind !== 'convert' || spec.output.kind !== 'mounts') return null
  if (outcome?.imageID === undefined) return null
  return { path: spec.output.path, imageID: outcome.imageID, reference: outcome.references?.[0] }
}

type MountJob = JobState & { readonly spec: Extract<JobSpec, { kind: 'mount' | 'unmount' }> }

/** The jobs that mounted this image or unmounted its folder since it was exported, in their order. */
function mountJobs(
  jobs: ReadonlyMap<string, JobState>,
  { path, imageID }: MountTarget,
  since: number,
): readonly MountJob[] {
  const isOfImage = (job: JobState): job is MountJob =>
    (job.spec.kind === 'mount' && job.spec.path === path && job.spec.imageID === imageID) ||
    (job.spec.kind === 'unmount' && job.spec.path === path)
  return [...jobs.values()]
    .filter(isOfImage)
    .filter((job) => job.submitted > since)
    .toSorted((a, b) => a.submitted - b.submitted)
}

export interface Mounting {
  /** What is done now. */
  readonly working: 'mount' | 'unmount' | null
  /** As far as this program knows: somebody may have used a terminal. */
  readonly mountedAt: string | null
  /** Where it was unmounted from here: how many mounts that took away. */
  readonly unmounted: number | null
  /** Why the last of these jobs failed. */
  readonly failure: ErrorReport | null
  /** Why no job was made of it. */
  readonly refusal: ErrorReport | null
  readonly mount: () => void
  readonly unmount: () => void
}

/** Mounting what an export has written, as jobs of its own. */
export function useMounting(exported: JobState, target: MountTarget): Mounting {
  const client = useClient()
  const watchJob = useShell((state) => state.watchJob)
  const jobs = mountJobs(
    useJobStore((store) => store.jobs),
    target,
    exported.submitted,
  )
  const [refusal, setRefusal] = useState<ErrorReport | null>(null)
  const submit = (spec: JobSpec): void => {
    setRefusal(null)
    client.jobs.submit(spec).then(
      // What becomes of it is told where the buttons are.
      ({ id }) => watchJob(id),
      (error: unknown) => setRefusal(failureOf(error)),
    )
  }
  const { path, imageID, reference } = target
  const last = jobs.at(-1)
  // One that failed has changed nothing.
  const { outcome } = jobs.findLast(({ phase }) => phase === 'done') ?? exported
  return {
    working: last && !isEnded(last.phase) ? last.spec.kind : null,
    mountedAt: outcome?.mountedAt ?? null,
    unmounted: outcome?.unmounted ?? null,
    failure: last?.error ?? null,
    refusal,
    mount: () => submit({ kind: 'mount', path, imageID, ...(reference === undefined ? {} : { reference }) }),
    unmount: () => submit({ kind: 'unmount', path }),
  }
}
