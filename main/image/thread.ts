import { parentPort } from 'node:worker_threads'
import { reportOf, type ErrorReport } from '../../shared/errors.ts'

/** A piece of work: the file of a module, and what its `perform` is given. */
export interface ThreadOrder {
  readonly module: string
  readonly input: unknown
}

/** What a thread answers, once for each piece of work. */
export type ThreadAnswer = { readonly result: unknown } | { readonly error: ErrorReport }

/** What a module exports whose work is done on threads. */
interface WorkModule {
  readonly perform: (input: unknown) => Promise<object>
}

/** A thread: does each piece of work that it is given, one after the other, and loads what for when it is first asked. */
parentPort?.on('message', (order: ThreadOrder) => {
  void perform(order).then(
    (result) => parentPort?.postMessage({ result } satisfies ThreadAnswer, buffersIn(result)),
    (error: unknown) => parentPort?.postMessage({ error: reportOf(error) } satisfies ThreadAnswer),
  )
})

async function perform({ module, input }: ThreadOrder): Promise<object> {
  const { perform } = (await import(/* @vite-ignore */ module)) as WorkModule
  return perform(input)
}

/** The memory of the typed arrays that stand in an object, or in an object in it: columns of a table, not what its rows have besides. */
function buffersIn(value: unknown, depth = 2): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) return value.buffer instanceof ArrayBuffer ? [value.buffer] : []
  if (typeof value !== 'object' || value === null || value instanceof Map || depth === 0) return []
  return [...new Set(Object.values(value).flatMap((part) => buffersIn(part, depth - 1)))]
}
