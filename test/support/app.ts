import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { TemporaryFolder } from './temporary-folder.ts'

const PROJECT = join(import.meta.dirname, '../..')
const URL_LINE = /http:\/\/(?:127\.0\.0\.1|localhost|\[::1\]):\d+\/\S*/

/** Seconds the program may take to show its address; `npm start` builds first. */
const START_SECONDS = 180

/** The program as its user starts it, with a home folder of its own, ended with everything it started. */
export class RunningApp implements AsyncDisposable {
  /** What to open in a browser. */
  readonly url: string
  /** Its user's home: `at('Downloads')` and so on. */
  readonly home: TemporaryFolder
  readonly #process: ChildProcess
  readonly #said: { text: string }

  private constructor(url: string, home: TemporaryFolder, child: ChildProcess, said: { text: string }) {
    this.url = url
    this.home = home
    this.#process = child
    this.#said = said
  }

  /** `npm start`, as the README has it, on a machine without a display. */
  static async npmStart(): Promise<RunningApp> {
    return RunningApp.#start('npm', ['start'])
  }

  /** `occystrap serve` of what is built. */
  static async serve(): Promise<RunningApp> {
    return RunningApp.#start(process.execPath, [join(PROJECT, 'out/main/cli.js'), 'serve'])
  }

  /** The same by a user of that number, which this computer need not know. Only root can. */
  static async serveAs(user: number): Promise<RunningApp> {
    const home = await homeFolder()
    const place = home.at('tmp', 'program')
    await mkdir(place)
    for (const folder of [home.path, home.at('tmp'), home.at('Downloads')]) await chown(folder, user, user)
    // A clone in a folder that only root can enter is shown to the user in another place.
    const script = `mount --bind "$1" "$2" && cd "$2" && exec setpriv --reuid=${user} --regid=${user} --clear-groups \
      "$2/node_modules/node/bin/node" "$2/out/main/cli.js" serve`
    return RunningApp.#start('unshare', ['--mount', 'sh', '-c', script, 'sh', PROJECT, place], home)
  }

  static async #start(program: string, args: string[], given?: TemporaryFolder): Promise<RunningApp> {
    const home = given ?? (await homeFolder())
    const child = spawn(program, args, {
      cwd: PROJECT,
      // A process group of its own: npm does not pass signals on to what it runs in every case.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        DISPLAY: undefined,
        WAYLAND_DISPLAY: undefined,
        CI: undefined,
        HOME: home.path,
        TMPDIR: home.at('tmp'),
        XDG_CACHE_HOME: home.at('.cache'),
        XDG_CONFIG_HOME: home.at('.config'),
        XDG_STATE_HOME: home.at('.local/state'),
        npm_config_cache: home.at('.npm'),
      },
    })
    const said = { text: '' }
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text: Buffer) => {
        said.text += text.toString()
      })
    try {
      return new RunningApp(await address(child, said), home, child, said)
    } catch (error) {
      await end(child)
      await home[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Everything it wrote to its terminal so far. */
  get output(): string {
    return this.#said.text
  }

  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null
  }

  /** Ends it as its terminal would; its home stays. */
  async stop(): Promise<void> {
    await end(this.#process)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await this.home[Symbol.asyncDispose]()
  }
}

async function homeFolder(): Promise<TemporaryFolder> {
  const home = await TemporaryFolder.make()
  for (const folder of ['Downloads', 'tmp']) await mkdir(home.at(folder))
  return home
}

async function address(child: ChildProcess, said: { text: string }): Promise<string> {
  const deadline = performance.now() + START_SECONDS * 1000
  while (performance.now() < deadline) {
    const url = URL_LINE.exec(said.text)?.[0]
    if (url) return url
    if (child.exitCode !== null) break
    await sleep(50)
  }
  throw new Error(`The program showed no address:\n${said.text.slice(-4000)}`)
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined) return
  const ended = child.exitCode !== null ? Promise.resolve() : once(child, 'exit')
  signal(child.pid, 'SIGTERM')
  await Promise.race([ended, sleep(5000, undefined, { ref: false })])
  signal(child.pid, 'SIGKILL')
}

function signal(group: number, name: NodeJS.Signals): void {
  try {
    process.kill(-group, name)
  } catch {
    // ESRCH: all of it has ended.
  }
}
