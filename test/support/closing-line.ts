import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SerializedError } from 'vitest'
import type { Reporter, TestModule } from 'vitest/node'

/** Where the closing line is kept for whoever runs something after the tests and wants it to stand last. */
const FILE = join(import.meta.dirname, '../../out/closing-line.txt')

/**
 * Ends a run with one line, `N passed, N failed, N skipped`. What failed outside a test counts as a failure, too: a file that did not
 * load, a hook that threw (its tests count as skipped), an error nobody caught.
 */
class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 }
    for (const module of modules) {
      if (module.errors().length > 0) counts.failed++
      for (const suite of module.children.allSuites()) if (suite.errors().length > 0) counts.failed++
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        // A test that is still pending was cut off by the end of the run: it did not pass.
        counts[state === 'pending' ? 'failed' : state]++
      }
    }
    const line = `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`
    mkdirSync(join(FILE, '..'), { recursive: true })
    writeFileSync(FILE, `${line}\n`)
    process.stdout.write(`${line}\n`)
  }
}

// oxlint-disable-next-line import/no-default-export -- a reporter named in the configuration by its path is its module's default export
export default ClosingLine
