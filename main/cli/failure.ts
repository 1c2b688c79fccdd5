import { isCancelled, reportOf, type ErrorReport } from '../../shared/errors.ts'
import { visible } from '../../shared/path-bytes.ts'
import { ClosedPipe } from './standard-output.ts'

export const DONE = 0
/** Of a search. */
export const NOTHING_FOUND = 1
export const FAILED = 1
export const WRONG_USAGE = 2

/** The status a shell expects of a program that a signal ended: 128 and the signal's number. */
const SIGNAL_STATUS: Readonly<Record<string, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }

/** Says on standard error why a command failed, in a sentence and what to try; answers the exit status. */
export function explain(
  error: unknown,
  options: {
    readonly isVerbose: boolean
    /** What a failure is for this command. */
    readonly failed: number
    readonly signalName: string | undefined
  },
): number {
  if (error instanceof ClosedPipe) return DONE
  if (isCancelled(error)) {
    process.stderr.write('occystrap: Cancelled; nothing was left behind.\n')
    return SIGNAL_STATUS[options.signalName ?? ''] ?? options.failed
  }
  const report = reportOf(error)
  process.stderr.write(`${failureText(report, options.isVerbose)}\n`)
  return report.code === 'usage' ? WRONG_USAGE : options.failed
}

/** Detail only when asked for, and never a stack. */
export function failureText(report: ErrorReport, isVerbose: boolean): string {
  const sentence = [report.message, report.remedy].filter(Boolean).join(' ')
  const detail = isVerbose && report.detail !== undefined ? report.detail.split('\n') : []
  const lines = detail.filter((line) => !/^\s*at /.test(line)).map((line) => `  ${visible(line)}`)
  return [`occystrap: ${visible(sentence)}`, ...lines].join('\n')
}
