import { isEnded, type JobState } from '../../shared/job.ts'
import type { Client } from '../client.ts'
import { useJobStore } from './job-store.ts'

export interface JobEvents {
  /** A job that was seen running has ended. */
  readonly onEnd: (job: JobState) => void
  /** An index job has put one more layer into the index. */
  readonly onLayerIndexed: (job: JobState) => void
}

/** The pause before watching again after the wire broke, in milliseconds. */
const PAUSE = 500

/** Follows the jobs until aborted, over any number of broken connections. */
export async function watchJobs(client: Client, events: JobEvents, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const messages = await client.jobs.watch(undefined, { signal })
      let isFirst = true
      for await (const { states, gone } of messages) {
        const before = useJobStore.getState().jobs
        if (isFirst) useJobStore.getState().replace(states)
        else useJobStore.getState().update(states, gone)
        isFirst = false
        for (const job of states) tell(before.get(job.id), job, events)
      }
    } catch {
      // The wire broke or the watch was ended; which of them it was, the signal says.
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE))
  }
}

function tell(before: JobState | undefined, job: JobState, events: JobEvents): void {
  if (!before || isEnded(before.phase)) return
  if (job.spec.kind === 'index' && finishedSteps(job) > finishedSteps(before)) events.onLayerIndexed(job)
  if (isEnded(job.phase)) events.onEnd(job)
}

function finishedSteps(job: JobState): number {
  return job.steps.filter((step) => step.total !== null && step.done >= step.total).length
}
