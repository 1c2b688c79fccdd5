import { useEffect, useState } from 'react'
import { isEnded, type JobState } from '../../shared/job.ts'
import { useJobStore } from '../jobs/job-store.ts'

/** Milliseconds after which who answers a search over all images has surely looked anew at what there is: it does so once a second. */
const LAG = 1200

/** Another text whenever images have been read since, and once more when a search surely finds what is in them; '' where nobody asks. */
export function useReadings(isAsked: boolean): string {
  const read = useJobStore(({ jobs }) => (isAsked ? imagesRead(jobs.values()) : 0))
  const [seen, setSeen] = useState(read)
  const isBehind = seen !== read
  useEffect(() => {
    if (!isBehind) return undefined
    // Not put off by the next image: where one follows the other, it would never come.
    const timer = setTimeout(() => setSeen(imagesRead(useJobStore.getState().jobs.values())), LAG)
    return () => clearTimeout(timer)
  }, [isBehind])
  return isAsked ? `${read} ${seen}` : ''
}

/** Each is counted when it is read: those of an engine are a step each. */
function imagesRead(jobs: Iterable<JobState>): number {
  let ended = 0
  for (const { spec, phase, steps } of jobs) {
    if (spec.kind === 'index') ended += isEnded(phase) ? 1 : 0
    else if (spec.kind === 'index-engine')
      ended += steps.filter(({ done, total }) => total !== null && done >= total).length
  }
  return ended
}
