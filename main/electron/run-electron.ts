import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { PROGRAM_FOLDER } from '../built-files.ts'

/** Where Electron's own install step fetches from, unless the user named a mirror. */
const RELEASES = 'https://github.com/electron/electron/releases/'
const PROBE_TIME = 3000
const INSTALL_TIME = 10 * 60_000
/** A window that cannot be opened (no sandbox for root, a missing library) has failed by then. */
const START_TIME = 8000

/**
 * Opens the window in Electron and waits until it is closed. Answers what stood in the way, as the beginning of a sentence, or undefined
 * where Electron ran (its exit status is then ours).
 */
export async function runElectron(paths: readonly string[]): Promise<string | undefined> {
  if (process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY'])
    return 'Electron cannot open a window here (no display)'
  const folder = electronFolder()
  if (folder === undefined) return notAvailable('the package is not installed')
  const binary = binaryIn(folder) ?? (await install(folder))
  if (binary === undefined) return notAvailable('it could not be fetched')
  return run(binary, paths)
}

function notAvailable(reason: string): string {
  return `Electron's binary is not available (${reason})`
}

function electronFolder(): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve('electron/package.json'))
  } catch {
    return undefined
  }
}

/** Found as the package's own index.js finds it, which would begin a download where there is none. */
export function binaryIn(folder: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  try {
    const name = readFileSync(join(folder, 'path.txt'), 'utf8')
    const binary = join(env['ELECTRON_OVERRIDE_DIST_PATH'] || join(folder, 'dist'), name)
    return existsSync(binary) ? binary : undefined
  } catch {
    return undefined
  }
}

/** The package has no postinstall: its binary is fetched at the first start, if what it is fetched from can be reached at all. */
async function install(folder: string): Promise<string | undefined> {
  if (!(await isReachable(process.env['ELECTRON_MIRROR'] || RELEASES))) return undefined
  process.stdout.write('Fetching Electron, once …\n')
  spawnSync(process.execPath, [join(folder, 'install.js')], { stdio: 'ignore', timeout: INSTALL_TIME })
  return binaryIn(folder)
}

async function isReachable(url: string): Promise<boolean> {
  try {
    await fetch(url, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(PROBE_TIME) })
    return true
  } catch {
    return false
  }
}

async function run(binary: string, paths: readonly string[]): Promise<string | undefined> {
  const started = performance.now()
  const child = spawn(binary, [PROGRAM_FOLDER, '--', ...paths], { stdio: ['inherit', 'inherit', 'ignore'] })
  try {
    const [code] = (await once(child, 'exit')) as [number | null]
    const hasFailed = code !== 0 && performance.now() - started < START_TIME
    if (hasFailed) return `Electron cannot open a window here (exit status ${code ?? 'unknown'})`
    process.exitCode = code ?? 1
    return undefined
  } catch (error) {
    return `Electron cannot be started (${error instanceof Error ? error.message : String(error)})`
  }
}
