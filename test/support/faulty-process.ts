import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { basename } from 'node:path'

/**
 * Loaded into a job's process before its own code: a fault of the kind that the destination is named after, in the middle of the job,
 * right when it has made its staging folder.
 */
const faults: Readonly<Record<string, () => unknown>> = {
  throw: () =>
    void setImmediate(() => {
      throw new Error('a fault nobody expected')
    }),
  reject: () => void Promise.reject(new Error('a promise nobody awaits')),
  exit: () => process.exit(7),
  abort: () => process.abort(),
  native: () => void process.kill(process.pid, 'SIGSEGV'),
  heap: () => {
    const kept: number[][] = []
    for (;;) kept.push(Array.from({ length: 100_000 }, (_, i) => i + kept.length))
  },
  /** And then nothing more: it would be done before it is ended for what it said. */
  garbage: () => {
    process.send?.({ type: 'progress', steps: 'none' })
    return Promise.withResolvers().promise
  },
  hang: () => {
    for (;;);
  },
}

let fault: (() => unknown) | undefined

process.on('message', (message: { type?: string; spec?: { output?: { path: string } } }) => {
  if (message.type === 'start') fault = faults[basename(message.spec?.output?.path ?? '')]
})

const { mkdir } = fs
fs.mkdir = async function (...args: Parameters<typeof mkdir>) {
  const made = await mkdir(...args)
  if (String(args[0]).includes('.occystrap-')) await fault?.()
  return made
} as typeof mkdir
syncBuiltinESMExports()
