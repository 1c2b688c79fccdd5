import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of everything built: beside the sources while those run, above this module in the build (which may put it in a chunk). */
function buildFolder(): string {
  const own = fileURLToPath(import.meta.url)
  const folder = dirname(own)
  if (own.endsWith('.ts')) return join(folder, '../out')
  return join(folder, basename(folder) === 'chunks' ? '../..' : '..')
}

/** What Electron is told to run: the folder of package.json, whose `main` is the built index.js. */
export const PROGRAM_FOLDER = join(buildFolder(), '..')

/** The built page. */
export const RENDERER_FOLDER = join(buildFolder(), 'renderer')

export const PRELOAD_FILE = join(buildFolder(), 'preload/preload.cjs')

/** The sample image; in the packaged program it lies outside the archive, where every process can read it at random. */
export const SAMPLE_FILE = join(buildFolder(), 'sample/sample.tar').replace(
  /\bapp\.asar(?=[/\\])/,
  'app.asar.unpacked',
)
