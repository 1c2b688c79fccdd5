import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tryCommand } from './command.ts'
import { TemporaryFolder } from './temporary-folder.ts'

export interface Measured {
  /** Wall clock of the whole process. */
  readonly seconds: number
  /** Peak resident memory of its largest process, bytes. */
  readonly peak: number
}

const RUNNER = join(import.meta.dirname, 'peak-memory.py')

/** Runs a command to its end, its output thrown away. It must end with one of these statuses. */
export async function measured(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  statuses: readonly number[] = [0],
): Promise<Measured> {
  await using folder = await TemporaryFolder.make()
  const said = await tryCommand('python3', [RUNNER, folder.at('result'), program, ...args], {
    env: environment,
  })
  const result = JSON.parse(await readFile(folder.at('result'), 'utf8')) as Measured & { status: number }
  if (!statuses.includes(result.status))
    throw new Error(`${program} ${args.join(' ')} ended with ${result.status}: ${said.stderr}`)
  return result
}
