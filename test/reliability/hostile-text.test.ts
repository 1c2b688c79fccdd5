import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { jsonLines, startCli } from '../support/cli.ts'
import { testContext, type TestContext } from '../support/context.ts'
import { buildImage, writeDockerArchive, writeOciArchive, writeTar } from '../support/image-builder.ts'

/**
 * Reliability, B5 and promise 31 (CVE-2021-25743): a terminal that would clear its screen, change its title, run backwards or take an
 * 8-bit control; a page that would run a script.
 */
const EVIL =
  '\u001b[2J\u001b]0;title\u0007\u009b31m\u202egnp.exe\u2066\u061c\u200f\r\b\u007f<script>alert(1)</script>'

/** Nothing but line breaks of ours: C0, DEL, C1 and whatever turns the direction of text. */
const STEERING =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]/u

let context: TestContext

beforeAll(async () => {
  context = await testContext()
  const image = buildImage({
    references: ['evil:1'],
    config: {
      Env: [`A=${EVIL}`],
      Cmd: [EVIL],
      Entrypoint: [EVIL],
      User: EVIL,
      WorkingDir: EVIL,
      StopSignal: EVIL,
      Labels: { [EVIL]: EVIL },
      ExposedPorts: { [EVIL]: {} },
      Volumes: { [EVIL]: {} },
    },
    overrides: {
      author: EVIL,
      created: EVIL,
      os: EVIL,
      architecture: EVIL,
      variant: EVIL,
      history: [{ created_by: EVIL, comment: EVIL }, { created_by: EVIL }],
    },
    layers: [
      [
        { path: `dir-${EVIL}/`, type: 'directory' },
        { path: `dir-${EVIL}/file`, content: EVIL, xattrs: { 'user.evil': EVIL } },
        { path: 'link', type: 'symlink', linkname: EVIL },
        { path: 'hard', type: 'link', linkname: `dir-${EVIL}/file` },
        { path: 'bytes-\u00ff', content: 'x' },
        // Too odd for the tree: told as a warning.
        { path: `${EVIL}.file`, content: 'x' },
        { path: `${EVIL}.file/below`, content: 'x' },
        { path: 'to-nothing', type: 'link', linkname: `nothing-${EVIL}` },
      ],
      [{ path: `dir-${EVIL}/.wh.file` }, { path: `.wh.gone-${EVIL}` }],
    ],
  })
  await writeDockerArchive(image, context.path('evil.tar'))
  await writeOciArchive(image, context.path('evil.oci'), { layers: 'zstd' })
  await writeDockerArchive([image, { ...image, references: [`two:${EVIL}`] }], context.path('two.tar'))
  await writeTar(context.path('manifest.tar'), [
    {
      path: 'manifest.json',
      content: JSON.stringify([{ Config: `../${EVIL}`, RepoTags: [EVIL], Layers: [EVIL] }]),
    },
  ])
  await writeTar(context.path('missing.tar'), [
    { path: 'manifest.json', content: JSON.stringify([{ Config: EVIL, RepoTags: [EVIL], Layers: [EVIL] }]) },
  ])
  await writeTar(context.path('json.tar'), [{ path: 'manifest.json', content: `[{"Config": ${EVIL}` }])
  writeFileSync(context.path(`page-${EVIL.replaceAll('/', '')}.tar`), '<html>')
})
afterAll(async () => {
  await context[Symbol.asyncDispose]()
})

const commands: readonly (readonly string[])[] = [
  ['info', 'evil.tar'],
  ['info', 'evil.oci'],
  ['info', 'evil.tar', '--json'],
  ['ls', 'evil.tar'],
  ['ls', 'evil.tar', '--json', '--hash'],
  ['ls', 'evil.oci', '--layer', '1'],
  ['search', 'evil.tar', '*'],
  ['search', 'evil.tar', '*', '--json'],
  ['search', 'evil.oci', '.', '--regex', '--script-friendly'],
  ['--verbose', 'process', 'evil.oci', 'tar://out.tar', '-f', 'normalize-timestamps'],
  ['--verbose', 'process', 'evil.tar', 'dir://images'],
  ['--verbose', 'info', 'two.tar'],
  ['--verbose', 'info', `tar://two.tar?image=${encodeURIComponent(EVIL)}`],
  ['--verbose', 'info', 'manifest.tar'],
  ['--verbose', 'info', 'missing.tar'],
  ['--verbose', 'info', 'json.tar'],
  ['--verbose', 'info', `page-${EVIL.replaceAll('/', '')}.tar`],
  ['--verbose', 'info', EVIL],
  ['ls', 'evil.tar', EVIL],
  ['cat', 'evil.tar', EVIL],
  ['cat', 'evil.tar', `dir-${EVIL}`],
  ['search', 'evil.tar', `(*${EVIL}`, '--regex'],
  ['process', 'evil.tar', `tar://${EVIL}/x`],
  ['process', 'evil.tar', `tar://x?${EVIL}`],
  ['process', 'evil.tar', 'tar://x', '-f', EVIL],
  ['recreate-image', 'images', EVIL, EVIL, 'x.tar'],
  ['info', 'evil.tar', `--${EVIL}`],
  [EVIL],
]

const shown = (args: readonly string[]): string => JSON.stringify(args.join(' ')).slice(0, 60)

describe('nothing of an image or an argument steers a terminal', () => {
  test.concurrent.each(commands.map((args) => [shown(args), args] as const))('%s', async (_, args) => {
    const { stdout, stderr, status } = await startCli(context, args, { LANG: 'C.UTF-8' }).ended
    expect([0, 1, 2, 3]).toContain(status)
    for (const text of [stdout.toString(), stderr]) {
      expect(STEERING.exec(text)?.[0].codePointAt(0)?.toString(16)).toBeUndefined()
      expect(text).not.toMatch(/^\s+at /m)
    }
    expect(stdout.length + stderr.length).toBeGreaterThan(0)
  })

  test('and JSON says the same to whoever parses it', async () => {
    const [info] = jsonLines(await startCli(context, ['info', 'evil.tar', '--json']).ended)
    expect(info?.['config']).toMatchObject({ User: EVIL, Labels: { [EVIL]: EVIL } })
  })

  // util-linux's script gives it a terminal for all three of its streams.
  const hasScript = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0
  test.skipIf(!hasScript).each([0, 3, 6, 9, 11])('on a terminal: command %i', (index) => {
    const entry = join(import.meta.dirname, '../../main/cli.ts')
    const quoted = [process.execPath, entry, ...commands[index]!].map(
      (word) => `'${word.replaceAll("'", "'\\''")}'`,
    )
    const { stdout } = spawnSync('script', ['--quiet', '--command', quoted.join(' '), '/dev/null'], {
      cwd: context.folder,
      env: {
        ...process.env,
        TERM: 'xterm',
        LANG: 'C.UTF-8',
        HOME: context.folder,
        XDG_CACHE_HOME: context.path('.cache'),
      },
      encoding: 'utf8',
    })
    // What the terminal makes of a line break, and how the progress bar takes itself away.
    const own = stdout.replaceAll('\r\n', '\n').replaceAll('\r\u001b[K', '')
    expect(own.length).toBeGreaterThan(20)
    expect(STEERING.exec(own)?.[0].codePointAt(0)?.toString(16)).toBeUndefined()
  })
})
