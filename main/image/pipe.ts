import type { ImageInput, ImageOutput, Task } from './element.ts'

/** Moves an image from an input into an output and commits it. Whoever made the two disposes them. */
export async function pipe(input: ImageInput, output: ImageOutput, task: Task): Promise<void> {
  const fetchCallback = output.fetchCallback.bind(output)
  for await (const element of input.fetch(fetchCallback, task, { isAnyOrder: output.isAnyOrder ?? false })) {
    task.signal.throwIfAborted()
    await output.processImageElement(...element)
  }
  task.signal.throwIfAborted()
  await output.finalize()
}
