import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cli, startCli } from '../support/cli.ts'
import { testContext, type TestContext } from '../support/context.ts'

let context: TestContext

beforeAll(async () => {
  context = await testContext()
})
afterAll(async () => {
  await context[Symbol.asyncDispose]()
})

describe('what Node compiled of the program', () => {
  it("is kept in the user's cache folder, for the user alone", async () => {
    await cli(context, '--version')
    expect(readdirSync(context.path('.cache/occystrap/code'))).not.toEqual([])
    if (process.platform !== 'win32')
      expect(statSync(context.path('.cache/occystrap/code')).mode & 0o777).toBe(0o700)
  })

  it('is kept where the option or its variable says', async () => {
    await cli(context, 'info', 'no-such-file', '--cache-dir', 'by-option')
    await cli(context, 'info', 'no-such-file', '--cache-dir=by-joined-option')
    await startCli(context, ['--version'], { OCCYSTRAP_CACHE_DIR: context.path('by-variable') }).ended
    for (const folder of ['by-option', 'by-joined-option', 'by-variable'])
      expect(existsSync(context.path(`${folder}/code`))).toBe(true)
  })

  it('is done without where nothing can be kept', async () => {
    writeFileSync(context.path('a-file'), '')
    const run = await cli(context, 'info', 'no-such-file', '--cache-dir', 'a-file')
    expect(run.status).toBe(1)
    expect(run.stderr).toMatch(/^occystrap: [^\n]*no-such-file[^\n]*\n/)
    expect(run.stderr).not.toMatch(/a-file/)
  })
})
