import { Button } from '@mantine/core'
import type { JSX, ReactNode } from 'react'
import { isEnded, type JobState } from '../../shared/job.ts'
import { visible } from '../../shared/path-bytes.ts'
import type { KnownImage } from '../../shared/query.ts'
import type { EngineImage, EngineInfo } from '../../shared/remote.ts'
import { failureOf, useClient } from '../client.ts'
import { totalsOf } from '../engines/image-lines.ts'
import { useEngineImages } from '../engines/use-engine-images.ts'
import styles from '../image/image.module.css'
import { JobFigures } from '../jobs/job-progress.tsx'
import { useJobStore } from '../jobs/job-store.ts'
import { PauseButton } from '../jobs/pause-button.tsx'
import { Bar } from '../parts/bar.tsx'
import { counted, formatBytes } from '../parts/format.ts'
import { useEngines } from '../queries.ts'
import { noticeFailure } from '../shell/notices.tsx'
import { useShell } from '../store.ts'
import own from './engine-note.module.css'

type Known = Pick<KnownImage, 'imageID' | 'digest'>

/**
 * What a search over all images leaves out: images of engines that were never opened. Nothing is read before somebody asks for it. Without
 * `known`, as long as nobody knows which images were opened, nothing is said.
 */
export function EngineNote({ known }: { readonly known: readonly Known[] | undefined }): JSX.Element | null {
  const { data: engines = [] } = useEngines()
  if (known === undefined) return null
  return (
    <>
      {engines
        .filter(({ state }) => state === 'ready')
        .map((engine) => (
          <EngineLine key={engine.socket} engine={engine} known={known} />
        ))}
    </>
  )
}

interface EngineLineProps {
  readonly engine: EngineInfo
  readonly known: readonly Known[]
}

function EngineLine({ engine, known }: EngineLineProps): JSX.Element | null {
  const { images } = useEngineImages(engine.socket)
  const job = useJobStore(({ jobs }) => latestJobOf(jobs.values(), engine.socket))
  if (job && !isEnded(job.phase)) return <Reading engine={engine} job={job} />
  const unopened = unopenedOf(images ?? [], known)
  const { count, bytes } = totalsOf(unopened)
  if (count === 0) return null
  const { imagesFailed = 0 } = job?.outcome ?? {}
  return (
    <Line
      words={`${visible(engine.name)} has ${counted(count, 'image')} that ${count === 1 ? 'was' : 'were'} never opened.`}
    >
      <ReadButton engine={engine} bytes={bytes} />
      <span>{costWords(engine)}</span>
      {job && (job.phase === 'failed' || imagesFailed > 0) && <JobsLink>See why it failed</JobsLink>}
    </Line>
  )
}

/** Images of the engine that are not among the known ones: by their config's digest, or the manifest's where containerd keeps them. */
export function unopenedOf(images: readonly EngineImage[], known: readonly Known[]): readonly EngineImage[] {
  const ids = new Set(known.flatMap(({ imageID, digest }) => [imageID, digest]))
  return images.filter(({ id }) => !ids.has(id))
}

function latestJobOf(jobs: Iterable<JobState>, socket: string): JobState | undefined {
  let latest: JobState | undefined
  for (const job of jobs) {
    if (job.spec.kind !== 'index-engine' || job.spec.socket !== socket) continue
    if (latest === undefined || job.submitted > latest.submitted) latest = job
  }
  return latest
}

/** An engine that listens at no path of this computer may be another one. */
function costWords({ socket }: EngineInfo): string {
  return /^(?:tcp|ssh|https?):/.test(socket)
    ? 'The engine sends each of them once; nothing leaves this computer.'
    : 'The engine exports each of them once; nothing leaves this computer.'
}

function Line({ words, children }: { readonly words: string; readonly children: ReactNode }): JSX.Element {
  return (
    <div className={`${styles['pending']} ${own['line']}`}>
      <span role="status">{words}</span>
      {children}
    </div>
  )
}

interface ReadButtonProps {
  readonly engine: EngineInfo
  /** As the engine counts them; layers that images share count for each. */
  readonly bytes: number
}

function ReadButton({ engine, bytes }: ReadButtonProps): JSX.Element {
  const client = useClient()
  const read = (): void => {
    client.jobs
      .submit({ kind: 'index-engine', socket: engine.socket })
      .catch((error: unknown) => noticeFailure(`Read the images of ${engine.name}`, failureOf(error)))
  }
  return (
    <Button variant="subtle" size="compact-xs" onClick={read}>
      {`Read their layers (up to ${formatBytes(bytes)})`}
    </Button>
  )
}

function JobsLink({ children }: { readonly children: ReactNode }): JSX.Element {
  const go = useShell((state) => state.go)
  return (
    <Button variant="subtle" size="compact-xs" color="gray" onClick={() => go('jobs')}>
      {children}
    </Button>
  )
}

function Reading({ engine, job }: { readonly engine: EngineInfo; readonly job: JobState }): JSX.Element {
  return (
    <Line words={readingWords(engine, job)}>
      <span className={styles['pendingBar']}>
        <Bar label={`Reading the images of ${visible(engine.name)}`} done={job.done} total={job.total} />
      </span>
      {/* Not part of the status: figures that change all the time would be read out all the time. */}
      <span className={styles['pendingFigures']}>
        <JobFigures job={job} />
      </span>
      <PauseButton job={job} variant="subtle" />
      <JobsLink>Jobs</JobsLink>
    </Line>
  )
}

/** The step that is not at its end yet says which image is read. */
function readingWords({ name }: EngineInfo, { steps }: JobState): string {
  const step = steps.find(({ done, total }) => total === null || done < total)
  return `Reading the images of ${visible(name)}${step ? `, ${visible(step.name)}` : ''}`
}
