import { reportOf, type ErrorReport } from '../../shared/errors.ts'

/** What a pre-flight has found so far. */
export class PreflightReport {
  bytes: number | null = null
  /** Without these it cannot be; all of `bytes` unless said. */
  bytesNeeded: number | undefined
  exists = false
  readonly problems: ErrorReport[] = []
  readonly notes: string[] = []

  /** What fails is a problem to show. */
  async attempt<T>(work: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      this.problems.push(reportOf(error))
      return undefined
    }
  }
}
