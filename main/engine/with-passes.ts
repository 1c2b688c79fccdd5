import { isDigest, shortDigest } from '../../shared/digest.ts'
import type { Task } from '../image/element.ts'

/**
 * A task for work that may read a layer more than once (a rewriting filter does): a step that starts over is a step of its own, so that
 * what is done never becomes less.
 */
export function withPasses(task: Task): Task {
  const steps = new Map<string, { pass: number; done: number }>()
  return {
    signal: task.signal,
    warn: (warning) => task.warn(warning),
    progress(step, done, total) {
      const known = steps.get(step)
      const pass = known === undefined ? 1 : done < known.done ? known.pass + 1 : known.pass
      steps.set(step, { pass, done })
      task.progress(pass === 1 ? step : nameOf(step, pass), done, total)
    },
  }
}

function nameOf(step: string, pass: number): string {
  return `${isDigest(step) ? shortDigest(step) : step}, pass ${pass}`
}
