import type { ChildHandle, ProcessEntry, ProcessExit, ProcessHost } from '../../main/engine/process-host.ts'

/** A child process played by the test. */
export class FakeChild implements ChildHandle {
  readonly entry: ProcessEntry
  /** What it was sent, in order. */
  readonly received: unknown[] = []
  isKilled = false
  #onMessage: (message: unknown) => void = () => {}
  #onExit: (exit: ProcessExit) => void = () => {}

  constructor(entry: ProcessEntry) {
    this.entry = entry
  }

  send(message: unknown): void {
    this.received.push(structuredClone(message))
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#onMessage = listener
  }

  onExit(listener: (exit: ProcessExit) => void): void {
    this.#onExit = listener
  }

  kill(): void {
    this.isKilled = true
    this.exit({ signal: 'SIGKILL' })
  }

  /** What it says to its parent. */
  say(message: unknown): void {
    this.#onMessage(structuredClone(message))
  }

  /** As with real ones, only the first exit counts. */
  exit(exit: Partial<ProcessExit> = {}): void {
    const onExit = this.#onExit
    this.#onExit = () => {}
    onExit({ code: exit.signal ? null : 0, signal: null, lastWords: '', ...exit })
  }
}

export class FakeProcesses implements ProcessHost {
  readonly children: FakeChild[] = []

  spawn(entry: ProcessEntry): ChildHandle {
    const child = new FakeChild(entry)
    this.children.push(child)
    return child
  }

  child(index: number): FakeChild {
    const child = this.children[index]
    if (!child) throw new Error(`no child ${index} was started`)
    return child
  }
}
