import { randomUUID } from 'node:crypto'
import { dirname } from 'node:path'
import { ImageError, reportOf, type ErrorReport } from '../../shared/errors.ts'
import {
  canPause,
  isEnded,
  jobSpecSchema,
  type JobOutcome,
  type JobPhase,
  type JobSpec,
  type JobState,
  type JobStep,
} from '../../shared/job.ts'
import type { SignIn } from '../../shared/remote.ts'
import { JobFeed, type JobChanges } from './job-feed.ts'
import { JobHistory, MAX_KEPT } from './job-history.ts'
import type { WorkspaceOptions } from './job-protocol.ts'
import { JobRun, type JobEnd } from './job-run.ts'
import { jobTitle } from './job-title.ts'
import { destinationOf } from './destination-of.ts'
import type { ProcessHost } from './process-host.ts'

/** Two cores are the smallest machine; a third job would only make the others wait for the disk. */
const MAX_RUNNING = 2
/** Of which only one reads an image in the background, so that what the user asked for never waits for it. */
const MAX_INDEXING = 1
/** Reading all of an engine takes long: it begins when there is a place, one at a time, and then no other job waits for it. */
const MAX_INDEXING_ENGINES = 1
/** What a job gets to clean up after it was asked to stop. */
const GRACE = 2000

export interface EngineOptions {
  readonly host: ProcessHost
  readonly workspace: WorkspaceOptions
  /** Who signs in to registries, at the time a job starts. */
  readonly signIns?: () => readonly SignIn[]
  /** Where outcomes are remembered; nowhere unless said. */
  readonly historyFolder?: string
  /** Milliseconds between asking a job to stop and killing it. */
  readonly grace?: number
}

/** What an external piece of work (an upload) reports about itself. */
export interface ExternalJob {
  readonly id: string
  progress(done: number): void
  done(outcome: JobOutcome): void
  failed(error: unknown): void
}

interface Job {
  state: JobState
  run?: JobRun
  /** Settles when the job's process is gone and its end is noted. */
  settled?: Promise<void>
  /** Stops work that is not in a process of ours. */
  stop?: () => void
}

/** Runs jobs, each in a process of its own, a few at a time, and tells who watches. */
export class Engine implements AsyncDisposable {
  readonly #host: ProcessHost
  readonly #workspace: WorkspaceOptions
  readonly #signIns: () => readonly SignIn[]
  readonly #grace: number
  readonly #history: JobHistory | undefined
  readonly #feed = new JobFeed()
  readonly #jobs = new Map<string, Job>()
  readonly #closing = new AbortController()
  #isClosing = false
  #lastSubmission = 0

  constructor(options: EngineOptions) {
    this.#host = options.host
    this.#workspace = options.workspace
    this.#signIns = options.signIns ?? (() => [])
    this.#grace = options.grace ?? GRACE
    if (options.historyFolder === undefined) return
    this.#history = new JobHistory(options.historyFolder)
    for (const state of this.#history.load()) this.#jobs.set(state.id, { state })
  }

  /** Fails with 'usage' where the spec is not one. Reading the same image or engine twice at once is one job. */
  submit(spec: JobSpec): JobState {
    if (this.#isClosing) throw new ImageError('busy', 'Occystrap is closing.')
    const parsed = jobSpecSchema.safeParse(spec)
    if (!parsed.success)
      throw new ImageError('usage', 'This is not a job that Occystrap knows.', {
        detail: parsed.error.message,
      })
    const same = isReading(parsed.data) ? this.#openJobLike(parsed.data) : undefined
    if (same) return same.state
    const state = newState(parsed.data, jobTitle(parsed.data), this.#submissionTime())
    this.#jobs.set(state.id, { state })
    this.#note(state)
    this.#feed.changed(state)
    this.#startWaiting()
    return this.#jobOf(state.id).state
  }

  /** Work done elsewhere in the program, shown and cancelled like a job. */
  adopt(spec: Extract<JobState['spec'], { kind: 'upload' }>, title: string, stop: () => void): ExternalJob {
    const state: JobState = {
      ...newState(spec, title, this.#submissionTime()),
      phase: 'running',
      started: Date.now(),
      total: spec.size,
    }
    const job: Job = { state, stop }
    this.#jobs.set(state.id, job)
    this.#feed.changed(state)
    return {
      id: state.id,
      progress: (done) => this.#update(job, { done, steps: [{ name: spec.name, done, total: spec.size }] }),
      done: (outcome) => this.#finish(job, { phase: 'done', outcome }),
      failed: (error) => {
        const isStopped = job.state.phase === 'cancelling'
        this.#finish(job, isStopped ? { phase: 'cancelled' } : { phase: 'failed', error: reportOf(error) })
      },
    }
  }

  /** Ended jobs stay as they are. */
  cancel(id: string): void {
    const job = this.#jobOf(id)
    if (isEnded(job.state.phase)) return
    if (!job.run && !job.stop) {
      this.#finish(job, { phase: 'cancelled' })
      return
    }
    this.#update(job, { phase: 'cancelling' })
    job.run?.cancel()
    job.stop?.()
  }

  /** What is on its way is brought to its end; then the job rests, and others may run. Fails with 'unsupported' where it cannot. */
  pause(id: string): void {
    const job = this.#jobOf(id)
    const { spec, phase } = job.state
    if (!canPause(spec))
      throw new ImageError('unsupported', 'This job cannot be paused.', {
        remedy: 'Cancel it, and start it again later.',
      })
    if (phase !== 'running' && phase !== 'waiting') return
    this.#update(job, { phase: 'paused' })
    job.run?.pause()
    this.#startWaiting()
  }

  /** A paused job goes on when there is a place for it; any other stays as it is. */
  resume(id: string): void {
    const job = this.#jobOf(id)
    if (job.state.phase !== 'paused') return
    this.#update(job, { phase: 'waiting' })
    this.#startWaiting()
  }

  /** The same again, as a new job. */
  retry(id: string): JobState {
    const { spec } = this.#jobOf(id).state
    if (spec.kind === 'upload')
      throw new ImageError('unsupported', 'An upload cannot be repeated from here.', {
        remedy: 'Drop the file again.',
      })
    return this.submit(spec)
  }

  /** Forgets an ended job, or all of them. */
  clear(id?: string): void {
    const jobs = id === undefined ? [...this.#jobs.values()] : [this.#jobOf(id)]
    for (const { state } of jobs) {
      if (!isEnded(state.phase)) continue
      this.#jobs.delete(state.id)
      this.#history?.forget(state.id)
      this.#feed.gone(state.id)
    }
  }

  get states(): readonly JobState[] {
    return [...this.#jobs.values()].map((job) => job.state)
  }

  /** Jobs that have not ended, by which quitting would lose work. */
  get openJobs(): readonly JobState[] {
    return this.states.filter((state) => !isEnded(state.phase))
  }

  /** Everything once, then changes, until the signal aborts or the engine is disposed. */
  watch(signal?: AbortSignal): AsyncIterable<JobChanges> {
    const signals = signal ? [signal, this.#closing.signal] : [this.#closing.signal]
    return this.#feed.watch(this.states, AbortSignal.any(signals))
  }

  /** Cancels all and waits until their processes are gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true
    const jobs = [...this.#jobs.values()]
    for (const { id } of this.openJobs) this.cancel(id)
    await Promise.all(jobs.flatMap((job) => job.settled ?? []))
    this.#closing.abort()
  }

  /** Jobs are listed by it, so no two have the same, whatever the clock does. */
  #submissionTime(): number {
    this.#lastSubmission = Math.max(Date.now(), this.#lastSubmission + 1)
    return this.#lastSubmission
  }

  #jobOf(id: string): Job {
    const job = this.#jobs.get(id)
    if (!job) throw new ImageError('not-found', 'There is no such job any more.')
    return job
  }

  #openJobLike(spec: JobSpec): Job | undefined {
    const text = JSON.stringify(spec)
    return [...this.#jobs.values()].find(
      ({ state }) =>
        !isEnded(state.phase) && state.phase !== 'cancelling' && JSON.stringify(state.spec) === text,
    )
  }

  #startWaiting(): void {
    for (const job of this.#jobs.values()) {
      const { spec, phase } = job.state
      if (phase !== 'waiting' || spec.kind === 'upload' || !this.#hasPlace(spec.kind)) continue
      if (job.run) {
        this.#update(job, { phase: 'running' })
        job.run.resume()
      } else this.#start(job, spec)
    }
  }

  #hasPlace(kind: JobSpec['kind']): boolean {
    const running = [...this.#jobs.values()]
      .filter(({ run, state }) => run && isAtWork(state.phase))
      .map(({ state }) => state.spec.kind)
    const engines = running.filter((other) => other === 'index-engine').length
    if (kind === 'index-engine') return engines < MAX_INDEXING_ENGINES && running.length < MAX_RUNNING
    if (running.length - engines >= MAX_RUNNING) return false
    return kind !== 'index' || running.filter((other) => other === 'index').length < MAX_INDEXING
  }

  #start(job: Job, spec: JobSpec): void {
    this.#update(job, { phase: 'running', started: Date.now() })
    const run = this.#run(job, spec)
    if (!run) return
    job.run = run
    job.settled = run.ended.then(async (end) => {
      if (!run.isClean) await clearLeftoversOf(spec)
      this.#finish(job, end)
      this.#trim()
      this.#startWaiting()
    })
  }

  /** Undefined where the system gave no process; the job has failed then. */
  #run(job: Job, spec: JobSpec): JobRun | undefined {
    try {
      return new JobRun(
        this.#host,
        spec,
        { ...this.#workspace, signIns: [...this.#signIns()] },
        {
          grace: this.#grace,
          onProgress: ({ steps, done, total, warnings }) =>
            this.#update(job, { steps, done, total, ...(warnings ? { warnings } : {}) }),
        },
      )
    } catch (error) {
      this.#finish(job, { phase: 'failed', error: reportOf(error) })
      return undefined
    }
  }

  #update(job: Job, change: Partial<JobState>): void {
    if (isEnded(job.state.phase)) return
    job.state = { ...job.state, ...change }
    this.#feed.changed(job.state)
  }

  #finish(job: Job, end: JobEnd): void {
    if (isEnded(job.state.phase)) return
    const error: ErrorReport | null = end.phase === 'failed' ? end.error : null
    const outcome: JobOutcome | null = end.phase === 'done' ? end.outcome : null
    this.#update(job, { phase: end.phase, ended: Date.now(), error, outcome })
    this.#note(job.state)
  }

  /** A program that runs for weeks forgets its oldest outcomes. */
  #trim(): void {
    const ended = this.states.filter((state) => isEnded(state.phase))
    for (const { id } of ended.slice(0, -MAX_KEPT)) this.clear(id)
  }

  /** Reading in the background is no outcome to remember. */
  #note(state: JobState): void {
    if (isReading(state.spec) || state.spec.kind === 'upload') return
    try {
      this.#history?.save(state)
    } catch {
      // A full or read-only disk must not keep a job from running.
    }
  }
}

/** Reads in the background, and writes nothing but the layer index. */
function isReading({ kind }: JobState['spec']): boolean {
  return kind === 'index' || kind === 'index-engine'
}

/** Takes a place among the running; a paused job and one that waits to go on have a process that rests. */
function isAtWork(phase: JobPhase): boolean {
  return phase === 'running' || phase === 'cancelling'
}

function newState(spec: JobState['spec'], title: string, submitted: number): JobState {
  const steps: JobStep[] = []
  return {
    id: randomUUID(),
    spec,
    title,
    phase: 'waiting',
    submitted,
    started: null,
    ended: null,
    steps,
    done: 0,
    total: null,
    warnings: [],
    error: null,
    outcome: null,
  }
}

/** What a job that died could not remove itself. */
async function clearLeftoversOf(spec: JobSpec): Promise<void> {
  const destination = destinationOf(spec)
  if (destination === undefined) return
  const { clearLeftovers } = await import('../outputs/staging.ts')
  // Beside the destination, or in it where it is a folder of images.
  await clearLeftovers(dirname(destination))
  if (spec.kind === 'convert' && ['dir', 'mounts'].includes(spec.output.kind))
    await clearLeftovers(destination)
}
