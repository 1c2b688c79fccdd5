import { Button } from '@mantine/core'
import type { JSX } from 'react'
import { isEnded, type JobState } from '../../shared/job.ts'
import { failureOf, useClient } from '../client.ts'
import { EmptyState } from '../parts/empty-state.tsx'
import { IconActivity } from '../parts/icons.ts'
import { noticeFailure } from '../shell/notices.tsx'
import { useShell } from '../store.ts'
import { JobCard } from './job-card.tsx'
import { useJobStore } from './job-store.ts'
import styles from './jobs.module.css'

/** Everything that takes more than a moment: what runs, what is done, what failed. */
export function JobsPage(): JSX.Element {
  const jobs = useJobStore((store) => store.jobs)
  const latestFirst = [...jobs.values()].toSorted((a, b) => b.submitted - a.submitted)
  const running = latestFirst.filter((job) => !isEnded(job.phase))
  const ended = latestFirst.filter((job) => isEnded(job.phase))
  if (latestFirst.length === 0) return <NoJobs />
  return (
    <div className={styles['page']}>
      {running.length > 0 && <JobSection title="Running" jobs={running} />}
      {ended.length > 0 && <JobSection title="Ended" jobs={ended} isClearable />}
    </div>
  )
}

function NoJobs(): JSX.Element {
  const go = useShell((state) => state.go)
  return (
    <EmptyState
      icon={<IconActivity size={32} stroke={1.25} />}
      title="No jobs"
      action={<Button onClick={() => go('home')}>Open an image</Button>}
    >
      Reading layers, exports and saved files are listed here while they run, and what became of them after.
    </EmptyState>
  )
}

interface JobSectionProps {
  readonly title: string
  readonly jobs: readonly JobState[]
  readonly isClearable?: boolean
}

function JobSection({ title, jobs, isClearable = false }: JobSectionProps): JSX.Element {
  const client = useClient()
  const clear = (): void => {
    client.jobs.clear({}).catch((error: unknown) => noticeFailure('Clear', failureOf(error)))
  }
  return (
    <section aria-label={title}>
      <header className={styles['sectionHeader']}>
        <h2>
          {title} <span className="dim">{jobs.length}</span>
        </h2>
        {isClearable && (
          <Button variant="subtle" color="gray" size="compact-xs" onClick={clear}>
            Clear all
          </Button>
        )}
      </header>
      <ul className={styles['list']}>
        {jobs.map((job) => (
          <JobCard key={job.id} job={job} />
        ))}
      </ul>
    </section>
  )
}
