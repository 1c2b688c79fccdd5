import { fork, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { NODE_ARGUMENTS, type ChildHandle, type ProcessHost } from '../../main/engine/process-host.ts'
import { OpenedImage } from '../../main/engine/opened-image.ts'
import { ReaderClient } from '../../main/engine/reader-client.ts'
import type { TarEntry } from '../../main/image/tar-entry.ts'
import { openWorkspace, type Workspace } from '../../main/store/workspace.ts'
import type { Digest } from '../../shared/digest.ts'
import { searchQuerySchema, type EverywhereWindow } from '../../shared/query.ts'
import { tableOf } from '../support/entries.ts'
import { knownImage } from '../support/known-images.ts'
import { CLI } from '../support/occystrap.ts'
import { testTask } from '../support/task.ts'
import { contentFigures } from './contents.ts'
import { median } from './measure.ts'
import type { Figure } from './report.ts'
import { inFolder, type Bench } from './runs.ts'

const READER = join(import.meta.dirname, '../../out/main/reader-process.js')
/** Entries of an image's layers: a distribution, what is installed over it, a program and its settings. */
const LAYERS = [40_000, 15_000, 4_000, 1_000]

/** Names: of an image never seen, of one seen before, and of all images seen before, as the window asks for them; and text inside files. */
export async function searchFigures(bench: Bench, isQuick: boolean): Promise<Figure[]> {
  return [
    ...(await ofOneImage(bench)),
    ...(await contentFigures(bench)),
    ...(await everywhereFigures(bench, isQuick)),
  ]
}

async function ofOneImage(bench: Bench): Promise<Figure[]> {
  const first: number[] = []
  const again: number[] = []
  for (let round = 0; round < bench.rounds; round++)
    await inFolder(bench, async (work) => {
      first.push(await firstLine(work, ['search', '--script-friendly', `tar://${bench.image}`, '*.so.6']))
    })
  await inFolder(bench, async (work) => {
    const search = ['search', `tar://${bench.image}`, '*.so.6']
    await bench.ours(work, search)
    for (let round = 0; round < 2 * bench.rounds; round++)
      again.push((await bench.ours(work, search)).seconds)
  })
  return [
    { name: 'names, image never seen: first hit', value: median(first), unit: 's', limit: 0.25 },
    {
      name: 'names, image seen before',
      value: median(again),
      unit: 's',
      limit: 0.15,
      against: 'whole command',
    },
  ]
}

/** Seconds until the command has written something. */
async function firstLine(work: string, args: readonly string[]): Promise<number> {
  const env = {
    ...process.env,
    XDG_CACHE_HOME: join(work, 'cache'),
    XDG_CONFIG_HOME: join(work, 'config'),
    HOME: work,
  }
  const started = performance.now()
  const child = spawn(process.execPath, [CLI, ...args], { env, stdio: ['ignore', 'pipe', 'ignore'] })
  let seconds: number | undefined
  child.stdout.on('data', () => (seconds ??= (performance.now() - started) / 1000))
  await new Promise((resolve) => child.on('close', resolve))
  if (seconds === undefined) throw new Error(`${args.join(' ')} wrote nothing`)
  return seconds
}

async function everywhereFigures(bench: Bench, isQuick: boolean): Promise<Figure[]> {
  const [paths, most] = isQuick ? [100_000, 300_000] : [1_000_000, 3_000_000]
  const names = await namesOf(bench.image)
  const bytes = names.reduce((sum, { path }) => sum + path.length, 0) / names.length
  const typed = await inFolder(bench, (work) => typing(work, names, paths))
  const large = await inFolder(bench, (work) => typing(work, names, most))
  const sorted = typed.keystrokes.map(({ ms }) => ms).sort((a, b) => a - b)
  const slowest = typed.keystrokes.reduce((a, b) => (b.ms > a.ms ? b : a))
  return [
    {
      name: `keystroke over ${count(paths)} names, p95`,
      value: sorted[Math.ceil(sorted.length * 0.95) - 1]!,
      unit: 'ms',
      limit: 100,
      against: `median ${median(sorted).toFixed(0)} ms, slowest ${slowest.ms.toFixed(0)} ms (${slowest.pattern}); ${bytes.toFixed(0)} bytes a name`,
    },
    {
      name: `first search of ${count(paths)} names`,
      value: typed.first / 1000,
      unit: 's',
      against: 'loads them from the index',
    },
    {
      name: `peak memory: ${count(most)} names`,
      value: large.peak / 1024 ** 2,
      unit: 'MB',
      limit: 300,
      against: `the whole reader process; keystrokes there ${median(large.keystrokes.map(({ ms }) => ms)).toFixed(0)} ms`,
    },
  ]
}

interface Typed {
  readonly keystrokes: readonly { readonly pattern: string; readonly ms: number }[]
  /** Milliseconds of the first search. */
  readonly first: number
  /** Bytes. */
  readonly peak: number
}

/** What people type, letter by letter, and what they paste. */
function questions(): object[] {
  const typed = (text: string, fields: object = {}): object[] =>
    Array.from(text, (_, i) => ({ pattern: text.slice(0, i + 1), isWholeName: false, ...fields }))
  const regex = (pattern: string, fields: object = {}): object => ({
    pattern,
    isRegex: true,
    isWholeName: false,
    ...fields,
  })
  return [
    ...typed('libssl'),
    ...typed('etc/passwd'),
    ...typed('*.pem'),
    ...typed('LibSSL', { isCaseSensitive: false }),
    { pattern: 'lib*.so.[0-9]' },
    { pattern: '[0-9]*' },
    regex('\\.so\\.\\d+$'),
    regex('^usr/.*\\.conf$'),
    regex('\\.(py|pl|rb)$'),
    regex('[0-9]{4}-[0-9]{2}'),
    regex('(foo|bar)\\d'),
    regex('^[^/]+$'),
    regex('[0-9a-f]{32}'),
    regex('pem$', { isCaseSensitive: false }),
    regex('[a-f]{6}', { isCaseSensitive: false }),
  ]
}

async function typing(work: string, names: readonly TarEntry[], paths: number): Promise<Typed> {
  const folders = { cacheDir: join(work, 'cache'), configDir: join(work, 'config') }
  await fill(openWorkspace(folders), names, paths)
  const host = new WatchedHost()
  await using reader = new ReaderClient(host, folders)
  const ask = async (fields: object): Promise<number> => {
    const query = searchQuerySchema.parse(fields)
    const started = performance.now()
    await (reader.call('searchEverywhere', {
      query,
      images: [],
      offset: 0,
      limit: 100,
    }) as Promise<EverywhereWindow>)
    return performance.now() - started
  }
  const first = await ask({ pattern: 'a first question' })
  // It goes on for a while, as a person reads.
  await new Promise((resolve) => setTimeout(resolve, paths / 100))
  const keystrokes: { pattern: string; ms: number }[] = []
  for (let round = 0; round < 3; round++)
    for (const fields of questions()) {
      const ms = await ask(fields)
      keystrokes.push({ pattern: (fields as { pattern: string }).pattern, ms })
    }
  return { keystrokes, first, peak: await host.peak() }
}

/** Images whose layers hold so many names in all, each layer another stretch of the real ones. */
async function fill(
  { index, catalogue }: Workspace,
  names: readonly TarEntry[],
  paths: number,
): Promise<void> {
  let filled = 0
  for (let image = 0; filled < paths; image++) {
    const layers: Digest[] = []
    for (const [layer, size] of LAYERS.entries()) {
      const from = (image * 997 + layer * 20_011) % names.length
      const rows = Array.from(
        { length: Math.min(size, paths - filled) },
        (_, i) => names[(from + i) % names.length]!,
      )
      const diffID = digestOf(`${image} ${layer}`)
      await index.put(diffID, { table: tableOf(rows), size: 1024 })
      layers.push(diffID)
      filled += rows.length
    }
    await catalogue.remember(knownImage(digestOf(`image ${image}`), layers), {
      kind: 'tar',
      path: `/${image}.tar`,
    })
  }
}

function digestOf(text: string): Digest {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}

/** Every entry of the image, in order. */
async function namesOf(path: string): Promise<TarEntry[]> {
  const folder = openWorkspace({ cacheDir: `${path}.cache`, configDir: `${path}.config` })
  await using image = await OpenedImage.open({ kind: 'tar', path }, folder, testTask())
  const tables = await image.tables(testTask())
  return tables.flatMap((table) => Array.from({ length: table.length }, (_, row) => table.at(row)))
}

/** The built reader process, and what it took. */
class WatchedHost implements ProcessHost {
  #pid = 0

  spawn(): ChildHandle {
    const child = fork(READER, {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: [...NODE_ARGUMENTS['reader-process']],
    })
    this.#pid = child.pid ?? 0
    return {
      send: (message) => void child.send(message as object),
      onMessage: (listener) => void child.on('message', listener),
      onExit: (listener) =>
        void child.on('close', (code, signal) => listener({ code, signal, lastWords: '' })),
      kill: () => void child.kill('SIGKILL'),
    }
  }

  /** Peak resident memory so far, bytes. */
  async peak(): Promise<number> {
    const status = await readFile(`/proc/${this.#pid}/status`, 'utf8')
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
  }
}

function count(paths: number): string {
  return paths.toLocaleString('en')
}
