import { useEffect } from 'react'
import { isEnded } from '../../shared/job.ts'
import { useHost } from '../host.ts'
import { useJobStore } from '../jobs/job-store.ts'

/**
 * A browser asks before the page is left while something is written or uploaded. Reading layers does not count: it is made up for
 * when the image is next opened. In Electron the program itself asks, and a page that held on would only keep the window open.
 */
export function useLeaveGuard(): void {
  const { info } = useHost()
  const isBusy = useJobStore((store) =>
    [...store.jobs.values()].some(
      ({ phase, spec }) => !isEnded(phase) && spec.kind !== 'index' && spec.kind !== 'index-engine',
    ),
  )
  const isGuarded = isBusy && info.host === 'browser'
  useEffect(() => {
    if (!isGuarded) return undefined
    const hold = (event: BeforeUnloadEvent): void => event.preventDefault()
    window.addEventListener('beforeunload', hold)
    return () => window.removeEventListener('beforeunload', hold)
  }, [isGuarded])
}
