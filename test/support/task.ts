import type { Warning } from '../../shared/image.ts'
import type { Task } from '../../main/image/element.ts'

export interface TestTask extends Task {
  readonly warnings: readonly Warning[]
  /** Every progress call, in order. */
  readonly steps: readonly { readonly step: string; readonly done: number; readonly total?: number }[]
  /** Aborts the signal. */
  cancel(): void
}

/** A task that remembers what it was told. */
export function testTask(): TestTask {
  const controller = new AbortController()
  const warnings: Warning[] = []
  const steps: { step: string; done: number; total?: number }[] = []
  return {
    signal: controller.signal,
    warnings,
    steps,
    progress(step, done, total) {
      steps.push({ step, done, ...(total === undefined ? {} : { total }) })
    },
    warn(warning) {
      warnings.push(warning)
    },
    cancel: () => controller.abort(),
  }
}
