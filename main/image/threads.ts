import { availableParallelism } from 'node:os'
import { Worker, type MessagePort } from 'node:worker_threads'
import { errorOfReport, ImageError } from '../../shared/errors.ts'
import type { SharedProgress } from './shared-progress.ts'
import type { ThreadAnswer } from './thread-port.ts'

/** More of them wait for the disk, and each holds some megabytes. */
const MOST = 4

/** How many layers it pays to work on at once. */
export const THREADS = Math.min(Math.max(availableParallelism(), 2), MOST)

interface Work {
  readonly input: unknown
  readonly ports: readonly MessagePort[]
  readonly settle: PromiseWithResolvers<unknown>
}

/** One thread and what it is doing. */
interface Thread {
  readonly worker: Worker
  work: Work | undefined
}

export interface ThreadOptions {
  readonly signal: AbortSignal | undefined
  readonly onProgress?: (done: number) => void
  /** Those that stand in the input: they go over to the thread. */
  readonly ports?: readonly MessagePort[]
}

/**
 * Threads of this process that do one kind of work, each piece without pause: what is inflated, hashed and written piece by piece on one
 * thread keeps the event loop of another out of it. They are started when first needed and do not keep the process alive.
 */
export class Threads<In, Out> implements Disposable {
  readonly #file: string
  readonly #most: number
  readonly #threads = new Set<Thread>()
  readonly #waiting: Work[] = []

  /** `file`: the module that serves the work; `most`: as many at once. */
  constructor(file: string, most = THREADS) {
    this.#file = file
    this.#most = most
  }

  /** Ends them; nothing may be at work. */
  [Symbol.dispose](): void {
    for (const thread of this.#threads) void thread.worker.terminate()
    this.#threads.clear()
  }

  /** Fails with the thread's failure, or with the signal's reason. `onProgress` hears what the thread has done, a few times a second. */
  async run(input: In, progress: SharedProgress, options: ThreadOptions): Promise<Out> {
    const { signal, onProgress, ports = [] } = options
    signal?.throwIfAborted()
    const work: Work = { input, ports, settle: Promise.withResolvers() }
    const stop = (): void => progress.stop()
    signal?.addEventListener('abort', stop)
    const timer = onProgress && setInterval(() => onProgress(progress.done), PROGRESS_INTERVAL)
    this.#waiting.push(work)
    this.#next()
    try {
      return (await work.settle.promise) as Out
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    } finally {
      clearInterval(timer)
      signal?.removeEventListener('abort', stop)
    }
  }

  #next(): void {
    const [work] = this.#waiting
    if (!work) return
    // All at once: where one is needed the others are soon, and starting takes longer while others work.
    while (this.#threads.size < this.#most) this.#start()
    const thread = this.#threads.values().find((one) => !one.work)
    if (!thread) return
    this.#waiting.shift()
    thread.work = work
    thread.worker.ref()
    thread.worker.postMessage(work.input, work.ports)
  }

  #start(): void {
    const worker = new Worker(this.#file, { resourceLimits: { maxYoungGenerationSizeMb: 4 } })
    const thread: Thread = { worker, work: undefined }
    this.#threads.add(thread)
    const end = (settle: (work: Work) => void): void => {
      const { work } = thread
      thread.work = undefined
      worker.unref()
      if (work) settle(work)
      this.#next()
    }
    const lose = (error: unknown): void => {
      this.#threads.delete(thread)
      end(({ settle }) => settle.reject(error))
    }
    worker.on('message', (answer: ThreadAnswer) =>
      end(({ settle }) => {
        if ('error' in answer) settle.reject(errorOfReport(answer.error))
        else settle.resolve(answer.result)
      }),
    )
    worker.on('error', lose)
    worker.on('exit', (code) =>
      lose(new ImageError('internal', 'A thread ended unexpectedly.', { detail: `exit status ${code}` })),
    )
    // After the listeners: one for messages holds the process as long as the worker lives.
    worker.unref()
  }
}

/** Milliseconds: as often as states are pushed. */
const PROGRESS_INTERVAL = 50
