import { request, type Dispatcher } from 'undici'
import { ImageError } from '../../shared/errors.ts'
import { visible } from '../../shared/path-bytes.ts'
import { Authorization } from './authorization.ts'
import { parseChallenges } from './challenge.ts'
import { Connections } from './connections.ts'
import { credentialsFor } from './credentials.ts'
import { isPassing, isUnreached, networkError } from './network-words.ts'
import { hostOf, isLoopback, isSameOrigin, urlOf } from './origin.ts'
import type { Location } from './registries-conf.ts'
import type { RegistryAccess } from './registry-access.ts'
import { discard, failureOf, headerOf, PassingFailure, readBody, type Answer } from './registry-answer.ts'
import { MOST_TRIES, pause, pauseBefore } from './retry.ts'

const MOST_REDIRECTS = 10
const TOKEN_LIMIT = 1024 * 1024

export interface RegistryRequest {
  /** Below `/v2/`, or a whole address where the registry gave one (a next page). */
  readonly path: string
  readonly method?: 'GET' | 'HEAD'
  readonly headers?: Readonly<Record<string, string>>
  /** What the token is for: `repository:library/debian:pull`. */
  readonly scope: string
  /** What is asked for, in words for messages. */
  readonly what: string
}

/** One registry over HTTP API v2: who one is, where it redirects to, and what its failures mean. */
export class RegistryClient implements AsyncDisposable {
  readonly location: Location
  readonly #base: URL
  readonly #connections: Connections
  readonly #authorization: Authorization

  private constructor(location: Location, base: URL, connections: Connections, authorization: Authorization) {
    this.location = location
    this.#base = base
    this.#connections = connections
    this.#authorization = authorization
  }

  /**
   * Asks the registry whether it speaks API v2 and how it wants to be spoken to: over TLS; or without, where that was asked for or the
   * registry is on this machine. Fails with 'network' or 'certificate'.
   */
  static async connect(
    location: Location,
    access: RegistryAccess,
    signal: AbortSignal,
  ): Promise<RegistryClient> {
    const host = apiHost(location.registry)
    const schemes = schemesFor(baseOf('https', host), location.insecure)
    return retried(signal, async () => {
      let failure: unknown
      for (const scheme of schemes) {
        try {
          return await RegistryClient.#at(baseOf(scheme, host), location, access, signal)
        } catch (error) {
          if (!isOtherScheme(error, location)) throw error
          // A connection that was merely cut says less about the scheme than one that speaks another.
          failure = isPassing(failure) ? failure : error
        }
      }
      throw failure
    })
  }

  static async #at(
    base: URL,
    location: Location,
    access: RegistryAccess,
    signal: AbortSignal,
  ): Promise<RegistryClient> {
    await using stack = new AsyncDisposableStack()
    const { insecure, registry, repository } = location
    const connections = stack.use(new Connections(base, { insecure, caFile: () => access.caFile() }))
    const authorization = new Authorization({
      registry: base,
      credentials: () => credentialsFor(registry, repository, access),
      async send({ url, ...options }, signal) {
        const answer = await sendOnce(connections, url, options, signal)
        if (answer.status === 429 || answer.status >= 500) throw await failureOf(answer, 'a token')
        const body = await readBody(answer, TOKEN_LIMIT, 'The token')
        return { status: answer.status, body: jsonOf(body) }
      },
    })
    const client = new RegistryClient(location, base, connections, authorization)
    await client.#ping(signal)
    stack.move()
    return client
  }

  /** The answer, whatever its status but 401; signed in where the registry asks for it, redirects followed. Tried once. */
  async send(
    { path, method = 'GET', headers = {}, scope, what }: RegistryRequest,
    signal: AbortSignal,
  ): Promise<Answer> {
    const url = new URL(path, new URL('/v2/', this.#base))
    if (!isSameOrigin(url, this.#base))
      throw new ImageError('server', `${this.#base.host} gives its next page at another address.`, {
        detail: visible(url.origin),
      })
    for (let isSecond = false; ; isSecond = true) {
      const authorization = await this.#authorization.header(scope, signal)
      const own = authorization === undefined ? headers : { ...headers, authorization }
      const answer = await this.#follow(url, { method, headers: own }, signal)
      if (answer.status !== 401 || !isSameOrigin(answer.url, this.#base)) return answer
      if (isSecond) throw await this.#refused(answer, what)
      await discard(answer)
      this.#authorization.challenge(challengesOf(answer), scope)
    }
  }

  /** A whole document of the registry, tried again while its failure may pass, a body that is cut off among them. */
  async document(
    request: RegistryRequest & { readonly limit: number },
    signal: AbortSignal,
  ): Promise<{ readonly bytes: Buffer; readonly answer: Answer }> {
    return retried(signal, async () => {
      const answer = await this.send(request, signal)
      if (answer.status !== 200) throw await failureOf(answer, request.what)
      return { bytes: await readBody(answer, request.limit, request.what), answer }
    })
  }

  /** From a URL that a manifest gives: no credentials go there. */
  async foreign(url: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Answer> {
    return this.#follow(url, { method: 'GET', headers }, signal)
  }

  /** Fails with 'sign-in' where the registry does not take the credentials, or wants some and has none. */
  async signIn(signal: AbortSignal): Promise<void> {
    const answer = await this.send({ path: '', scope: '', what: 'its API' }, signal)
    if (answer.status !== 200) throw await failureOf(answer, 'its API')
    await discard(answer)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connections[Symbol.asyncDispose]()
  }

  async #ping(signal: AbortSignal): Promise<void> {
    const url = new URL('/v2/', this.#base)
    const answer = await this.#follow(url, { method: 'GET', headers: {} }, signal)
    if (answer.status === 401 && isSameOrigin(answer.url, this.#base))
      this.#authorization.challenge(challengesOf(answer), '')
    if (answer.status === 429 || answer.status >= 500) throw await failureOf(answer, 'its API')
    // What servers with TLS answer to whoever comes without.
    if (answer.status === 400 && url.protocol === 'http:') throw wantsTls(answer)
    await discard(answer)
  }

  async #follow(
    start: URL,
    options: { readonly method: 'GET' | 'HEAD'; readonly headers: Readonly<Record<string, string>> },
    signal: AbortSignal,
  ): Promise<Answer> {
    let url = start
    let { headers } = options
    for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
      const answer = await sendOnce(this.#connections, url, { method: options.method, headers }, signal)
      const target = headerOf(answer, 'location')
      if (!REDIRECTS.has(answer.status) || target === undefined) return answer
      await discard(answer)
      const next = redirectTarget(url, target)
      // What proves who one is belongs to the origin it was given for (CVE-2020-15157).
      if (!isSameOrigin(next, url)) headers = withoutAuthorization(headers)
      url = next
    }
    throw new ImageError('server', `${start.host} redirects more than ${MOST_REDIRECTS} times.`)
  }

  async #refused(answer: Answer, what: string): Promise<ImageError> {
    const credentials = await this.#authorization.credentials()
    const failure = await failureOf(answer, what)
    if (!credentials)
      return new ImageError('sign-in', failure.message, { ...given(failure.remedy, failure.detail) })
    return new ImageError('sign-in', `${this.#base.host} does not take these credentials.`, {
      ...given('Check the user and the password or token, then sign in again.', failure.detail),
    })
  }
}

/** Works again while a failure may pass, up to so many times. */
async function retried<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await work()
    } catch (error) {
      if (failures === MOST_TRIES || !(error instanceof PassingFailure || isPassing(error))) throw error
      await pause(pauseBefore(failures, error instanceof PassingFailure ? error.wish : undefined), signal)
    }
  }
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
/** How a server takes a connection with TLS where it wants none, or the other way round. */
const OTHER_SCHEME: ReadonlySet<string> = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'EPROTO',
  'ECONNRESET',
  'UND_ERR_SOCKET',
  'HPE_INVALID_CONSTANT',
  'status 400',
])

/** The ways to try. On this machine most registries are without TLS, and nothing can listen in between. */
function schemesFor(base: URL, insecure: boolean): ['http' | 'https', ...('http' | 'https')[]] {
  if (isLoopback(hostOf(base))) return ['http', 'https']
  return insecure ? ['https', 'http'] : ['https']
}

function isOtherScheme(failure: unknown, { registry }: Location): boolean {
  if (!(failure instanceof ImageError)) return false
  // Without a port each scheme has its own.
  const isElsewhere = !/:\d+$/.test(registry) && isUnreached(failure)
  return isElsewhere || OTHER_SCHEME.has(failure.detail ?? '')
}

/** Docker Hub answers under another name than its own. */
function apiHost(registry: string): string {
  return registry === 'docker.io' || registry === 'index.docker.io' ? 'registry-1.docker.io' : registry
}

function baseOf(scheme: string, host: string): URL {
  const text = `${scheme}://${host}/`
  if (URL.canParse(text)) return new URL(text)
  throw new ImageError('usage', `“${visible(host)}” is not the name of a registry.`)
}

async function sendOnce(
  connections: Connections,
  url: URL,
  options: {
    readonly method: Dispatcher.HttpMethod
    readonly headers: Readonly<Record<string, string>>
    readonly body?: string
  },
  signal: AbortSignal,
): Promise<Answer> {
  signal.throwIfAborted()
  try {
    const dispatcher = await connections.to(url)
    const { statusCode, headers, body } = await request(url, {
      ...options,
      dispatcher,
      signal,
      headers: { 'accept-encoding': 'identity', 'user-agent': 'occystrap', ...options.headers },
    })
    return { url, status: statusCode, headers, body }
  } catch (error) {
    signal.throwIfAborted()
    throw networkError(error, url.host)
  }
}

function wantsTls(answer: Answer): ImageError {
  answer.body.on('error', () => {}).destroy()
  return new ImageError('server', `${answer.url.host} does not take plain HTTP.`, {
    remedy: 'Leave --insecure and ?insecure=true away.',
    detail: 'status 400',
  })
}

function redirectTarget(from: URL, target: string): URL {
  const url = urlOf(target, from)
  const isWeb = url?.protocol === 'https:' || (url?.protocol === 'http:' && from.protocol === 'http:')
  if (url && isWeb) return url
  throw new ImageError('server', `${from.host} redirects to an address that is not safe.`, {
    remedy: 'Ask whoever runs the registry.',
    detail: visible(url ? url.origin : 'no address'),
  })
}

function withoutAuthorization(headers: Readonly<Record<string, string>>): Record<string, string> {
  const { authorization: _, ...rest } = headers
  return rest
}

function challengesOf(answer: Answer) {
  const field = answer.headers['www-authenticate']
  return parseChallenges(Array.isArray(field) ? field.join(', ') : (field ?? ''))
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}

function given(remedy: string | undefined, detail: string | undefined): { remedy?: string; detail?: string } {
  return { ...(remedy === undefined ? {} : { remedy }), ...(detail === undefined ? {} : { detail }) }
}
