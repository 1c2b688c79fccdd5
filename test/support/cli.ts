import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import type { TestContext } from './context.ts'

const ENTRY = join(import.meta.dirname, '../../main/cli.ts')

export interface CliResult {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: Buffer
  readonly stderr: string
}

/** The command line from its sources, with a cache and settings of the test's own; its working folder is the test's. */
export function startCli(
  context: TestContext,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): { readonly child: ChildProcess; readonly ended: Promise<CliResult> } {
  const child = spawn(process.execPath, [ENTRY, ...args], {
    cwd: context.folder,
    env: {
      PATH: process.env['PATH'],
      HOME: context.folder,
      XDG_CACHE_HOME: context.path('.cache'),
      XDG_CONFIG_HOME: context.path('.config'),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  const ended = new Promise<CliResult>((resolve) => {
    child.on('close', (status, signal) => {
      resolve({ status, signal, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() })
    })
  })
  return { child, ended }
}

export function cli(context: TestContext, ...args: readonly string[]): Promise<CliResult> {
  return startCli(context, args).ended
}

/** The objects of a JSON output, one a line. */
export function jsonLines(result: CliResult): Record<string, unknown>[] {
  const lines = result.stdout.toString().split('\n').filter(Boolean)
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}
