import { parentPort } from 'node:worker_threads'
import { reportOf, type ErrorReport } from '../../shared/errors.ts'

/** What a thread answers, once for each piece of work. */
export type ThreadAnswer = { readonly result: unknown } | { readonly error: ErrorReport }

/** Does each piece of work that this thread is given, one after the other. Memory of typed arrays in a result goes over without a copy. */
// eslint-disable-next-line typescript/no-unnecessary-type-parameters -- what arrives is what `Threads` of the same type sends
export function serveThread<In>(work: (input: In) => Promise<object>): void {
  const port = parentPort
  if (!port) throw new Error('not a thread')
  port.on('message', (input: In) => {
    void work(input).then(
      (result) => port.postMessage({ result } satisfies ThreadAnswer, buffersIn(result)),
      (error: unknown) => port.postMessage({ error: reportOf(error) } satisfies ThreadAnswer),
    )
  })
}

/** The memory of the typed arrays that stand in an object, or in an object in it: columns of a table, not what its rows have besides. */
function buffersIn(value: unknown, depth = 2): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) return value.buffer instanceof ArrayBuffer ? [value.buffer] : []
  if (typeof value !== 'object' || value === null || value instanceof Map || depth === 0) return []
  return [...new Set(Object.values(value).flatMap((part) => buffersIn(part, depth - 1)))]
}
