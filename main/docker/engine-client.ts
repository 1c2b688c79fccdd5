import { readFileSync } from 'node:fs'
import { Agent as HttpAgent, type Agent, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { join } from 'node:path'
import { inspect } from 'node:util'
import type Dockerode from 'dockerode'
import { z } from 'zod'
import { ImageError } from '../../shared/errors.ts'
import { versionIn, type EngineVersion } from './engine-api.ts'
import type { EngineAddress } from './engine-address.ts'
import { engineError, inWords, type EngineSubject } from './engine-errors.ts'
import type { EngineHost } from './docker-hosts.ts'
import { gathered } from './gathered.ts'
import { parsed } from './docker-contexts.ts'
import { rawGet } from './raw-get.ts'

/** The most that any answer but an export may be: a list of ten thousand images is a tenth of it. */
const ANSWER_LIMIT = 64 * 1024 * 1024
const MESSAGE_LIMIT = 64 * 1024

type Query = Readonly<Record<string, string | undefined>>
/** To be read once; a piece is valid until the next one is asked for. */
export interface Download extends Disposable {
  readonly bytes: AsyncIterable<Uint8Array>
}

type Modem = Dockerode['modem']

/** Requests to one engine, by dockerode. Each has a connection of its own, which ends with it. */
export class EngineClient implements Disposable {
  /** The engine's address, as messages and `?socket=` have it. */
  readonly name: string
  readonly #modem: Modem
  readonly #agent: Agent
  readonly #address: EngineAddress
  #version: Promise<EngineVersion> | undefined

  private constructor(address: EngineAddress, modem: Modem, agent: Agent) {
    this.name = address.text
    this.#address = address
    this.#modem = modem
    this.#agent = agent
  }

  /** Asks the engine nothing yet. */
  static async to(host: EngineHost): Promise<EngineClient> {
    // A tenth of a second, for those who need it.
    const { default: Client } = await import('dockerode')
    const agent = unseen(await agentFor(host))
    const options = { ...NOTHING, ...endOf(host.address), agent }
    const { modem } = apartFromVariables(() => new Client(options))
    return new EngineClient(host.address, modem, agent)
  }

  /** What it is; asked once. */
  version(signal: AbortSignal): Promise<EngineVersion> {
    this.#version ??= this.#ping(signal)
    return this.#version
  }

  /** A JSON answer. `image` is for messages. */
  async json<T extends z.ZodType>(
    path: string,
    schema: T,
    signal: AbortSignal,
    options: { readonly query?: Query; readonly image?: string } = {},
  ): Promise<z.output<T>> {
    const response = await this.stream(path, signal, options)
    try {
      return this.#parsed(await whole(response), schema)
    } catch (error) {
      signal.throwIfAborted()
      throw engineError(error, this.#subject(options.image))
    }
  }

  /** The answer's bytes as they come. Aborting the signal cuts the connection, and so does destroying the answer. */
  async stream(
    path: string,
    signal: AbortSignal,
    options: { readonly query?: Query; readonly image?: string } = {},
  ): Promise<IncomingMessage> {
    signal.throwIfAborted()
    try {
      return await new Promise<IncomingMessage>((resolve, reject) => {
        this.#modem.dial(
          {
            path: `${path}?`,
            method: 'GET',
            isStream: true,
            abortSignal: unseen(AbortSignal.any([signal])),
            statusCodes: { 200: true },
            options: definedIn(options.query),
          },
          (error: unknown, answer: unknown) => {
            if (error) reject(error)
            else resolve(answer as IncomingMessage)
          },
        )
      })
    } catch (error) {
      signal.throwIfAborted()
      throw engineError(error, this.#subject(options.image))
    }
  }

  /** A large answer, by the shortest way there is. */
  async download(
    path: string,
    signal: AbortSignal,
    options: { readonly query?: Query; readonly image?: string } = {},
  ): Promise<Download> {
    if (this.#address.kind !== 'socket') {
      const response = await this.stream(path, signal, options)
      return { bytes: gathered(response), [Symbol.dispose]: () => void response.destroy() }
    }
    try {
      const query = new URLSearchParams(definedIn(options.query)).toString()
      const answer = await rawGet(this.#address.path, query === '' ? path : `${path}?${query}`, signal)
      if (answer.status === 200) return answer
      using _ = answer
      throw Object.assign(new Error(await messageIn(answer.bytes)), { statusCode: answer.status })
    } catch (error) {
      signal.throwIfAborted()
      throw engineError(error, this.#subject(options.image))
    }
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }

  async #ping(signal: AbortSignal): Promise<EngineVersion> {
    const response = await this.stream('/_ping', signal)
    response.destroy()
    const version = versionIn(response.headers)
    if (version) return version
    throw new ImageError('engine', `What listens at ${this.name} is not a Docker or Podman engine.`, {
      remedy: 'Give the address of an engine.',
    })
  }

  #parsed<T extends z.ZodType>(bytes: Buffer, schema: T): z.output<T> {
    try {
      return schema.parse(JSON.parse(bytes.toString()))
    } catch (error) {
      throw new ImageError('engine', `What the engine at ${this.name} answered makes no sense.`, {
        remedy: 'Check that it is a Docker or Podman engine.',
        detail: inWords(error instanceof Error ? error.message : String(error)),
      })
    }
  }

  #subject(image: string | undefined): EngineSubject {
    return { engine: this.name, ...(image === undefined ? {} : { image }) }
  }
}

function definedIn(query: Query = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}

/** What a refusal says: `{"message":"…"}`, and as a rule little else. */
async function messageIn(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  let text = ''
  for await (const piece of bytes) {
    text += Buffer.from(piece).toString()
    if (text.length > MESSAGE_LIMIT) break
  }
  return messageSchema.safeParse(parsed(text)).data?.message ?? text
}

const messageSchema = z.object({ message: z.string() })

async function whole(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > ANSWER_LIMIT) throw new ImageError('limit', 'The engine’s answer is too large.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** docker-modem puts what DOCKER_HOST and its companions say under every option that is not given. */
const NOTHING = {
  socketPath: undefined,
  host: undefined,
  port: undefined,
  username: undefined,
  ca: undefined,
  cert: undefined,
  key: undefined,
  pathPrefix: '/',
  timeout: undefined,
  protocol: 'http' as const,
}

function endOf(address: EngineAddress): object {
  switch (address.kind) {
    case 'socket':
      return { socketPath: address.path }
    case 'tcp':
      return {
        host: address.host,
        port: address.port,
        protocol: address.isSecure ? 'https' : 'http',
        pathPrefix: `${address.prefix}/`,
      }
    case 'ssh':
      // The name is for the Host header alone; the connection is the agent's.
      return { host: 'engine', port: 80 }
  }
}

async function agentFor({ address, certificates }: EngineHost): Promise<Agent> {
  if (address.kind === 'ssh') {
    const { SshAgent } = await import('./ssh-agent.ts')
    return new SshAgent(address)
  }
  if (address.kind === 'socket' || !address.isSecure) return new HttpAgent({ keepAlive: false })
  const pem = (name: string): { [key: string]: Buffer } => {
    if (!certificates) return {}
    try {
      return { [name]: readFileSync(join(certificates.folder, `${name}.pem`)) }
    } catch {
      // Each of the three may be missing; whether that is enough, the handshake says.
      return {}
    }
  }
  return new HttpsAgent({
    keepAlive: false,
    ...pem('ca'),
    ...pem('cert'),
    ...pem('key'),
    rejectUnauthorized: !certificates?.isUnchecked,
  })
}

/**
 * docker-modem makes a text of every request's options, for a log that hardly anybody reads: all that hangs on an agent or a signal, keys
 * among it, and for longer than the request takes.
 */
function unseen<T extends object>(value: T): T {
  return Object.defineProperty(value, inspect.custom, { value: () => '…' })
}

/** docker-modem reads these when it is made, and fails over what is wrong in them, also where they do not concern it. */
function apartFromVariables<T>(make: () => T): T {
  const kept = VARIABLES.map((name) => [name, process.env[name]] as const)
  for (const name of VARIABLES) delete process.env[name]
  try {
    return make()
  } finally {
    for (const [name, value] of kept) if (value !== undefined) process.env[name] = value
  }
}

const VARIABLES = ['DOCKER_HOST', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH', 'DOCKER_PATH_PREFIX'] as const
