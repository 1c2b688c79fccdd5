import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sampleArchive } from '../../scripts/make-sample.ts'
import { tryCommand, type CommandResult } from '../support/command.ts'
import { describeWith } from '../support/needs.ts'
import { CLI, Occystrap } from '../support/occystrap.ts'

/** An ordinary user whom the user database does not know. */
const USER = 23_457
const GREETING = 'Hello from the sample image.\n'

describeWith({ tools: ['runc'], root: true }, 'the bundle of the sample image', () => {
  let occystrap: Occystrap
  beforeAll(async () => {
    occystrap = await Occystrap.make()
    await writeFile(occystrap.folder.at('sample.tar'), sampleArchive())
    await chmod(occystrap.folder.path, 0o755)
  })
  afterAll(async () => {
    await occystrap?.[Symbol.asyncDispose]()
  })

  async function writtenAndRun(
    bundle: string,
    run: (program: string, args: readonly string[]) => Promise<CommandResult>,
  ): Promise<{ readonly written: CommandResult; readonly started: CommandResult }> {
    const source = `tar://${occystrap.folder.at('sample.tar')}`
    const written = await run(process.execPath, [CLI, 'process', source, `oci://${bundle}`])
    const state = ['--root', `${bundle}-runc`]
    const started = await run('runc', [...state, 'run', '--bundle', bundle, `sample-${process.pid}`])
    return { written, started }
  }

  test('starts as root, as the image’s user, and greets', async () => {
    const bundle = occystrap.folder.at('bundle')
    const { written, started } = await writtenAndRun(bundle, (program, args) =>
      tryCommand(program, args, { env: occystrap.environment, seconds: 60 }),
    )
    expect(written.stderr).toContain(`start it as root with: runc run --bundle ${bundle} bundle`)
    expect([started.status, started.stdout.toString()], started.stderr).toEqual([0, GREETING])
    expect(JSON.parse(await readFile(join(bundle, 'config.json'), 'utf8'))).toMatchObject({
      process: { args: ['/usr/bin/greet', 'world'], user: { uid: 1000 } },
    })
  })

  test('starts as a user that has no name, and so no range of ids', async () => {
    const home = occystrap.folder.at('home')
    await mkdir(home)
    await chown(home, USER, USER)
    const { written, started } = await writtenAndRun(join(home, 'bundle'), (program, args) =>
      tryCommand('setpriv', [`--reuid=${USER}`, `--regid=${USER}`, '--clear-groups', program, ...args], {
        cwd: home,
        env: {
          ...occystrap.environment,
          HOME: home,
          XDG_RUNTIME_DIR: home,
          XDG_CACHE_HOME: join(home, 'cache'),
        },
        seconds: 60,
      }),
    )
    expect(written.stderr).toContain('start it as yourself with: runc run')
    expect([started.status, started.stdout.toString()], started.stderr).toEqual([0, GREETING])
  })
})
