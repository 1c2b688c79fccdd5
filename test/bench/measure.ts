import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { command } from '../support/command.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

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
  const said = await command('python3', [RUNNER, folder.at('result'), program, ...args], { env: environment })
  const result = JSON.parse(await readFile(folder.at('result'), 'utf8')) as Measured & { status: number }
  if (!statuses.includes(result.status))
    throw new Error(`${program} ${args.join(' ')} ended with ${result.status}: ${said}`)
  return result
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Medians of ours and of what it is held against, run in turns, so that a machine that slows down slows both. */
export async function inTurns(
  rounds: number,
  ours: () => Promise<number>,
  theirs: () => Promise<number>,
): Promise<{ readonly ours: number; readonly theirs: number }> {
  const seconds: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] }
  for (let round = 0; round < rounds; round++) {
    seconds.ours.push(await ours())
    seconds.theirs.push(await theirs())
  }
  return { ours: median(seconds.ours), theirs: median(seconds.theirs) }
}
