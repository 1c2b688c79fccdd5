import type { Task } from '../image/element.ts'

/** Passes bytes on and reports them as one step of the task; `onBytes` hears the same. */
export async function* reported(
  source: AsyncIterable<Uint8Array>,
  options: {
    readonly step: string
    readonly total: number | undefined
    readonly onBytes?: (done: number) => void
  },
  task: Task,
): AsyncGenerator<Uint8Array, void, undefined> {
  let done = 0
  for await (const chunk of source) {
    done += chunk.length
    options.onBytes?.(done)
    task.progress(options.step, done, options.total)
    yield chunk
  }
  task.progress(options.step, done, done)
}
