import { spawn } from 'node:child_process'
import { Agent } from 'node:http'
import { Duplex } from 'node:stream'
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
    const child = spawn('ssh', sshArguments(this.#address), { stdio: ['pipe', 'pipe', 'pipe'] })
    const connection = Duplex.from({ readable: child.stdout, writable: child.stdin })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-2000)
    })
    child.on('error', (error) => connection.destroy(error))
    child.on('close', (status) => {
      if (status !== 0) connection.destroy(refused(this.#address.text, said))
    })
    connection.on('close', () => child.kill())
    return connection
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
