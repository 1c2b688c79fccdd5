import { writeFile } from 'node:fs/promises'
import { get as getHttp } from 'node:http'
import { get as getHttps } from 'node:https'
import { Certificates, type KeyPair } from './certificates.ts'
import { Daemon } from './daemons.ts'
import type { ServerTls } from './fake-server.ts'
import { ISSUER, SERVICE, TokenServer, type TokenServerOptions } from './token-server.ts'

export interface RegistryOptions {
  /** Whom it lets in: everybody unless said, or the one user `credentials` names. */
  readonly auth?: 'htpasswd' | 'token'
  /** How its token server behaves; the user is known to it. */
  readonly tokens?: TokenServerOptions
  /** With `clientAuthority` it demands a client's certificate. */
  readonly tls?: ServerTls
  /** Whether it takes schema 1 manifests. */
  readonly schema1?: boolean
  /** Whether manifests and blobs can be deleted. */
  readonly delete?: boolean
}

export interface Credentials {
  readonly username: string
  readonly password: string
}

const USER: Credentials = { username: 'puller', password: 'correct horse' }

/** The user's password by bcrypt, the only hash that docker-registry reads; made by crypt(3) with the least of its costs. */
const HTPASSWD = 'puller:$2y$04$TVfpspcFbeN96LLRF3aXZuUk4qdeoBuaJpvu4jqk1bFL44tJsEUKS\n'

/** Debian's docker-registry on a free loopback port, with storage of its own. */
export class Registry implements AsyncDisposable {
  /** `127.0.0.1:PORT`, or `localhost:PORT` over TLS. */
  readonly host: string
  readonly url: string
  /** Who is let in, where not everybody is. */
  readonly credentials: Credentials | undefined
  readonly #stack: AsyncDisposableStack
  readonly #daemon: Daemon
  readonly #tokens: TokenServer | undefined

  private constructor(
    daemon: Daemon,
    options: RegistryOptions,
    tokens: TokenServer | undefined,
    stack: AsyncDisposableStack,
  ) {
    this.#daemon = daemon
    this.#tokens = tokens
    this.#stack = stack
    this.host = `${options.tls ? 'localhost' : '127.0.0.1'}:${portOf(daemon)}`
    this.url = `${options.tls ? 'https' : 'http'}://${this.host}`
    this.credentials = options.auth ? USER : undefined
  }

  static async start(options: RegistryOptions = {}): Promise<Registry> {
    await using stack = new AsyncDisposableStack()
    const signer = options.auth === 'token' ? stack.use(await Certificates.make()).signer : undefined
    const users = { ...options.tokens?.users, [USER.username]: USER.password }
    const tokens = signer && stack.use(await TokenServer.start({ ...options.tokens, users, signer }))
    const daemon = stack.use(
      await Daemon.start(
        'docker-registry',
        async (folder) => {
          await writeFile(`${folder}/htpasswd`, HTPASSWD)
          // JSON is YAML.
          const config = configOf(folder, options, signer && tokens && { signer, realm: tokens.realm })
          await writeFile(`${folder}/config.yml`, JSON.stringify(config))
          return ['serve', `${folder}/config.yml`]
        },
        async (daemon) => answers(portOf(daemon), options.tls),
      ),
    )
    return new Registry(daemon, options, tokens, stack.move())
  }

  /** Its token server, where it has one. */
  get tokens(): TokenServer {
    if (!this.#tokens) throw new Error('this registry has no token server')
    return this.#tokens
  }

  /** What the log says so far, a line for every request among it. */
  get log(): string {
    return this.#daemon.log
  }

  /** What an Authorization header must say to pull from a repository and push to it. */
  authorization(repository: string): string | undefined {
    if (!this.credentials) return undefined
    const { username, password } = this.credentials
    if (this.#tokens) return `Bearer ${this.#tokens.tokenFor(username, `repository:${repository}:pull,push`)}`
    return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}

function configOf(
  folder: string,
  { auth, tls, schema1, delete: deletes }: RegistryOptions,
  tokens: { readonly signer: KeyPair; readonly realm: string } | undefined,
): unknown {
  return {
    version: '0.1',
    log: { level: 'info' },
    storage: {
      filesystem: { rootdirectory: `${folder}/registry` },
      delete: { enabled: deletes ?? false },
    },
    http: {
      // The log says which port it took: no other test can take it in between.
      addr: '127.0.0.1:0',
      secret: 'a secret of no worth',
      ...(tls && {
        tls: {
          certificate: tls.cert,
          key: tls.key,
          ...(tls.clientAuthority && { clientcas: [tls.clientAuthority] }),
        },
      }),
    },
    ...(auth === 'htpasswd' && { auth: { htpasswd: { realm: 'test', path: `${folder}/htpasswd` } } }),
    ...(tokens && {
      auth: {
        token: { realm: tokens.realm, service: SERVICE, issuer: ISSUER, rootcertbundle: tokens.signer.cert },
      },
    }),
    ...(schema1 && { compatibility: { schema1: { enabled: true } } }),
    // Foreign layers are refused otherwise.
    validation: { manifests: { urls: { allow: ['.*'] } } },
  }
}

function portOf(daemon: Daemon): number | undefined {
  const port = /listening on 127\.0\.0\.1:(\d+)/.exec(daemon.log)?.[1]
  return port === undefined ? undefined : Number(port)
}

/** Whatever it answers, be it 401: it is there. */
async function answers(port: number | undefined, tls: ServerTls | undefined): Promise<boolean> {
  if (port === undefined) return false
  // Who has to show a certificate cannot ask for more than a handshake.
  if (tls?.clientAuthority !== undefined) return true
  return new Promise((resolve) => {
    const listener = (response: { resume(): void }): void => {
      response.resume()
      resolve(true)
    }
    const target = { host: '127.0.0.1', port, path: '/v2/', timeout: 2000, agent: false }
    const request = tls
      ? getHttps({ ...target, rejectUnauthorized: false }, listener)
      : getHttp(target, listener)
    request.on('error', () => resolve(false))
    request.on('timeout', () => request.destroy())
  })
}
