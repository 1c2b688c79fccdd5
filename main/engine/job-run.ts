import { ImageError, reportOf, type ErrorReport } from '../../shared/errors.ts'
import type { JobOutcome, JobSpec } from '../../shared/job.ts'
import { fromJobSchema, type FromJob, type ToJob, type WorkspaceOptions } from './job-protocol.ts'
import type { ChildHandle, ProcessExit, ProcessHost } from './process-host.ts'

export type JobProgress = Extract<FromJob, { type: 'progress' }>

export type JobEnd =
  | { readonly phase: 'done'; readonly outcome: JobOutcome }
  | { readonly phase: 'failed'; readonly error: ErrorReport }
  | { readonly phase: 'cancelled' }

/** One job in its process, from start to exit. */
export class JobRun {
  /** Settles when the process is gone: nothing of the job is left running. Never rejects. */
  readonly ended: Promise<JobEnd>
  /** Whether the job came to its own end; if not, it may have left a staging place behind. */
  isClean = false

  readonly #child: ChildHandle
  readonly #grace: number
  #lastMessage: JobEnd | undefined
  #isCancelled = false
  #killTimer: NodeJS.Timeout | undefined

  constructor(
    host: ProcessHost,
    spec: JobSpec,
    workspace: WorkspaceOptions,
    options: { readonly grace: number; readonly onProgress: (progress: JobProgress) => void },
  ) {
    this.#grace = options.grace
    this.#child = host.spawn('job-process')
    this.#child.onMessage((message) => this.#receive(message, options.onProgress))
    const { promise, resolve } = Promise.withResolvers<JobEnd>()
    this.ended = promise
    this.#child.onExit((exit) => {
      clearTimeout(this.#killTimer)
      resolve(this.#endOf(exit))
    })
    this.#send({ type: 'start', spec, workspace })
  }

  /** It stops at the next place that it has for that. */
  pause(): void {
    if (!this.#lastMessage && !this.#isCancelled) this.#send({ type: 'pause' })
  }

  resume(): void {
    if (!this.#lastMessage && !this.#isCancelled) this.#send({ type: 'resume' })
  }

  /** Asks first; a process that does not end within the grace is killed. */
  cancel(): void {
    if (this.#isCancelled || this.#lastMessage) return
    this.#isCancelled = true
    this.#send({ type: 'cancel' })
    this.#killTimer = setTimeout(() => this.#child.kill(), this.#grace)
  }

  #send(message: ToJob): void {
    this.#child.send(message)
  }

  #receive(message: unknown, onProgress: (progress: JobProgress) => void): void {
    // After the last word there is nothing to say.
    if (this.#lastMessage) return
    const parsed = fromJobSchema.safeParse(message)
    if (!parsed.success) {
      const error = new ImageError('internal', 'The job answered with something that is not a state.', {
        detail: parsed.error.message,
      })
      this.#lastMessage = { phase: 'failed', error: reportOf(error) }
      this.#child.kill()
    } else if (parsed.data.type === 'progress') onProgress(parsed.data)
    else if (parsed.data.type === 'done') this.#end({ phase: 'done', outcome: parsed.data.outcome })
    else if (parsed.data.error.code === 'cancelled') this.#end({ phase: 'cancelled' })
    else this.#end({ phase: 'failed', error: parsed.data.error })
  }

  /** With its last word a process has nothing open any more: it need not be waited for. */
  #end(end: JobEnd): void {
    this.#lastMessage = end
    this.isClean = true
    this.#child.kill()
  }

  #endOf(exit: ProcessExit): JobEnd {
    if (this.#lastMessage) return this.#lastMessage
    if (this.#isCancelled) return { phase: 'cancelled' }
    return { phase: 'failed', error: reportOf(errorOfExit(exit, 'job')) }
  }
}

/** Why a child is gone that should not be: out of memory and a system's kill are told apart from a fault. */
export function errorOfExit({ code, signal, lastWords }: ProcessExit, what: string): ImageError {
  const detail = `${signal ? `signal ${signal}` : `exit status ${code}`}\n${lastWords}`.trim()
  if (lastWords.includes('out of memory') || lastWords.includes('heap limit'))
    return new ImageError('limit', `The ${what}'s process ran out of memory.`, {
      remedy: 'Close other images or jobs and try again.',
      detail,
    })
  if (signal === 'SIGKILL')
    return new ImageError('internal', `The system ended the ${what}'s process, perhaps for lack of memory.`, {
      remedy: 'Close other programs and try again.',
      detail,
    })
  return new ImageError('internal', `The ${what}'s process ended unexpectedly.`, {
    remedy: 'Try again.',
    detail,
  })
}
