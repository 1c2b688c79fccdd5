import { ActionIcon, Button, Tooltip } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState, type JSX } from 'react'
import type { Digest } from '../../shared/digest.ts'
import type { ImageInfo } from '../../shared/image.ts'
import { isEnded, type JobOutcome, type JobPhase, type JobState } from '../../shared/job.ts'
import { visible } from '../../shared/path-bytes.ts'
import { failureOf, useClient } from '../client.ts'
import { useHost } from '../host.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { ErrorNote } from '../parts/error-note.tsx'
import { counted, formatBytes, formatCount, formatDuration } from '../parts/format.ts'
import {
  IconAlertCircle,
  IconAlertTriangle,
  IconCheck,
  IconChevronRight,
  IconMinus,
  IconPlayerPause,
  IconX,
} from '../parts/icons.ts'
import { HostPath } from '../parts/path-text.tsx'
import { TimeAgo } from '../parts/time-ago.tsx'
import { infoKey } from '../queries.ts'
import { noticeFailure } from '../shell/notices.tsx'
import shell from '../shell/shell.module.css'
import { useOpen } from '../use-open.ts'
import { JobProgress, JobSteps } from './job-progress.tsx'
import { JobWarnings } from './job-warnings.tsx'
import styles from './jobs.module.css'
import { MountButtons, mountWords } from './mount-buttons.tsx'
import { PauseButton } from './pause-button.tsx'
import { revealLabel } from './reveal-label.ts'
import { mountTargetOf, useMounting, type MountTarget } from './use-mounting.ts'

const phaseNames: Record<JobPhase, string> = {
  waiting: 'Waiting',
  running: 'Running',
  paused: 'Paused',
  cancelling: 'Cancelling',
  done: 'Done',
  failed: 'Failed',
  cancelled: 'Cancelled',
}

/** One job: what it does, how far it is or what became of it, and what can be done about it. */
export function JobCard({ job }: { readonly job: JobState }): JSX.Element {
  const [isOpen, setOpen] = useState(false)
  const isRunning = !isEnded(job.phase)
  const layers = useKnownLayers(job)
  const hasMore = job.steps.length > 0 || job.warnings.length > 0
  return (
    <li className={styles['job']} aria-label={job.title}>
      <div className={styles['head']}>
        <PhaseIcon phase={job.phase} />
        <span className={`${styles['title']} truncate`} title={visible(job.title)}>
          {visible(job.title)}
        </span>
        <Warnings count={job.warnings.length} />
        <span className={`${styles['phase']} dim`}>
          {phaseNames[job.phase]}
          {job.ended !== null && (
            <>
              {' '}
              <TimeAgo time={job.ended} />
            </>
          )}
        </span>
        <JobActions job={job} />
        {hasMore && (
          <ActionIcon
            size={24}
            aria-label={isOpen ? 'Hide steps' : 'Show steps'}
            aria-expanded={isOpen}
            onClick={() => setOpen(!isOpen)}
          >
            <IconChevronRight size={14} className={styles['chevron']} data-open={isOpen || undefined} />
          </ActionIcon>
        )}
      </div>
      {isRunning && <JobProgress job={job} />}
      {job.phase === 'done' && <Outcome job={job} />}
      {job.phase === 'failed' && job.error && <ErrorNote report={job.error} />}
      {isOpen && (
        <>
          <JobSteps job={job} layers={layers} />
          <JobWarnings warnings={job.warnings} />
        </>
      )}
    </li>
  )
}

/** The layers of the job's image as far as the window knows them already: a list of jobs asks nothing of images. */
function useKnownLayers({ spec }: JobState): readonly Digest[] {
  const queries = useQueryClient()
  if (spec.kind !== 'convert' && spec.kind !== 'index') return []
  return queries.getQueryData<ImageInfo>(infoKey(spec.input))?.layers.map((layer) => layer.diffID) ?? []
}

function PhaseIcon({ phase }: { readonly phase: JobPhase }): JSX.Element {
  switch (phase) {
    case 'done':
      return <IconCheck size={16} className={styles['good']} aria-hidden="true" />
    case 'failed':
      return <IconAlertCircle size={16} className={styles['bad']} aria-hidden="true" />
    case 'cancelled':
      return <IconMinus size={16} className={styles['quiet']} aria-hidden="true" />
    case 'paused':
      return <IconPlayerPause size={16} className={styles['quiet']} aria-hidden="true" />
    case 'waiting':
    case 'running':
    case 'cancelling':
      return <span className={shell['spinner']} aria-hidden="true" />
  }
}

function Warnings({ count }: { readonly count: number }): JSX.Element | null {
  if (count === 0) return null
  return (
    <span className={styles['warnings']}>
      <IconAlertTriangle size={14} aria-hidden="true" />
      {counted(count, 'warning')}
    </span>
  )
}

/** Pause and cancel while it runs; afterwards retry, go to its image, and out of the list. */
function JobActions({ job }: { readonly job: JobState }): JSX.Element {
  const client = useClient()
  const open = useOpen()
  const attempt = (work: Promise<unknown>): void => {
    work.catch((error: unknown) => noticeFailure(job.title, failureOf(error)))
  }
  const { spec } = job
  if (!isEnded(job.phase)) {
    return (
      <>
        <PauseButton job={job} variant="default" />
        <Button
          variant="default"
          size="compact-xs"
          disabled={job.phase === 'cancelling'}
          onClick={() => attempt(client.jobs.cancel({ id: job.id }))}
        >
          Cancel
        </Button>
      </>
    )
  }
  return (
    <>
      {job.phase !== 'done' && spec.kind !== 'upload' && (
        <Button
          variant="default"
          size="compact-xs"
          onClick={() => attempt(client.jobs.retry({ id: job.id }))}
        >
          Retry
        </Button>
      )}
      {'input' in spec && (
        <Button variant="subtle" size="compact-xs" color="gray" onClick={() => void open.image(spec.input)}>
          Show image
        </Button>
      )}
      <Tooltip label="Remove from this list">
        <ActionIcon
          size={24}
          aria-label={`Remove ${visible(job.title)}`}
          onClick={() => attempt(client.jobs.clear({ id: job.id }))}
        >
          <IconX size={14} />
        </ActionIcon>
      </Tooltip>
    </>
  )
}

/** A done export to overlay mounts is mounted from the list as well. */
function MountLine({ job, target }: { readonly job: JobState; readonly target: MountTarget }): JSX.Element {
  const mounting = useMounting(job, target)
  const { mountedAt, working, refusal } = mounting
  return (
    <>
      <div className={styles['outcome']}>
        <span className={styles['mount']} role="status">
          {mountWords(mounting)}
        </span>
        {mountedAt !== null && working === null && <HostPath path={mountedAt} />}
        <span className={styles['mountButtons']}>
          <MountButtons mounting={mounting} size="compact-xs" />
        </span>
      </div>
      {/* What became of a job stands with that job. */}
      {refusal && <ErrorNote report={refusal} />}
    </>
  )
}

function unmountedWords(count: number): string {
  return count === 0 ? 'nothing was mounted' : `${counted(count, 'mount')} taken away`
}

/** What became of the images of an engine. */
function readWords({ imagesRead, imagesKnown = 0, imagesFailed = 0 }: JobOutcome): string | undefined {
  if (imagesRead === undefined) return undefined
  const parts = [
    `${counted(imagesRead, 'image')} read`,
    ...(imagesKnown > 0 ? [`${formatCount(imagesKnown)} known already`] : []),
    ...(imagesFailed > 0 ? [`${formatCount(imagesFailed)} could not be read`] : []),
  ]
  return parts.join(', ')
}

/** What came over the network, and what did not have to. */
function fetchedWords(outcome: JobOutcome | null): string {
  const { bytesFetched = 0, bytesKept = 0 } = outcome ?? {}
  if (bytesKept === 0) return bytesFetched === 0 ? '' : `fetched ${formatBytes(bytesFetched)}`
  const kept = `${formatBytes(bytesKept)} were there from before`
  return bytesFetched === 0 ? `nothing to fetch: ${kept}` : `fetched ${formatBytes(bytesFetched)}, ${kept}`
}

function Outcome({ job }: { readonly job: JobState }): JSX.Element | null {
  const client = useClient()
  const { info } = useHost()
  const { path, bytesWritten, unmounted } = job.outcome ?? {}
  const fetched = fetchedWords(job.outcome)
  const mountTarget = mountTargetOf(job)
  const read = job.outcome ? readWords(job.outcome) : undefined
  if (read !== undefined) return <p className="dim">{read}</p>
  if (unmounted !== undefined) return <p className="dim">{unmountedWords(unmounted)}</p>
  if (path === undefined) {
    return fetched === '' ? null : <p className="dim">{fetched}</p>
  }
  const reveal = (): void => {
    client.system.reveal({ path }).catch((error: unknown) => noticeFailure(job.title, failureOf(error)))
  }
  return (
    <>
      <div className={styles['outcome']}>
        <HostPath path={path} />
        <CopyButton value={path} label="Copy path" />
        {info.canReveal && (
          <Button variant="subtle" size="compact-xs" color="gray" onClick={reveal}>
            {revealLabel(info.platform)}
          </Button>
        )}
        <span className={`${styles['written']} number dim`}>
          {bytesWritten !== undefined && formatBytes(bytesWritten)}
          {job.started !== null && job.ended !== null && ` in ${formatDuration(job.ended - job.started)}`}
        </span>
      </div>
      {fetched !== '' && <p className="dim">{fetched}</p>}
      {mountTarget && <MountLine job={job} target={mountTarget} />}
    </>
  )
}
