import { spawn, type ChildProcess } from 'node:child_process'
import { createWriteStream, readFileSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { command, tryCommand } from './command.ts'
import { TemporaryFolder } from './temporary-folder.ts'

/** How long an engine may take to answer; a cold start on a busy two-core machine was seen to take twelve seconds. */
const READY_SECONDS = 60

/** A real Docker engine of its own: data, state and socket in a temporary folder, no bridge, no firewall rules. */
export class Dockerd implements AsyncDisposable {
  readonly socket: string
  readonly #daemon: Daemon

  private constructor(daemon: Daemon) {
    this.#daemon = daemon
    this.socket = daemon.socket
  }

  static async start(): Promise<Dockerd> {
    return new Dockerd(
      await Daemon.start('dockerd', (folder, socket) => [
        `--data-root=${join(folder, 'data')}`,
        `--exec-root=${join(folder, 'exec')}`,
        `--pidfile=${join(folder, 'pid')}`,
        `--host=unix://${socket}`,
        '--iptables=false',
        '--ip6tables=false',
        '--bridge=none',
        '--log-level=warn',
      ]),
    )
  }

  /** The docker command line against this engine. */
  async docker(...args: string[]): Promise<string> {
    return command('docker', args, {
      env: {
        DOCKER_HOST: `unix://${this.socket}`,
        DOCKER_BUILDKIT: '0',
        DOCKER_CONFIG: this.#daemon.folder.at('config'),
      },
    })
  }

  /** Ends it as the system does when memory runs out: at once, with all that it started. */
  async kill(): Promise<void> {
    await this.#daemon.kill()
  }

  /** After `kill`: the same data, the same socket. */
  async restart(): Promise<void> {
    // Where nobody reaps the containerd that was killed, dockerd takes what is left of it for alive and waits for it in vain.
    await rm(this.#daemon.folder.at('exec/containerd/containerd.pid'), { force: true })
    await this.#daemon.restart()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#daemon[Symbol.asyncDispose]()
  }
}

/** A real Podman with storage of its own; its engine API listens on `socket`. */
export class Podman implements AsyncDisposable {
  readonly socket: string
  readonly #daemon: Daemon

  private constructor(daemon: Daemon) {
    this.#daemon = daemon
    this.socket = daemon.socket
  }

  static async start(): Promise<Podman> {
    return new Podman(
      await Daemon.start('podman', (folder, socket) => [
        ...storageOf(folder),
        'system',
        'service',
        '--time=0',
        `unix://${socket}`,
      ]),
    )
  }

  /** The podman command line against the same storage. */
  async podman(...args: string[]): Promise<string> {
    const { folder } = this.#daemon
    return command('podman', [...storageOf(folder.path), ...args], { env: { TMPDIR: folder.path } })
  }

  /** As Dockerd's. */
  async kill(): Promise<void> {
    await this.#daemon.kill()
  }

  async restart(): Promise<void> {
    await this.#daemon.restart()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#daemon[Symbol.asyncDispose]()
  }
}

function storageOf(folder: string): string[] {
  return ['--root', join(folder, 'storage'), '--runroot', join(folder, 'run'), '--storage-driver', 'overlay']
}

/** A process that listens, with a folder of its own, and everything it leaves behind. */
export class Daemon implements AsyncDisposable {
  readonly folder: TemporaryFolder
  readonly socket: string
  readonly #program: string
  readonly #args: readonly string[]
  readonly #isReady: (daemon: Daemon) => Promise<boolean>
  #process: ChildProcess

  private constructor(
    folder: TemporaryFolder,
    socket: string,
    program: string,
    args: readonly string[],
    isReady: (daemon: Daemon) => Promise<boolean>,
  ) {
    this.folder = folder
    this.socket = socket
    this.#program = program
    this.#args = args
    this.#isReady = isReady
    this.#process = this.#spawn()
  }

  /** `isReady` says whether it answers: an engine on its socket unless said, others elsewhere. */
  static async start(
    program: string,
    args: (folder: string, socket: string) => string[] | Promise<string[]>,
    isReady: (daemon: Daemon) => Promise<boolean> = ({ socket }) => answers(socket),
  ): Promise<Daemon> {
    const folder = await TemporaryFolder.make()
    await mkdir(folder.at('config'))
    const socket = folder.at('socket')
    const daemon = new Daemon(folder, socket, program, await args(folder.path, socket), isReady)
    try {
      await daemon.#ready()
    } catch (error) {
      await daemon[Symbol.asyncDispose]()
      throw error
    }
    return daemon
  }

  async kill(): Promise<void> {
    const child = this.#process
    const ended = new Promise((resolve) => child.once('exit', resolve))
    if (child.pid !== undefined) killGroup(child.pid)
    if (isRunning(child)) await ended
  }

  async restart(): Promise<void> {
    await rm(this.socket, { force: true })
    this.#process = this.#spawn()
    await this.#ready()
  }

  #spawn(): ChildProcess {
    // A process group of its own, so that what it starts (containerd, shims) ends with it.
    const child = spawn(this.#program, this.#args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TMPDIR: this.folder.path, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
    })
    const log = createWriteStream(this.folder.at('log'), { flags: 'a' })
    child.stdout.pipe(log, { end: false })
    child.stderr.pipe(log, { end: false })
    child.once('close', () => log.end())
    return child
  }

  async #ready(): Promise<void> {
    const failed = new Promise<never>((_resolve, reject) => {
      this.#process.once('error', reject)
      this.#process.once('exit', (status, signal) => {
        reject(new Error(`${this.#program} ended with ${status ?? signal}:\n${tail(this.folder.at('log'))}`))
      })
    })
    // Awaited while it starts; later exits are ours.
    failed.catch(() => {})
    await Promise.race([ready(this.#program, () => this.#isReady(this)), failed])
  }

  /** What it has printed so far. */
  get log(): string {
    return tail(this.folder.at('log'), Infinity)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (isRunning(this.#process)) {
      const ended = new Promise((resolve) => this.#process.once('exit', resolve))
      this.#process.kill('SIGTERM')
      await Promise.race([ended, sleep(15_000, undefined, { ref: false })])
    }
    if (this.#process.pid !== undefined) killGroup(this.#process.pid)
    await unmountBelow(this.folder.path)
    await rm(this.folder.path, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // ESRCH: the whole group is gone already.
  }
}

/** Container file systems that an engine did not unmount would make the folder undeletable; deepest first. */
async function unmountBelow(folder: string): Promise<void> {
  const points = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((point) => point.startsWith(`${folder}/`))
    .sort((a, b) => b.length - a.length)
  for (const point of points) await tryCommand('umount', ['--lazy', point])
}

async function ready(program: string, isReady: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + READY_SECONDS * 1000
  while (performance.now() < deadline) {
    if (await isReady()) return
    await sleep(100)
  }
  throw new Error(`${program} did not answer within ${READY_SECONDS} s`)
}

async function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const ping = request(
      { socketPath, path: '/_ping', headers: { host: 'engine' }, timeout: 2000 },
      (response) => {
        response.resume()
        resolve(response.statusCode === 200)
      },
    )
    ping.on('error', () => resolve(false))
    ping.on('timeout', () => ping.destroy())
    ping.end()
  })
}

function tail(path: string, length = 2000): string {
  try {
    return readFileSync(path, 'utf8').slice(-length)
  } catch {
    return ''
  }
}
