import { errorOfReport, ImageError } from '../../shared/errors.ts'
import type { SignIn } from '../../shared/remote.ts'
import type { WorkspaceOptions } from './job-protocol.ts'
import { errorOfExit } from './job-run.ts'
import type { ChildHandle, ProcessHost } from './process-host.ts'
import { fromReaderSchema, type ReaderMethod, type ToReader } from './reader-protocol.ts'

/** A reader that does not answer a cancelled call for so long is stuck in one image and is replaced. */
const STUCK_AFTER = 10_000

/**
 * The main process's end of the reader process, which opens images and answers for their files. It is started with the first call and
 * again after a crash; a crash fails the calls it was working on and nothing else.
 */
export class ReaderClient implements AsyncDisposable {
  readonly #host: ProcessHost
  readonly #workspace: WorkspaceOptions
  readonly #stuckAfter: number
  readonly #ending = new Set<Promise<void>>()
  #reader: ReaderRun | undefined
  #signIns: readonly SignIn[] = []
  #isClosed = false

  constructor(
    host: ProcessHost,
    workspace: WorkspaceOptions,
    options: { readonly stuckAfter?: number } = {},
  ) {
    this.#host = host
    this.#workspace = workspace
    this.#stuckAfter = options.stuckAfter ?? STUCK_AFTER
  }

  /** Tells the reader who signs in to registries from now on. */
  setSignIns(signIns: readonly SignIn[]): void {
    this.#signIns = signIns
    this.#reader?.setSignIns(signIns)
  }

  /** Fails with the reader's own report; with 'cancelled' as soon as the signal aborts; with 'internal' or 'limit' when the reader died. */
  async call(method: ReaderMethod, input: unknown, signal?: AbortSignal): Promise<unknown> {
    if (this.#isClosed) throw new ImageError('busy', 'Occystrap is closing.')
    signal?.throwIfAborted()
    const reader = (this.#reader ??= this.#start())
    const { id, answer } = reader.call(method, input)
    if (!signal) return answer
    const { promise: cancelled, reject } = Promise.withResolvers<never>()
    const stop = (): void => {
      reader.cancel(id)
      const timer = setTimeout(() => this.#replace(reader), this.#stuckAfter)
      // Any answer, also 'cancelled', shows that it is alive.
      void answer.catch(() => {}).finally(() => clearTimeout(timer))
      reject(new ImageError('cancelled', 'Cancelled.'))
    }
    signal.addEventListener('abort', stop, { once: true })
    try {
      return await Promise.race([answer, cancelled])
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    if (this.#reader) this.#replace(this.#reader)
    await Promise.all(this.#ending)
  }

  #start(): ReaderRun {
    const reader = new ReaderRun(this.#host, { ...this.#workspace, signIns: [...this.#signIns] })
    const ended = reader.ended.finally(() => {
      this.#ending.delete(ended)
      if (this.#reader === reader) this.#reader = undefined
    })
    this.#ending.add(ended)
    return reader
  }

  #replace(reader: ReaderRun): void {
    if (this.#reader === reader) this.#reader = undefined
    reader.kill()
  }
}

interface Call {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/** One life of the reader process and the calls it owes answers to. */
class ReaderRun {
  readonly ended: Promise<void>
  readonly #child: ChildHandle
  readonly #calls = new Map<number, Call>()
  #lastId = 0

  constructor(host: ProcessHost, workspace: WorkspaceOptions) {
    this.#child = host.spawn('reader-process')
    this.#child.onMessage((message) => this.#receive(message))
    const { promise, resolve } = Promise.withResolvers<void>()
    this.ended = promise
    this.#child.onExit((exit) => {
      for (const call of this.#calls.values()) call.reject(errorOfExit(exit, 'reader'))
      this.#calls.clear()
      resolve()
    })
    this.#send({ type: 'open', workspace })
  }

  call(method: ReaderMethod, input: unknown): { id: number; answer: Promise<unknown> } {
    const id = ++this.#lastId
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    this.#calls.set(id, { resolve, reject })
    this.#send({ type: 'call', id, method, input })
    return { id, answer: promise }
  }

  setSignIns(signIns: readonly SignIn[]): void {
    this.#send({ type: 'sign-ins', signIns: [...signIns] })
  }

  cancel(id: number): void {
    this.#send({ type: 'cancel', id })
  }

  kill(): void {
    this.#child.kill()
  }

  #send(message: ToReader): void {
    this.#child.send(message)
  }

  #receive(message: unknown): void {
    const parsed = fromReaderSchema.safeParse(message)
    if (!parsed.success) {
      this.#child.kill()
      return
    }
    const call = this.#calls.get(parsed.data.id)
    this.#calls.delete(parsed.data.id)
    if (parsed.data.type === 'answer') call?.resolve(parsed.data.value)
    else call?.reject(errorOfReport(parsed.data.error))
  }
}
