import { spawn } from 'node:child_process'

export interface CommandOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Written to its standard input, which is empty otherwise. */
  readonly input?: string | Uint8Array
  /** Seconds until it is killed; ten minutes unless said. */
  readonly seconds?: number
}

export interface CommandResult {
  /** Exit status; null where a signal ended it. */
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: Buffer
  readonly stderr: string
}

/** Runs a program to its end, whatever its status. */
export async function tryCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: (options.seconds ?? 600) * 1000,
    killSignal: 'SIGKILL',
  })
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  // A program that does not read its input closes the pipe: that is its right.
  child.stdin.on('error', () => {})
  child.stdin.end(options.input)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status, signal) => {
      resolve({ status, signal, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() })
    })
  })
}

/** Runs a program that must succeed, and answers what it printed; the error says what it said. */
export async function command(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const { status, signal, stdout, stderr } = await tryCommand(program, args, options)
  if (status === 0) return stdout.toString()
  const line = [program, ...args].join(' ').slice(0, 400)
  throw new Error(
    `${line}: ended with ${status ?? signal}\n${stderr.slice(-4000)}${stdout.toString().slice(-2000)}`,
  )
}

/** A line for bash, with its pipes held to account. */
export async function shell(line: string, options: CommandOptions = {}): Promise<string> {
  return command('bash', ['-o', 'errexit', '-o', 'nounset', '-o', 'pipefail', '-c', line], options)
}
