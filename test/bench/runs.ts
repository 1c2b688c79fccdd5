import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { command } from '../support/command.ts'
import { measured, type Measured } from '../support/measured.ts'

/** What every part of a run is given. */
export interface Bench {
  /** The image as `docker save` wrote it. */
  readonly image: string
  readonly rounds: number
  /** A folder in memory: caches, outputs, and what registry and engine are asked for. */
  readonly memory: string
  /** Runs ours with a cache below that folder. */
  readonly ours: (work: string, args: readonly string[], statuses?: readonly number[]) => Promise<Measured>
}

/** A folder of its own for each run, gone after it. `rm` has a million files gone before Node has listed them. */
export async function inFolder<T>(bench: Bench, use: (work: string) => Promise<T>): Promise<T> {
  const work = await mkdtemp(join(bench.memory, 'occystrap-bench-'))
  try {
    return await use(work)
  } finally {
    await command('rm', ['-rf', work])
  }
}

/** Copies an image by skopeo, whose temporary files lie in memory, too. */
export async function skopeo(work: string, from: string, to: string): Promise<Measured> {
  const plainHttp = ['--src-tls-verify=false', '--dest-tls-verify=false']
  return measured('skopeo', ['copy', '--quiet', '--insecure-policy', ...plainHttp, from, to], {
    TMPDIR: work,
  })
}
