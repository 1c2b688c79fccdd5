import type { ImageInput, ImageOutput, Task } from './element.ts'

/** Moves an image from an input into an output and commits it. Whoever made the two disposes them. */
export async function pipe(input: ImageInput, output: ImageOutput, task: Task): Promise<void> {
  const fetchCallback = output.fetchCallback.bind(output)
  const atOnce = input.keepsLayers ? (output.layersAtOnce ?? 1) : 1
  const running = new Set<Promise<void>>()
  try {
    for await (const element of input.fetch(fetchCallback, task, {
      isAnyOrder: output.isAnyOrder ?? false,
    })) {
      task.signal.throwIfAborted()
      const work = output.processImageElement(...element)
      running.add(work)
      work.then(
        () => running.delete(work),
        () => {},
      )
      if (running.size >= atOnce) await Promise.race(running)
    }
    await Promise.all(running)
  } finally {
    // Nothing may be at work in an output that is disposed.
    await Promise.allSettled(running)
  }
  task.signal.throwIfAborted()
  await output.finalize()
}
