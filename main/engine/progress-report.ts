import type { Warning } from '../../shared/image.ts'
import type { JobStep } from '../../shared/job.ts'

/** Enough for any image an engine accepts (moby stops at 128 layers); beyond it the oldest steps are shown as one. */
const MAX_STEPS = 256
const MAX_WARNINGS = 200

/** The steps and warnings of one job, bounded whatever the image holds. */
export class ProgressReport {
  readonly #steps = new Map<string, JobStep>()
  readonly #earlier = { count: 0, done: 0 }
  readonly #warnings: Warning[] = []
  readonly #seen = new Set<string>()
  #omittedWarnings = 0

  step(name: string, done: number, total: number | undefined): void {
    if (!this.#steps.has(name) && this.#steps.size === MAX_STEPS) this.#foldOldest()
    this.#steps.set(name, { name, done, total: total ?? null })
  }

  /** False where an equal one has been there. */
  warn(warning: Warning): boolean {
    const key = `${warning.code}\n${warning.message}`
    if (this.#seen.has(key)) return false
    if (this.#warnings.length === MAX_WARNINGS) this.#omittedWarnings++
    else {
      this.#seen.add(key)
      this.#warnings.push(warning)
    }
    return true
  }

  get steps(): readonly JobStep[] {
    const steps = [...this.#steps.values()]
    if (this.#earlier.count === 0) return steps
    const { count, done } = this.#earlier
    return [{ name: `${count} earlier steps`, done, total: done }, ...steps]
  }

  get warnings(): readonly Warning[] {
    if (this.#omittedWarnings === 0) return this.#warnings
    const message = `${this.#omittedWarnings} more warnings were left out.`
    return [...this.#warnings, { code: 'more-warnings', message }]
  }

  #foldOldest(): void {
    for (const [name, step] of this.#steps) {
      this.#steps.delete(name)
      this.#earlier.count++
      this.#earlier.done += step.done
      return
    }
  }
}

/** Bytes over all steps; the total is null until every step knows its own. */
export function sumOf(steps: readonly JobStep[]): { done: number; total: number | null } {
  let done = 0
  let total: number | null = steps.length === 0 ? null : 0
  for (const step of steps) {
    done += step.done
    total = total === null || step.total === null ? null : total + step.total
  }
  return { done, total }
}
