import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Packs the program as a release would, around a stand-in for Electron (whose binary needs a download), and looks at what went in and at
 * the fuses that were set. Exit status 1 where something is missing or too much.
 */
const PROJECT = join(import.meta.dirname, '..')

/** What must be in the archive for the program to run. */
const NEEDED = [
  /^\/package\.json$/,
  /^\/out\/main\/(index|cli|start|job-process|reader-process)\.js$/,
  /^\/out\/preload\/preload\.cjs$/,
  /^\/out\/renderer\/index\.html$/,
  /^\/out\/renderer\/assets\/.*\.js$/,
  /^\/node_modules\/@orpc\/server\/dist\/index\.mjs$/,
  /^\/node_modules\/ws\/wrapper\.mjs$/,
  /^\/node_modules\/xz-decompress\/dist\/package\/xz-decompress\.js$/,
  /^\/node_modules\/zod\/package\.json$/,
]

/** Opened by the system or read at random: beside the archive. */
const UNPACKED = ['out/sample/sample.tar', 'node_modules/koffi/package.json']

/** Sources, tests, tools and everything that is bundled into the page already. */
const UNWANTED = [
  /^\/(main|renderer|shared|test|scripts|build|\.ci)\//,
  /^\/node_modules\/(electron|electron-vite|vite|vitest|react|react-dom|@mantine|playwright-core|typescript|node)\//,
  /\.(ts|map)$/,
]

/** Where a binary holds its fuses: this text, a version, their number, a digit each (electron/fuses, "The fuse wire"). */
const FUSE_SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'
/** As Electron ships them; ours by the same order: everything off that is not needed, cookies and the archive protected. */
const SHIPPED_FUSES = '101100011'
const OUR_FUSES = '010011001'

interface Asar {
  listPackage(path: string, options: { isPack: boolean }): string[]
}

const folder = mkdtempSync(join(tmpdir(), 'occystrap-package-'))
try {
  const program = pack(standIn(join(folder, 'electron')), join(folder, 'dist'))
  const problems = [...problemsIn(join(program, 'resources')), ...fuseProblems(join(program, 'occystrap'))]
  for (const problem of problems) process.stderr.write(`${problem}\n`)
  if (problems.length > 0) process.exitCode = 1
  else process.stdout.write('The package holds what it needs and nothing else.\n')
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** As much of Electron's folder as the packager touches. */
function standIn(path: string): string {
  mkdirSync(join(path, 'resources'), { recursive: true })
  mkdirSync(join(path, 'locales'))
  for (const name of ['chrome-sandbox', 'LICENSE', 'LICENSES.chromium.html', 'version'])
    writeFileSync(join(path, name), `stand-in for ${name}\n`)
  writeFileSync(
    join(path, 'electron'),
    `${FUSE_SENTINEL}\u0001${String.fromCharCode(SHIPPED_FUSES.length)}${SHIPPED_FUSES}`,
  )
  chmodSync(join(path, 'electron'), 0o755)
  writeFileSync(join(path, 'resources/default_app.asar'), emptyArchive())
  return path
}

/** An asar without files: its header is a pickle in a pickle (electron/asar, "Format"). */
function emptyArchive(): Buffer {
  const header = Buffer.from('{"files":{}}')
  const archive = Buffer.alloc(16 + header.length)
  archive.writeUInt32LE(4, 0)
  archive.writeUInt32LE(8 + header.length, 4)
  archive.writeUInt32LE(4 + header.length, 8)
  archive.writeUInt32LE(header.length, 12)
  archive.set(header, 16)
  return archive
}

/** The packed program's folder. */
function pack(electron: string, output: string): string {
  const builder = createRequire(import.meta.url).resolve('electron-builder/cli.js')
  const options = [`electronDist=${electron}`, `directories.output=${output}`]
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [builder, '--linux', '--dir', '--publish', 'never', ...options.map((option) => `--config.${option}`)],
    { cwd: PROJECT, encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`electron-builder failed (${status}):\n${stdout}\n${stderr}`)
  return join(output, 'linux-unpacked')
}

function problemsIn(resources: string): string[] {
  const asar = createRequire(createRequire(import.meta.url).resolve('app-builder-lib'))(
    '@electron/asar',
  ) as Asar
  const names = asar.listPackage(join(resources, 'app.asar'), { isPack: false })
  const missing = NEEDED.filter((pattern) => !names.some((name) => pattern.test(name)))
  const extra = names.filter((name) => UNWANTED.some((pattern) => pattern.test(name)))
  const packed = UNPACKED.filter((name) => !isFile(join(resources, 'app.asar.unpacked', name)))
  return [
    ...missing.map((pattern) => `missing from the archive: ${pattern.source}`),
    ...extra.slice(0, 20).map((name) => `should not be in the archive: ${name}`),
    ...packed.map((name) => `not beside the archive: ${name}`),
  ]
}

function fuseProblems(binary: string): string[] {
  const wire = readFileSync(binary, 'latin1')
  const fuses = wire.slice(wire.indexOf(FUSE_SENTINEL) + FUSE_SENTINEL.length + 2)
  return fuses === OUR_FUSES ? [] : [`the fuses are ${fuses}, not ${OUR_FUSES}`]
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}
