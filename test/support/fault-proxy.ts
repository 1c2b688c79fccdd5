import { once } from 'node:events'
import { request as requestHttp, STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http'
import { request as requestHttps } from 'node:https'
import { pipeline } from 'node:stream/promises'
import type { Digest } from '../../shared/digest.ts'
import { headOf, LocalServer, type ServerOptions } from './fake-server.ts'
import { delivered } from './socket-queue.ts'
import { Cut, matches, only, pause, spoil } from './network-faults.ts'
import type { Fault, FaultRule, Reply, RequestHead } from './network-faults.ts'

export interface ProxiedRequest extends RequestHead {
  /** When it came in, by performance.now(). */
  readonly at: number
  readonly faults: readonly Fault['kind'][]
  /** 0 where nothing was answered. */
  status: number
  /** Body bytes handed to the network. */
  bytes: number
}

export interface FaultProxyOptions extends ServerOptions {
  readonly rules?: readonly FaultRule[]
  /** Lets a Location at the registry itself lead through the proxy. */
  readonly rewritesLocation?: boolean
}

/** A reverse proxy in front of any registry, FakeRegistry or a real one, that does to chosen answers what networks and servers do. */
export class FaultProxy implements AsyncDisposable {
  readonly requests: ProxiedRequest[] = []
  readonly #upstream: URL
  readonly #options: FaultProxyOptions
  #rules: { readonly rule: FaultRule; matched: number }[] = []
  #server: LocalServer | undefined

  private constructor(upstream: string, options: FaultProxyOptions) {
    this.#upstream = new URL(upstream)
    this.#options = options
    this.add(...(options.rules ?? []))
  }

  /** `upstream` is the registry's URL; its certificate is not looked at. */
  static async start(upstream: string, options: FaultProxyOptions = {}): Promise<FaultProxy> {
    const proxy = new FaultProxy(upstream, options)
    proxy.#server = await LocalServer.start(
      (request, response) => void proxy.#handle(request, response),
      options,
    )
    return proxy
  }

  get server(): LocalServer {
    if (!this.#server) throw new Error('the proxy has not started')
    return this.#server
  }

  get host(): string {
    return this.server.host
  }

  get url(): string {
    return this.server.url
  }

  /** The first rule that matches a request and is not used up counts. */
  add(...rules: readonly FaultRule[]): void {
    this.#rules.push(...rules.map((rule) => ({ rule, matched: 0 })))
  }

  /** No faults from here on. */
  heal(): void {
    this.#rules = []
  }

  /** Body bytes passed on for a blob so far, over all its requests. */
  bytesOf(digest: Digest): number {
    return this.requestsFor(digest).reduce((sum, { bytes }) => sum + bytes, 0)
  }

  requestsFor(digest: Digest): readonly ProxiedRequest[] {
    return this.requests.filter(
      ({ url, method }) => method === 'GET' && decodeURIComponent(url).includes(digest),
    )
  }

  #faultsFor(request: RequestHead): readonly Fault[] {
    for (const entry of this.#rules) {
      const { rule } = entry
      if (!matches(rule, request)) continue
      const turn = entry.matched - (rule.skip ?? 0)
      if (turn >= (rule.times ?? Infinity)) continue
      entry.matched++
      return turn < 0 ? [] : [rule.fault].flat()
    }
    return []
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const head = headOf(incoming)
    const faults = this.#faultsFor(head)
    const kinds = faults.map(({ kind }) => kind)
    const request: ProxiedRequest = { ...head, at: performance.now(), faults: kinds, status: 0, bytes: 0 }
    this.requests.push(request)
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    response.on('error', () => {})
    try {
      for (const fault of faults) {
        if (!('after' in fault) || fault.after !== 'request') continue
        if (fault.kind === 'silence') await pause(fault.ms, gone.signal)
        if (fault.kind === 'cut') throw new Cut(fault.by)
      }
      const reply = await this.#reply(incoming, request, faults, gone.signal)
      await spoil(reply, faults, gone.signal)
      await send(response, reply, request, faults, gone.signal)
    } catch (error) {
      // Whatever else goes wrong, an upstream that died among it, looks to the client like a cut.
      if (!gone.signal.aborted) await this.#cut(incoming, error instanceof Cut ? error.by : 'rst')
    }
  }

  async #reply(
    incoming: IncomingMessage,
    request: ProxiedRequest,
    faults: readonly Fault[],
    signal: AbortSignal,
  ): Promise<Reply> {
    const canned = faults.find((fault) => fault.kind === 'answer')
    if (!canned)
      return this.#ask(
        incoming,
        faults.some(({ kind }) => kind === 'ignore-range'),
        signal,
      )
    incoming.resume()
    const { status, headers, body = '' } = canned.with(request)
    const bytes = Buffer.from(body)
    return { status, headers: { ...headers, 'content-length': String(bytes.length) }, body: only(bytes) }
  }

  async #ask(incoming: IncomingMessage, ignoresRange: boolean, signal: AbortSignal): Promise<Reply> {
    const { host: _host, connection: _connection, ...headers } = incoming.headers
    if (ignoresRange) {
      delete headers.range
      delete headers['if-range']
    }
    const target = new URL(incoming.url ?? '/', this.#upstream)
    const options = { method: incoming.method ?? 'GET', headers, agent: false, signal }
    const outgoing =
      target.protocol === 'https:'
        ? requestHttps(target, { ...options, rejectUnauthorized: false })
        : requestHttp(target, options)
    // After the answer nobody else listens, and it may be dropped half read.
    outgoing.on('error', () => {})
    const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>
    // Once there is an answer, an upload that nobody reads to its end is no failure.
    pipeline(incoming, outgoing).catch(() => {})
    const [response] = await answered
    response.on('error', () => {})
    if (incoming.method === 'HEAD') response.resume()
    return { status: response.statusCode ?? 502, headers: this.#headersOf(response), body: response }
  }

  /** As they came, repeated ones apart; how this one connection frames its body is Node's own business. */
  #headersOf({ headersDistinct }: IncomingMessage): Reply['headers'] {
    const headers: Reply['headers'] = {}
    for (const [name, values = []] of Object.entries(headersDistinct)) {
      if (name === 'connection' || name === 'keep-alive' || name === 'transfer-encoding') continue
      headers[name] = values.length === 1 ? (values[0] ?? '') : values
    }
    const { location } = headers
    const { origin } = this.#upstream
    if (this.#options.rewritesLocation && typeof location === 'string' && location.startsWith(`${origin}/`))
      headers['location'] = this.url + location.slice(origin.length)
    return headers
  }

  async #cut(incoming: IncomingMessage, by: Cut['by']): Promise<void> {
    const connection = this.server.connectionOf(incoming)
    await delivered(connection)
    if (by === 'rst') connection.resetAndDestroy()
    else if (by === 'fin') connection.destroy()
    else incoming.socket.end()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]()
  }
}

async function send(
  response: ServerResponse,
  { status, headers, body }: Reply,
  request: ProxiedRequest,
  faults: readonly Fault[],
  signal: AbortSignal,
): Promise<void> {
  request.status = status
  const drip = faults.find((fault) => fault.kind === 'drip')
  const isRaw = drip?.after === 'request' && response.socket !== null
  const target = isRaw && response.socket ? response.socket : response
  if (isRaw) {
    // Node writes a head in one piece: this one is made by hand, and its body ends with the connection.
    for (const byte of headText(status, headers)) {
      await pause(drip.everyMs, signal)
      target.write(Buffer.of(byte))
    }
  } else {
    // A wrong length can only be the last thing on a connection.
    const isWrong = faults.some((fault) => fault.kind === 'headers' && 'content-length' in fault.set)
    response.writeHead(status, isWrong ? { ...headers, connection: 'close' } : headers)
    response.flushHeaders()
  }
  if (request.method !== 'HEAD') {
    for await (const chunk of body) {
      signal.throwIfAborted()
      request.bytes += chunk.length
      if (!target.write(chunk)) await once(target, 'drain', { signal })
    }
  }
  target.end()
}

function headText(status: number, headers: Reply['headers']): Buffer {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    [value].flat().map((one) => `${name}: ${one}`),
  )
  return Buffer.from(
    [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, ...lines, 'connection: close', '', ''].join('\r\n'),
  )
}
