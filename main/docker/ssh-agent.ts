import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { Agent } from 'node:http'
import { Duplex, type Readable, type Writable } from 'node:stream'
import { ImageError } from '../../shared/errors.ts'
import type { EngineAddress } from './engine-address.ts'
import { inWords } from './engine-errors.ts'

/**
 * Connections through the user's own `ssh`, as the docker command makes them: with his configuration, his keys and, above all, his list
 * of known hosts, which dockerode's own way over ssh does not look at.
 */
export class SshAgent extends Agent {
  readonly #address: Extract<EngineAddress, { kind: 'ssh' }>

  constructor(address: Extract<EngineAddress, { kind: 'ssh' }>) {
    super({ keepAlive: false })
    this.#address = address
  }

  override createConnection(): Duplex {
    return new SshConnection(this.#address)
  }
}

/** What ssh reads and writes, as one connection. It ends when ssh has: only then is known whether that was well. */
class SshConnection extends Duplex {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>

  constructor(address: Extract<EngineAddress, { kind: 'ssh' }>) {
    super()
    const child = spawn('ssh', sshArguments(address), { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#child = child
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) child.stdout.pause()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-2000)
    })
    // Whoever hung up says why at its end.
    child.stdin.on('error', () => {})
    child.on('error', () => this.destroy(refused(address.text, 'ssh cannot be started')))
    child.on('close', (status) => {
      if (status === 0) this.push(null)
      else this.destroy(refused(address.text, said))
    })
  }

  override _read(): void {
    this.#child.stdout.resume()
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#child.stdin.write(chunk, () => done())
  }

  override _final(done: () => void): void {
    this.#child.stdin.end(done)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#child.kill()
    done(error)
  }
}

/** Nothing may be asked on a terminal that is not there. */
export function sshArguments(address: Extract<EngineAddress, { kind: 'ssh' }>): string[] {
  const { host, port, user, path } = address
  return [
    '-T',
    '-o',
    'BatchMode=yes',
    '-o',
    'ConnectTimeout=30',
    ...(user === undefined ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    '--',
    host.replace(/^\[(.*)\]$/, '$1'),
    remoteCommand(path),
  ]
}

/** `path` is of a grammar that no shell reads anything into. */
function remoteCommand(path: string): string {
  if (path === '') return 'docker system dial-stdio'
  return path.includes('podman')
    ? `podman --url unix://${path} system dial-stdio`
    : `docker --host unix://${path} system dial-stdio`
}

function refused(text: string, said: string): ImageError {
  return new ImageError('engine', `The engine at ${text} cannot be reached over ssh.`, {
    remedy: 'Check that ssh signs in there without asking, and that docker runs there.',
    detail: inWords(said),
  })
}
