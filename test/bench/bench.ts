import { existsSync } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { command } from '../support/command.ts'
import { measured, type Measured } from '../support/measured.ts'
import { CLI } from '../support/occystrap.ts'
import { benchImage, manyFilesImage } from './bench-image.ts'
import { bundleFigures } from './bundles.ts'
import { inTurns, median } from './measure.ts'
import { remoteFigures } from './remote.ts'
import { table, type Figure } from './report.ts'
import { searchFigures } from './search.ts'
import { rendererBundle, windowFigures } from './window.ts'

/*
 * Figures of one run on one machine: sources in the page cache, outputs in memory, ours and the other in turns, medians. They are read by
 * people and asserted nowhere.
 */

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } },
})
const ROUNDS = options.quick ? 3 : 5
const FILES = options.quick ? 50_000 : 500_000

const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** Runs ours with folders of its own below `work`. */
async function ours(work: string, args: readonly string[], statuses?: readonly number[]): Promise<Measured> {
  const environment = {
    XDG_CACHE_HOME: join(work, 'cache'),
    XDG_CONFIG_HOME: join(work, 'config'),
    HOME: work,
  }
  return measured(process.execPath, [CLI, ...args], environment, statuses)
}

async function withWork<T>(use: (work: string) => Promise<T>): Promise<T> {
  const work = await mkdtemp(join(memory, 'occystrap-bench-'))
  try {
    return await use(work)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function startUp(): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const option of ['--version', '--help']) {
    const seconds = await inTurns(
      ROUNDS * 2,
      async () => (await withWork((work) => ours(work, [option]))).seconds,
      async () => (await measured(process.execPath, ['-e', '0'])).seconds,
    )
    const against = `node -e 0: ${seconds.theirs.toFixed(2)} s`
    figures.push({ name: `occystrap ${option}`, value: seconds.ours, unit: 's', limit: 0.2, against })
  }
  return figures
}

/** What finds a name in a saved image without a tool of ours. */
const LISTING =
  'tar -tf "$0" --wildcards "*/layer.tar" | while read -r layer; do tar -xOf "$0" "$layer" | tar -tf - ; done | grep so.6'

async function searching(image: string): Promise<Figure[]> {
  const first: number[] = []
  const again: number[] = []
  const theirs: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    await withWork(async (work) => {
      const search = ['search', `tar://${image}`, '*.so.6']
      first.push((await ours(work, search)).seconds)
      again.push((await ours(work, search)).seconds)
    })
    theirs.push((await measured('bash', ['-c', LISTING, image])).seconds)
  }
  const against = `GNU tar listing every layer: ${median(theirs).toFixed(2)} s`
  return [
    { name: 'search tar://, the first time', value: median(first), unit: 's', limit: 0.4, against },
    { name: 'search tar://, again', value: median(again), unit: 's', limit: 0.2, against },
  ]
}

async function writing(image: string): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const [name, destination] of [
    ['tarball to directory', 'dir'],
    ['tarball to tarball', 'tar'],
  ] as const) {
    const seconds = await inTurns(
      ROUNDS,
      async () =>
        (await withWork((work) => ours(work, ['process', image, `${destination}://${join(work, 'out')}`])))
          .seconds,
      () =>
        withWork(async (work) => {
          const hash = await measured('openssl', ['dgst', '-sha256', image])
          const copy = await measured('cp', [image, join(work, 'copy')])
          return hash.seconds + copy.seconds
        }),
    )
    figures.push({
      name,
      value: seconds.ours / seconds.theirs,
      unit: '×',
      limit: 1.5,
      against: `ours ${seconds.ours.toFixed(2)} s; openssl sha256 + cp ${seconds.theirs.toFixed(2)} s`,
    })
  }
  return figures
}

/** Peak memory of every command, on the big image and on the one of many entries. */
async function peakMemory(image: string, many: string): Promise<Figure[]> {
  return withWork(async (work) => {
    const compressed = join(work, 'image.tar.gz')
    await command('bash', ['-c', 'gzip -1 < "$0" > "$1"', image, compressed])
    const directory = join(work, 'images')
    const out = join(work, 'out.tar')
    const runs: [name: string, args: string[], statuses?: number[]][] = [
      ['process to dir://', ['process', image, `dir://${directory}`]],
      ['process to tar://', ['process', image, `tar://${out}`]],
      ['process, gzip source', ['process', compressed, `tar://${out}`]],
      ['process --normalize', ['process', image, `tar://${out}`, '-f', 'normalize-timestamps']],
      ['recreate-image', ['recreate-image', directory, 'occystrap.test/bench', '1', out]],
      ['tarfile-to-extracted', ['tarfile-to-extracted', image, join(work, 'extracted')]],
      ['info', ['info', image, '--json']],
      ['info, gzip source', ['info', compressed, '--json']],
      ['search', ['search', image, '*.so.6']],
      ['search, gzip source', ['search', compressed, '*.so.6']],
      ['search-layers-tarfile', ['search-layers-tarfile', image, '*.so.6']],
      [`search, ${FILES} files`, ['search', many, '*99.txt']],
      ['ls', ['ls', image, '--json']],
      ['ls --hash', ['ls', image, '--json', '--hash']],
      [`ls, ${FILES} files`, ['ls', many, '--json']],
      ['cat', ['cat', image, 'bin/bash']],
    ]
    const figures: Figure[] = []
    for (const [name, args, statuses] of runs) {
      const { peak, seconds } = await ours(work, args, statuses)
      figures.push({
        name: `peak memory: ${name}`,
        value: peak / 1024 ** 2,
        unit: 'MB',
        limit: 200,
        against: `${seconds.toFixed(2)} s`,
      })
    }
    return figures
  })
}

const image = await benchImage(options.quick)
const many = await manyFilesImage(FILES)
// Into the page cache.
for (const path of [image, many]) await measured('cat', [path])
process.stdout.write(`${image}: ${((await stat(image)).size / 1e6).toFixed(0)} MB\n\n`)

const bench = { image, rounds: ROUNDS, memory, ours }
const parts: Readonly<Record<string, () => Promise<Figure[]>>> = {
  'start-up': startUp,
  search: () => searching(image),
  searches: () => searchFigures(bench, options.quick),
  write: () => writing(image),
  remote: () => remoteFigures(bench),
  bundles: () => bundleFigures(bench, options.quick),
  memory: () => peakMemory(image, many),
  bundle: rendererBundle,
  window: () => windowFigures(many, FILES),
}
const figures: Figure[] = []
for (const [name, part] of Object.entries(parts)) {
  if (options.only !== undefined && options.only !== name) continue
  const measured = await part()
  figures.push(...measured)
  process.stderr.write(`${name}: ${measured.length} figures\n`)
}
process.stdout.write(`${table(figures)}\n`)
