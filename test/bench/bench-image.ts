import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { command } from '../support/command.ts'
import { Dockerd } from '../support/daemons.ts'
import { makeRootfs } from '../support/real-images.ts'

/** Raised whenever what this file builds changes. */
const VERSION = 3

/** What is installed into the big image: a compiler, an interpreter and an editor, as build images have them. */
const PACKAGES = ['build-essential', 'python3', 'git', 'vim']

/**
 * A real image of about 900 MB whose larger layers have 10,000 entries and more, saved by `docker save`; a small one for a quick look.
 * Kept under the system's temporary folder for later runs.
 */
export async function benchImage(isQuick: boolean): Promise<string> {
  const folder = join(tmpdir(), `occystrap-bench-${isQuick ? 'quick' : 'full'}-${VERSION}`)
  const path = join(folder, 'image.tar')
  if (existsSync(path)) return path
  const staging = await mkdtemp(`${folder}.`)
  try {
    await build(staging, isQuick)
    await rm(folder, { recursive: true, force: true })
    await rename(staging, folder)
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
  return path
}

async function build(folder: string, isQuick: boolean): Promise<void> {
  const base = join(folder, 'base.tar')
  await makeRootfs(base, isQuick ? [] : PACKAGES)
  const context = join(folder, 'context')
  await mkdir(context)
  await writeFile(join(context, 'Dockerfile'), dockerfile(isQuick))
  await using engine = await Dockerd.start()
  await engine.docker('import', base, 'occystrap.test/bench-base:1')
  await engine.docker('build', '--network', 'host', '--quiet', '--tag', 'occystrap.test/bench:1', context)
  await engine.docker('save', '--output', join(folder, 'image.tar'), 'occystrap.test/bench:1')
  await rm(base)
  await rm(context, { recursive: true })
}

/** Layers of every kind of work: a copy of a tree, one large file, thousands of small ones, a change of owner over thousands of files, deletions, small changes. */
function dockerfile(isQuick: boolean): string {
  const [bytes, notes] = isQuick ? [32 * 1024 ** 2, 2_000] : [350 * 1024 ** 2, 10_000]
  return [
    'FROM occystrap.test/bench-base:1',
    'RUN mkdir -p /srv/copy && cp -a /usr/share /srv/copy/',
    // Content as images have it: noise would make every decompressor look fast.
    `RUN find /usr/lib /usr/bin -type f -exec cat {} + | head -c ${bytes} > /srv/model.bin`,
    `RUN mkdir /srv/notes && for i in $(seq ${notes}); do echo "note $i" > /srv/notes/note-$i.txt; done`,
    'RUN chown -R 1000:1000 /srv/notes',
    'RUN rm -rf /srv/copy && echo done > /srv/state',
    'ENTRYPOINT ["/bin/sh"]',
    '',
  ].join('\n')
}

/** How the files of an image of many lie in it. */
export interface ManyFiles {
  readonly perFolder: number
  /** Bytes of each. */
  readonly size: number
}

/** A docker-save archive of one layer with so many small files, in folders of a thousand unless said: what a tree must scroll. */
export async function manyFilesImage(count: number, shape?: ManyFiles): Promise<string> {
  const numbers = [count, ...(shape ? [shape.perFolder, shape.size] : [])].map(String)
  const path = join(tmpdir(), `occystrap-bench-many-${numbers.join('-')}-${VERSION}.tar`)
  if (existsSync(path)) return path
  const staging = `${path}.${process.pid}`
  await command('python3', [join(import.meta.dirname, 'many-files.py'), staging, ...numbers])
  await rename(staging, path)
  return path
}
