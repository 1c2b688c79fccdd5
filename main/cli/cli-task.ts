import type { FoundName, Task } from '../image/element.ts'
import { ProgressReport } from '../engine/progress-report.ts'
import { visible } from '../../shared/path-bytes.ts'
import { ProgressBar } from './progress-bar.ts'

export interface CliTaskOptions {
  readonly signal: AbortSignal
  readonly isQuiet: boolean
  readonly isVerbose: boolean
}

/** The task of a command: progress as a bar where standard error is a terminal, warnings as lines there. */
export class CliTask implements Task, Disposable {
  readonly signal: AbortSignal
  /** Who hears what a filter finds. */
  onFound: ((match: FoundName) => void) | undefined
  readonly #report = new ProgressReport()
  readonly #bar: ProgressBar | undefined
  readonly #options: CliTaskOptions

  constructor(options: CliTaskOptions) {
    this.signal = options.signal
    this.#options = options
    this.#bar = process.stderr.isTTY && !options.isQuiet ? new ProgressBar(process.stderr) : undefined
  }

  progress(step: string, done: number, total?: number): void {
    this.#report.step(step, done, total)
    this.#bar?.update(this.#report.steps)
    if (this.#options.isVerbose && done > 0 && done === total) this.say(`${step}: ${done} bytes`)
  }

  warn(warning: { readonly code: string; readonly message: string; readonly detail?: string }): void {
    if (!this.#report.warn(warning) || this.#options.isQuiet) return
    this.say(`warning: ${warning.message}`)
    if (this.#options.isVerbose && warning.detail !== undefined) this.say(warning.detail)
  }

  found(match: FoundName): void {
    this.onFound?.(match)
  }

  /** A line on standard error, above the bar. */
  say(text: string): void {
    this.#bar?.clear()
    process.stderr.write(
      `occystrap: ${text
        .split('\n')
        .map((line) => visible(line))
        .join('\n  ')}\n`,
    )
  }

  /** Takes the bar away, so that results may be written. */
  clear(): void {
    this.#bar?.clear()
  }

  [Symbol.dispose](): void {
    this.clear()
  }
}
