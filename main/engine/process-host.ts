import { fork } from 'node:child_process'
import { entryFile } from '../image/entry-file.ts'

/** The programs that run beside the main process; each is an entry of the build of its own. */
export type ProcessEntry = 'job-process' | 'reader-process'

/** How a child ended; `lastWords` is the tail of what it wrote on standard error. */
export interface ProcessExit {
  readonly code: number | null
  readonly signal: string | null
  readonly lastWords: string
}

/** A running child. Messages are structured clones; `onExit` is called once, after the last message. */
export interface ChildHandle {
  send(message: unknown): void
  onMessage(listener: (message: unknown) => void): void
  onExit(listener: (exit: ProcessExit) => void): void
  /** At once, without asking. */
  kill(): void
}

/** What starts children: `child_process` here, `utilityProcess` in Electron. */
export interface ProcessHost {
  spawn(entry: ProcessEntry): ChildHandle
}

export function entryPath(entry: ProcessEntry): string {
  return entryFile(entry, import.meta.url)
}

/**
 * Options of node for each. The reader lives long and holds names of millions of files: what V8 sets aside for young objects, and fills
 * before it looks for garbage, would be a third of its memory.
 */
export const NODE_ARGUMENTS: Readonly<Record<ProcessEntry, readonly string[]>> = {
  'job-process': [],
  'reader-process': ['--max-semi-space-size=4'],
}

const LAST_WORDS = 8 * 1024

/** Keeps the end of what is written to it. */
export class LastWords {
  #text = ''

  add(chunk: string): void {
    this.#text = (this.#text + chunk).slice(-LAST_WORDS)
  }

  toString(): string {
    return this.#text
  }
}

/** Children of a plain node: the browser host's and the tests'. */
export class ForkHost implements ProcessHost {
  readonly #execArgv: readonly string[]

  /** `execArgv`: options of node itself. */
  constructor(execArgv: readonly string[] = []) {
    this.#execArgv = execArgv
  }

  spawn(entry: ProcessEntry): ChildHandle {
    const { NODE_OPTIONS: _, ...env } = process.env
    const child = fork(entryPath(entry), {
      env,
      execArgv: [...NODE_ARGUMENTS[entry], ...this.#execArgv],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      // A group of its own, so that Ctrl-C reaches only us and we can end it in order. (On Windows it would open a console.)
      detached: process.platform !== 'win32',
    })
    const lastWords = new LastWords()
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => lastWords.add(chunk))
    return {
      send: (message) => {
        // A child that is gone is heard of through onExit.
        if (child.connected) child.send(message as object, () => {})
      },
      onMessage: (listener) => void child.on('message', listener),
      onExit: (listener) => {
        let isOver = false
        const end = (code: number | null, signal: string | null): void => {
          if (isOver) return
          isOver = true
          listener({ code, signal, lastWords: lastWords.toString() })
        }
        // 'close' comes when its pipes are read to their end; 'error' when it could not be started at all.
        child.on('close', end)
        child.on('error', (error) => {
          lastWords.add(error.message)
          if (child.pid === undefined) end(null, null)
        })
      },
      kill: () => void child.kill('SIGKILL'),
    }
  }
}
