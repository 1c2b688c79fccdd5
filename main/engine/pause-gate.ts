/** Where a job waits while it is paused. */
export class PauseGate {
  readonly #signal: AbortSignal
  #closed: PromiseWithResolvers<void> | undefined

  /** The signal's abort opens it for good. */
  constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', () => this.open(), { once: true })
  }

  close(): void {
    if (!this.#signal.aborted) this.#closed ??= Promise.withResolvers<void>()
  }

  open(): void {
    this.#closed?.resolve()
    this.#closed = undefined
  }

  /** Settles when it is open; fails with the signal's reason where that was the abort's doing. */
  async pass(): Promise<void> {
    // It may have been closed again before this went on.
    while (this.#closed) await this.#closed.promise
    this.#signal.throwIfAborted()
  }
}
