import { setTimeout as sleep } from 'node:timers/promises'
import type { JobState } from '../../shared/job.ts'

export interface JobChanges {
  readonly states: JobState[]
  /** Ids of jobs that were cleared. */
  readonly gone: string[]
}

/** At most twenty pushes a second to each watcher. */
const INTERVAL = 50

/** Tells watchers which jobs changed: whole states, coalesced, never a queue that grows. */
export class JobFeed {
  readonly #watchers = new Set<Watcher>()

  changed(state: JobState): void {
    for (const watcher of this.#watchers) watcher.put(state)
  }

  gone(id: string): void {
    for (const watcher of this.#watchers) watcher.remove(id)
  }

  /** All of `states` first, then what changes, until the signal aborts (which ends it without an error). */
  async *watch(states: readonly JobState[], signal: AbortSignal): AsyncGenerator<JobChanges> {
    const watcher = new Watcher()
    this.#watchers.add(watcher)
    const wake = (): void => watcher.wake()
    signal.addEventListener('abort', wake)
    try {
      yield { states: [...states], gone: [] }
      while (!signal.aborted) {
        if (watcher.isEmpty) await watcher.change()
        else {
          yield watcher.take()
          await sleep(INTERVAL, undefined, { signal }).catch(() => {})
        }
      }
    } finally {
      signal.removeEventListener('abort', wake)
      this.#watchers.delete(watcher)
    }
  }
}

/** What one watcher has not been told yet. */
class Watcher {
  readonly #states = new Map<string, JobState>()
  readonly #gone = new Set<string>()
  wake: () => void = () => {}

  get isEmpty(): boolean {
    return this.#states.size === 0 && this.#gone.size === 0
  }

  put(state: JobState): void {
    this.#states.set(state.id, state)
    this.wake()
  }

  remove(id: string): void {
    this.#states.delete(id)
    this.#gone.add(id)
    this.wake()
  }

  change(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve
    })
  }

  take(): JobChanges {
    const changes = { states: [...this.#states.values()], gone: [...this.#gone] }
    this.#states.clear()
    this.#gone.clear()
    return changes
  }
}
