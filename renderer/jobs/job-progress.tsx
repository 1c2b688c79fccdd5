import type { JSX } from 'react'
import { isDigest, shortDigest, type Digest } from '../../shared/digest.ts'
import type { JobState, JobStep } from '../../shared/job.ts'
import { visible } from '../../shared/path-bytes.ts'
import { layerColour } from '../layer-colour.ts'
import { Bar } from '../parts/bar.tsx'
import { formatBytes, formatDuration } from '../parts/format.ts'
import { LayerSwatch } from '../parts/layer-swatch.tsx'
import styles from './jobs.module.css'
import { useRate } from './rate.ts'

/** A job's whole progress: one bar with bytes, rate and time left. */
export function JobProgress({ job }: { readonly job: JobState }): JSX.Element {
  return (
    <div className={styles['progress']}>
      <Bar label={job.title} done={job.done} total={job.total} />
      <p className={styles['figures']}>
        <JobFigures job={job} />
      </p>
    </div>
  )
}

/** Bytes, rate and time left of a job that runs, as three columns. */
export function JobFigures({ job }: { readonly job: JobState }): JSX.Element {
  const rate = useRate(job.done, job.phase === 'running')
  return (
    <>
      <span>
        {formatBytes(job.done)}
        {job.total !== null && ` of ${formatBytes(job.total)}`}
      </span>
      <span>{rate !== null && `${formatBytes(rate)}/s`}</span>
      <span className="number">{timeLeft(job, rate)}</span>
    </>
  )
}

function timeLeft(job: JobState, rate: number | null): string {
  if (job.phase === 'waiting') return 'waiting for another job'
  if (job.phase === 'paused') return 'paused'
  if (job.phase === 'cancelling') return 'cancelling'
  if (job.total === null || rate === null || rate <= 0) return ''
  return `${formatDuration(((job.total - job.done) / rate) * 1000)} left`
}

const none: readonly Digest[] = []

interface JobStepsProps {
  readonly job: JobState
  /** diffIDs of the image, base first, where they are known: those that wait are listed, too. */
  readonly layers?: readonly Digest[]
}

/** A job's steps, a layer each: base first, in the layers' own colours. */
export function JobSteps({ job, layers = none }: JobStepsProps): JSX.Element | null {
  const seen = new Map(job.steps.map((step) => [step.name, step]))
  const named = layers.length > 0 ? layers : job.steps.map((step) => step.name).filter(isDigest)
  const others = job.steps.filter((step) => !named.some((name) => name === step.name))
  if (named.length + others.length === 0) return null
  return (
    <ul className={styles['steps']} aria-label="Steps">
      {[...new Set(named)].map((diffID) => (
        <LayerStep key={diffID} diffID={diffID} index={named.indexOf(diffID)} step={seen.get(diffID)} />
      ))}
      {others.map((step) => (
        <li key={step.name} className={styles['step']}>
          <span className="truncate">{visible(step.name)}</span>
          <Bar label={visible(step.name)} done={step.done} total={step.total} />
          <StepBytes step={step} />
        </li>
      ))}
    </ul>
  )
}

interface LayerStepProps {
  readonly diffID: Digest
  readonly index: number
  /** undefined while it waits. */
  readonly step: JobStep | undefined
}

function LayerStep({ diffID, index, step }: LayerStepProps): JSX.Element {
  const name = `Layer ${index}`
  return (
    <li className={styles['step']}>
      <span className={styles['stepName']} title={diffID}>
        <LayerSwatch index={index} />
        <span className="truncate">{name}</span>
        <span className="mono dim">{shortDigest(diffID)}</span>
      </span>
      <Bar label={name} done={step?.done ?? 0} total={step ? step.total : 1} colour={layerColour(index)} />
      {step ? <StepBytes step={step} /> : <span className="number dim">waiting</span>}
    </li>
  )
}

function StepBytes({ step }: { readonly step: JobStep }): JSX.Element {
  const isWhole = step.total !== null && step.done >= step.total
  return (
    <span className="number dim">
      {formatBytes(step.done)}
      {!isWhole && step.total !== null && ` of ${formatBytes(step.total)}`}
    </span>
  )
}
