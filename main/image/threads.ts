import { availableParallelism } from 'node:os'
import { Worker, type MessagePort } from 'node:worker_threads'
import { errorOfReport, ImageError } from '../../shared/errors.ts'
import type { SharedProgress } from './shared-progress.ts'
import { entryFile } from './entry-file.ts'
import type { ThreadAnswer, ThreadOrder } from './thread.ts'

/** More of them wait for the disk, and each holds some megabytes. */
const MOST = 4

/** How many layers it pays to work on at once. */
export const THREADS = Math.min(Math.max(availableParallelism(), 2), MOST)

interface Work {
  readonly order: ThreadOrder
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
  /** Asked a few times a second: answers why the thread, which cannot be told to stop any more, is to be ended. The work fails with that. */
  readonly stuck?: () => Error | undefined
}

/**
 * Threads of this process, which do one piece of work each without pause: what is inflated, hashed and written piece by piece on one
 * thread keeps the event loop of another out of it. They are started when first needed and do not keep the process alive.
 */
class Threads {
  readonly #threads = new Set<Thread>()
  readonly #waiting: Work[] = []

  async run(
    order: ThreadOrder,
    progress: SharedProgress,
    { signal, onProgress, ports = [], stuck }: ThreadOptions,
  ): Promise<unknown> {
    signal?.throwIfAborted()
    const work: Work = { order, ports, settle: Promise.withResolvers() }
    const stop = (): void => progress.stop()
    signal?.addEventListener('abort', stop)
    const timer = onProgress && setInterval(() => onProgress(progress.done), PROGRESS_INTERVAL)
    const watch = stuck && setInterval(() => this.#endIfStuck(work, stuck), WATCH_INTERVAL)
    this.#waiting.push(work)
    this.#next()
    try {
      const result = await work.settle.promise
      // Between two looks much may have been done, and all of a small piece.
      onProgress?.(progress.done)
      return result
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    } finally {
      clearInterval(timer)
      clearInterval(watch)
      signal?.removeEventListener('abort', stop)
    }
  }

  /** Another thread is started in its place when it is needed. */
  #endIfStuck(work: Work, stuck: () => Error | undefined): void {
    const thread = this.#threads.values().find((one) => one.work === work)
    const reason = thread && stuck()
    if (!reason) return
    work.settle.reject(reason)
    void thread.worker.terminate()
  }

  #next(): void {
    const [work] = this.#waiting
    if (!work) return
    // All at once: where one is needed the others are soon, and starting takes longer while others work.
    while (this.#threads.size < THREADS) this.#start()
    const thread = this.#threads.values().find((one) => !one.work)
    if (!thread) return
    this.#waiting.shift()
    thread.work = work
    thread.worker.ref()
    thread.worker.postMessage(work.order, work.ports)
  }

  #start(): void {
    const worker = new Worker(entryFile('thread', import.meta.url), {
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    })
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
const WATCH_INTERVAL = 100

const threads = new Threads()

export type OnThread<In, Out> = (input: In, progress: SharedProgress, options: ThreadOptions) => Promise<Out>

/**
 * A way to have the work of a module done on a thread: the module's file (`entryFile`) exports it as `perform`. The way fails with the
 * thread's failure, or with the signal's reason; `onProgress` hears what the thread has done, a few times a second.
 */
export function onThread<In, Out>(module: string): OnThread<In, Out> {
  return async (input, progress, options) => (await threads.run({ module, input }, progress, options)) as Out
}
