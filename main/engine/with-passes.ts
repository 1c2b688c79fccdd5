import { isDigest, shortDigest, type Digest } from '../../shared/digest.ts'
import type { Task } from '../image/element.ts'

/**
 * A task for work that may read a layer more than once (a rewriting filter does): a step that starts over is a step of its own, so that
 * what is done never becomes less. Passes that are expected are announced with the first, so that the whole is known from the start.
 */
export function withPasses(task: Task, expected: number): Task {
  const steps = new Map<string, { pass: number; done: number }>()
  return {
    signal: task.signal,
    warn: (warning) => task.warn(warning),
    found: (match) => task.found?.(match),
    ...(task.pauseHere ? { pauseHere: () => task.pauseHere?.() ?? Promise.resolve() } : {}),
    progress(step, done, total) {
      // Only layers are read again: what is fetched or unpacked once has no second pass to wait for.
      if (!isDigest(step)) {
        task.progress(step, done, total)
        return
      }
      const known = steps.get(step)
      const pass = known === undefined ? 1 : done < known.done ? known.pass + 1 : known.pass
      steps.set(step, { pass, done })
      task.progress(nameOf(step, pass), done, total)
      if (known === undefined)
        for (let later = 2; later <= expected; later++) task.progress(nameOf(step, later), 0, total)
    },
  }
}

function nameOf(step: Digest, pass: number): string {
  return pass === 1 ? step : `${shortDigest(step)}, pass ${pass}`
}
