import { Button } from '@mantine/core'
import type { JSX, ReactNode } from 'react'
import { isEnded, type JobState } from '../../shared/job.ts'
import type { ImageInfo } from '../../shared/image.ts'
import { visible } from '../../shared/path-bytes.ts'
import { familiarName } from '../../shared/reference.ts'
import type { SourceSpec } from '../../shared/uri.ts'
import { failureOf, useClient } from '../client.ts'
import { JobFigures } from '../jobs/job-progress.tsx'
import { PauseButton } from '../jobs/pause-button.tsx'
import { isRemote } from '../names.ts'
import { Bar } from '../parts/bar.tsx'
import { counted, formatBytes } from '../parts/format.ts'
import { noticeFailure } from '../shell/notices.tsx'
import { useShell } from '../store.ts'
import styles from './image.module.css'

interface PendingLineProps {
  readonly source: SourceSpec
  readonly job: JobState | undefined
  readonly pendingLayers: readonly number[]
  readonly info: ImageInfo
  /** Nobody reads them of itself here: they are offered. */
  readonly isOffered?: boolean
}

/** Says which part of the image is still being read, quietly; what reading the rest would take; and why it stopped, where it did. */
export function PendingLine(props: PendingLineProps): JSX.Element | null {
  const { source, job, pendingLayers, info, isOffered = false } = props
  const { layers } = info
  if (pendingLayers.length === 0) return null
  if (job === undefined && isOffered) {
    return (
      <Line words={`${counted(pendingLayers.length, 'layer')} of ${layers.length} not read yet`}>
        <ReadButton source={source} label={readLabel(pendingLayers, info)} />
      </Line>
    )
  }
  if (job === undefined || !isEnded(job.phase)) {
    const reading = Math.min(layers.length, layers.length - pendingLayers.length + 1)
    const verb = isRemote(source) ? 'Fetching' : 'Reading'
    return <Running words={`${verb} layers: ${reading} of ${layers.length}`} job={job} />
  }
  if (job.phase === 'failed') return <Failed {...props} job={job} />
  return (
    <Line
      words={`${counted(pendingLayers.length, 'layer')} of ${layers.length} not read; what they hold is missing here.`}
    >
      <ReadButton source={source} label={readLabel(pendingLayers, info)} />
    </Line>
  )
}

/** How many bytes are fetched for it is said before. */
export function readLabel(pendingLayers: readonly number[], info: ImageInfo): string {
  const sizes = pendingLayers.map((index) => info.layers[index]?.compressedSize ?? null)
  const bytes = sizes.reduce<number | null>(
    (sum, size) => (sum === null || size === null ? null : sum + size),
    0,
  )
  if (bytes !== null) return `Read the layers (${formatBytes(bytes)})`
  const isWhole = pendingLayers.length === info.layers.length
  return isWhole && info.statedSize !== undefined
    ? `Read the layers (about ${formatBytes(info.statedSize)})`
    : 'Read the layers'
}

function Line({ words, children }: { readonly words: string; readonly children: ReactNode }): JSX.Element {
  return (
    <div className={styles['pending']}>
      <span role="status">{words}</span>
      {children}
    </div>
  )
}

function ReadButton({ source, label }: { readonly source: SourceSpec; readonly label: string }): JSX.Element {
  const client = useClient()
  const read = (): void => {
    client.jobs
      .submit({ kind: 'index', input: source })
      .catch((error: unknown) => noticeFailure('Read the layers', failureOf(error)))
  }
  return (
    <Button variant="subtle" size="compact-xs" onClick={read}>
      {label}
    </Button>
  )
}

function Running({
  words,
  job,
}: {
  readonly words: string
  readonly job: JobState | undefined
}): JSX.Element {
  const client = useClient()
  return (
    <Line words={words}>
      <span className={styles['pendingBar']}>
        <Bar label="Reading layers" done={job?.done ?? 0} total={job?.total ?? null} />
      </span>
      {job && (
        <>
          {/* Not part of the status: figures that change all the time would be read out all the time. */}
          <span className={styles['pendingFigures']}>
            <JobFigures job={job} />
          </span>
          <PauseButton job={job} variant="subtle" />
          <Button
            variant="subtle"
            size="compact-xs"
            color="gray"
            disabled={job.phase === 'cancelling'}
            onClick={() => {
              client.jobs
                .cancel({ id: job.id })
                .catch((error: unknown) => noticeFailure(job.title, failureOf(error)))
            }}
          >
            Cancel
          </Button>
        </>
      )}
    </Line>
  )
}

function Failed({ source, job, pendingLayers }: PendingLineProps & { readonly job: JobState }): JSX.Element {
  const openRegistries = useShell((state) => state.openRegistries)
  const reason = job.error === null ? '' : ` ${visible(job.error.message)}`
  return (
    <Line
      words={`${counted(pendingLayers.length, 'layer')} could not be read; what they hold is missing here.${reason}`}
    >
      {source.kind === 'registry' && job.error?.code === 'sign-in' && (
        <Button
          variant="subtle"
          size="compact-xs"
          onClick={() => openRegistries({ text: familiarName(source.image), isWhole: true })}
        >
          Sign in…
        </Button>
      )}
      <ReadButton source={source} label="Try again" />
    </Line>
  )
}
