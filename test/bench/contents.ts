import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { OpenedImage } from '../../main/engine/opened-image.ts'
import { openWorkspace } from '../../main/store/workspace.ts'
import { contentQuerySchema, type ContentQuery } from '../../shared/query.ts'
import { command, tryCommand } from '../support/command.ts'
import { measured } from '../support/measured.ts'
import { testTask } from '../support/task.ts'
import { inTurns } from './measure.ts'
import type { Figure } from './report.ts'
import { inFolder, type Bench } from './runs.ts'

/** Of the other's time: 0.7 times its speed. */
const MOST = 1.43

interface Question {
  readonly words: string
  readonly query: ContentQuery
  /** The same for the other program. */
  readonly flags: readonly string[]
}

const QUESTIONS: readonly Question[] = [
  ask('a text', { pattern: 'PRIVATE KEY' }, ['-F']),
  ask('a text, any case', { pattern: 'private key', isCaseSensitive: false }, ['-F', '-i']),
  ask('an expression', { pattern: 'pass(word|wd)[ \\t]*=[ \\t]*[a-z]+', isRegex: true }, ['-e']),
]

function ask(words: string, query: object, flags: readonly string[]): Question {
  return { words, query: contentQuerySchema.parse(query), flags }
}

/**
 * Text inside the files of all layers, as the window asks for it of an image that it has opened, against ripgrep (or `grep -r`) over the
 * same files unpacked.
 */
export async function contentFigures(bench: Bench): Promise<Figure[]> {
  return inFolder(bench, async (work) => {
    const files = await unpack(bench.image, work)
    const folders = { cacheDir: join(work, 'cache'), configDir: join(work, 'config') }
    const task = testTask()
    const source = { kind: 'tar', path: bench.image } as const
    await using image = await OpenedImage.open(source, openWorkspace(folders), task)
    await image.tables(task)
    const hasRipgrep = (await tryCommand('which', ['rg'])).status === 0
    const other: [string, ...string[]] = hasRipgrep
      ? ['rg', '-uu', '-n', '--no-messages']
      : ['grep', '-rnI', '-E']
    const figures: Figure[] = []
    for (const { words, query, flags } of QUESTIONS) {
      const [program, ...args]: [string, ...string[]] = [...other, ...flags, query.pattern, files]
      const seconds = await inTurns(
        bench.rounds,
        () => searched(image, query),
        async () => (await measured(program, args, {}, [0, 1])).seconds,
      )
      figures.push({
        name: `inside files: ${words}`,
        value: seconds.ours / seconds.theirs,
        unit: '×',
        limit: MOST,
        against: `ours ${seconds.ours.toFixed(2)} s; ${program} ${seconds.theirs.toFixed(2)} s`,
      })
    }
    return figures
  })
}

/** Every layer in a folder of its own. */
async function unpack(image: string, work: string): Promise<string> {
  const archive = join(work, 'archive')
  const files = join(work, 'files')
  for (const folder of [archive, files]) await mkdir(folder)
  await command('tar', ['-xf', image, '-C', archive])
  const manifest = JSON.parse(await readFile(join(archive, 'manifest.json'), 'utf8')) as [
    { Layers: string[] },
  ]
  for (const [index, layer] of manifest[0].Layers.entries()) {
    const folder = join(files, String(index))
    await mkdir(folder)
    await command('tar', ['-xf', join(archive, layer), '-C', folder])
  }
  await command('rm', ['-rf', archive])
  return files
}

/** Seconds until everything is found. Another question comes between, or the answer would be the last one. */
async function searched(image: OpenedImage, query: ContentQuery): Promise<number> {
  const range = { layers: [], offset: 0, limit: 1000 }
  const task = testTask()
  await image.searchContents({ ...query, pattern: 'nothing like it' }, range, task)
  await sleep(500)
  const started = performance.now()
  while ((await image.searchContents(query, range, task)).isRunning);
  return (performance.now() - started) / 1000
}
