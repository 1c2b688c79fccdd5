import { useMemo, type JSX } from 'react'
import { isEnded } from '../../shared/job.ts'
import { Bar } from '../parts/bar.tsx'
import { counted } from '../parts/format.ts'
import { IconActivity } from '../parts/icons.ts'
import styles from '../shell/shell.module.css'
import { useJobStore } from './job-store.ts'

interface JobsEntryProps {
  readonly isCurrent: boolean
  readonly onClick: () => void
}

/** The jobs' line of the sidebar: how many run or are paused, how far they are, whether one failed that nobody has looked at. */
export function JobsEntry({ isCurrent, onClick }: JobsEntryProps): JSX.Element {
  const jobs = useJobStore((store) => store.jobs)
  const { running, paused, failed, done, total } = useMemo(() => {
    const all = [...jobs.values()]
    const running = all.filter((job) => !isEnded(job.phase) && job.phase !== 'paused')
    return {
      running: running.length,
      paused: all.filter((job) => job.phase === 'paused').length,
      failed: all.filter((job) => job.phase === 'failed').length,
      done: running.reduce((sum, job) => sum + job.done, 0),
      total: running.reduce<number | null>(
        (sum, job) => (sum === null || job.total === null ? null : sum + job.total),
        0,
      ),
    }
  }, [jobs])
  return (
    <div className={styles['jobs']}>
      <button
        type="button"
        className={styles['entry']}
        aria-current={isCurrent ? 'page' : undefined}
        aria-label={`Jobs: ${running} running${paused > 0 ? `, ${paused} paused` : ''}${failed > 0 ? `, ${failed} failed` : ''}`}
        onClick={onClick}
      >
        <IconActivity size={16} />
        <span className="truncate">Jobs</span>
        {running > 0 && <span className={styles['count']}>{running} running</span>}
        {running === 0 && paused > 0 && <span className={styles['count']}>{paused} paused</span>}
        {running === 0 && paused === 0 && failed > 0 && (
          <span className={styles['failed']}>{failed} failed</span>
        )}
      </button>
      {running > 0 && (
        <div className={styles['jobsBar']}>
          <Bar label={`${counted(running, 'job')} running`} done={done} total={total} />
        </div>
      )}
    </div>
  )
}
