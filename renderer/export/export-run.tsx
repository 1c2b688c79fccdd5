import { Button } from '@mantine/core'
import type { JSX, ReactNode } from 'react'
import type { Digest as DigestText } from '../../shared/digest.ts'
import type { JobOutcome, JobState } from '../../shared/job.ts'
import type { DestinationSpec } from '../../shared/uri.ts'
import { failureOf, useClient } from '../client.ts'
import { useHost } from '../host.ts'
import { JobProgress, JobSteps } from '../jobs/job-progress.tsx'
import { revealLabel } from '../jobs/reveal-label.ts'
import { mountTargetOf } from '../jobs/use-mounting.ts'
import { Bytes } from '../parts/bytes.tsx'
import { Command } from '../parts/command.tsx'
import { JobWarnings } from '../jobs/job-warnings.tsx'
import { CopyButton } from '../parts/copy-button.tsx'
import { Digest } from '../parts/digest.tsx'
import { ErrorNote } from '../parts/error-note.tsx'
import { formatDuration } from '../parts/format.ts'
import { IconAlertCircle, IconCheck, IconMinus } from '../parts/icons.ts'
import { HostPath } from '../parts/path-text.tsx'
import { noticeFailure } from '../shell/notices.tsx'
import { NO_RUNTIME } from '../../shared/run-bundle.ts'
import { nextCommands } from './draft.ts'
import styles from './export.module.css'
import { MountResult } from './mount-result.tsx'

interface ExportRunProps {
  /** undefined before the first state arrives, and after it was cleared. */
  readonly job: JobState | undefined
  readonly output: DestinationSpec
  /** diffIDs, base first. */
  readonly layers: readonly DigestText[]
  readonly onAgain: () => void
  /** Back to the review, with everything as it was said. */
  readonly onChange: () => void
  readonly onClose: () => void
}

/** The export itself: how far it is, and what became of it. Closing leaves it running among the jobs. */
export function ExportRun({ job, output, layers, onAgain, onChange, onClose }: ExportRunProps): JSX.Element {
  if (!job) return <div className={styles['run']} aria-busy="true" />
  switch (job.phase) {
    case 'waiting':
    case 'running':
    case 'paused':
    case 'cancelling':
      return <Running job={job} layers={layers} onClose={onClose} />
    case 'done':
      return <Done job={job} output={output} onClose={onClose} />
    case 'failed':
      return (
        <Ended
          icon={<IconAlertCircle size={20} className={styles['bad']} />}
          title="The export failed"
          note="The destination is as it was."
          onChange={onChange}
          onAgain={onAgain}
          onClose={onClose}
        >
          {job.error && <ErrorNote report={job.error} />}
        </Ended>
      )
    case 'cancelled':
      return (
        <Ended
          icon={<IconMinus size={20} />}
          title="Cancelled"
          note="The destination is as it was, and nothing was left behind."
          onChange={onChange}
          onAgain={onAgain}
          onClose={onClose}
        />
      )
  }
}

interface RunningProps {
  readonly job: JobState
  readonly layers: readonly DigestText[]
  readonly onClose: () => void
}

function Running({ job, layers, onClose }: RunningProps): JSX.Element {
  const client = useClient()
  const cancel = (): void => {
    client.jobs.cancel({ id: job.id }).catch((error: unknown) => noticeFailure(job.title, failureOf(error)))
  }
  return (
    <div className={styles['run']}>
      <div className={styles['body']}>
        <JobProgress job={job} />
        <div className={styles['layers']}>
          <JobSteps job={job} layers={layers} />
        </div>
      </div>
      <footer className={styles['foot']}>
        <span className="dim">It goes on when this is closed; see Jobs.</span>
        <span className={styles['space']} />
        <Button variant="default" disabled={job.phase === 'cancelling'} onClick={cancel}>
          {job.phase === 'cancelling' ? 'Cancelling…' : 'Cancel export'}
        </Button>
        <Button variant="default" data-autofocus onClick={onClose}>
          Close
        </Button>
      </footer>
    </div>
  )
}

interface DoneProps {
  readonly job: JobState
  readonly output: DestinationSpec
  readonly onClose: () => void
}

function Done({ job, output, onClose }: DoneProps): JSX.Element {
  const client = useClient()
  const { info } = useHost()
  const { outcome } = job
  const path = outcome?.path ?? output.path
  const took = job.started !== null && job.ended !== null ? job.ended - job.started : null
  const mountTarget = mountTargetOf(job)
  const commands = nextCommands(output, outcome ?? {})
  return (
    <div className={styles['run']}>
      <div className={styles['body']}>
        <p className={styles['verdict']}>
          <IconCheck size={20} className={styles['good']} aria-hidden="true" />
          Exported
          <span className="dim">
            {outcome?.bytesWritten !== undefined && <Bytes value={outcome.bytesWritten} />}
            {took !== null && ` in ${formatDuration(took)}`}
          </span>
        </p>
        <div className={styles['place']}>
          <HostPath path={path} />
          <CopyButton value={path} label="Copy path" isLabelled />
          {info.canReveal && (
            <Button
              variant="default"
              onClick={() => {
                client.system
                  .reveal({ path })
                  .catch((error: unknown) => noticeFailure(path, failureOf(error)))
              }}
            >
              {revealLabel(info.platform)}
            </Button>
          )}
        </div>
        {outcome?.imageID && (
          <p className={styles['id']}>
            <span className="dim">Image ID</span>
            <Digest digest={outcome.imageID} name="image ID" />
          </p>
        )}
        <JobWarnings warnings={job.warnings} />
        {mountTarget && <MountResult job={job} target={mountTarget} />}
        <div className={styles['field']}>
          <span className={styles['label']}>{nextLabels[output.kind]}</span>
          {commands.map((command) => (
            <Command key={command} text={command} />
          ))}
          {outcome?.startedBy && <p className="dim">{starterNotes[outcome.startedBy]}</p>}
          {outcome?.startedBy && !outcome.runtime && <p>{NO_RUNTIME}</p>}
        </div>
      </div>
      <footer className={styles['foot']}>
        <span className={styles['space']} />
        <Button data-autofocus onClick={onClose}>
          Done
        </Button>
      </footer>
    </div>
  )
}

const nextLabels: Record<DestinationSpec['kind'], string> = {
  tar: 'Next',
  dir: 'Next',
  oci: 'Try it',
  mounts: 'The same in a terminal',
}

const starterNotes: Record<NonNullable<JobOutcome['startedBy']>, string> = {
  root: 'Run it as root.',
  user: 'Run it as yourself.',
}

interface EndedProps {
  readonly icon: ReactNode
  readonly title: string
  readonly note: string
  readonly children?: ReactNode
  readonly onChange: () => void
  readonly onAgain: () => void
  readonly onClose: () => void
}

function Ended({ icon, title, note, children, onChange, onAgain, onClose }: EndedProps): JSX.Element {
  return (
    <div className={styles['run']}>
      <div className={styles['body']}>
        <p className={styles['verdict']}>
          {icon}
          {title}
        </p>
        {children}
        <p className="dim">{note}</p>
      </div>
      <footer className={styles['foot']}>
        <Button variant="default" onClick={onChange}>
          Back
        </Button>
        <span className={styles['space']} />
        <Button variant="subtle" color="gray" onClick={onClose}>
          Close
        </Button>
        <Button data-autofocus onClick={onAgain}>
          Try again
        </Button>
      </footer>
    </div>
  )
}
