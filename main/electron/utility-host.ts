import { utilityProcess } from 'electron'
import {
  entryPath,
  LastWords,
  NODE_ARGUMENTS,
  type ChildHandle,
  type ProcessEntry,
  type ProcessHost,
} from '../engine/process-host.ts'

const SERVICE_NAMES: Readonly<Record<ProcessEntry, string>> = {
  'job-process': 'Occystrap job',
  'reader-process': 'Occystrap reader',
}
const TERM_GRACE = 500

/** Children in Electron: node without a browser. (`child_process.fork` is not there: the RunAsNode fuse is off.) */
export class UtilityHost implements ProcessHost {
  spawn(entry: ProcessEntry): ChildHandle {
    const child = utilityProcess.fork(entryPath(entry), [], {
      serviceName: SERVICE_NAMES[entry],
      stdio: ['ignore', 'ignore', 'pipe'],
      execArgv: [...NODE_ARGUMENTS[entry]],
    })
    const lastWords = new LastWords()
    let isOver = false
    child.stderr?.on('data', (chunk: Buffer) => lastWords.add(chunk.toString()))
    // A fault in V8 says why; the exit follows.
    child.on('error', (type, location) => lastWords.add(`${type} at ${location}\n`))
    return {
      send: (message) => {
        if (!isOver) child.postMessage(message)
      },
      onMessage: (listener) => void child.on('message', listener),
      onExit: (listener) =>
        void child.once('exit', (code) => {
          isOver = true
          listener({ code, signal: null, lastWords: lastWords.toString() })
        }),
      kill: () => {
        const { pid } = child
        child.kill()
        setTimeout(() => killForGood(isOver ? undefined : pid), TERM_GRACE).unref()
      },
    }
  }
}

/** `kill` of a utility process asks; one that is stuck in native code does not listen. */
function killForGood(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended in between.
  }
}
