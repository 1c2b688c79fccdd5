import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { ImageError, reportOf, type ErrorCode } from '../../shared/errors.ts'
import type { HostServices } from '../rpc/host-services.ts'
import type { StaticFile } from '../static-files.ts'
import { answerFile, answerJson, answerRedirect, answerRefusal, refuseUpgrade } from './http-answers.ts'
import { guardOrigin, guardRead, guardRequest, headerValues, type Refusal } from './request-guard.ts'
import { RpcSockets } from './rpc-sockets.ts'
import { Session } from './session.ts'
import type { Uploads } from './upload.ts'

const MAX_HEADER_BYTES = 16 * 1024
const HEADER_TIMEOUT = 10_000
const MAX_CONNECTIONS = 128
const ATTACK_DELAY = 1000

const FORBIDDEN: Refusal = {
  status: 403,
  reason: 'This page is opened by the link that Occystrap printed when it was started. A link is good once.',
}
const NOT_FOUND: Refusal = { status: 404, reason: 'There is nothing here.' }
const NOT_ALLOWED: Refusal = { status: 405, reason: 'This method is not known here.' }

/** The page, its WebSocket and uploads over HTTP on loopback. It trusts no request before the guards and the session have seen it. */
export class BrowserHost implements AsyncDisposable {
  readonly session: Session
  readonly port: number
  readonly #servers: readonly Server[]
  readonly #sockets: RpcSockets
  readonly #files: ReadonlyMap<string, StaticFile>
  readonly #uploads: Uploads

  private constructor(
    servers: readonly [Server, ...Server[]],
    services: HostServices,
    uploads: Uploads,
    files: ReadonlyMap<string, StaticFile>,
  ) {
    this.#servers = servers
    this.port = portOf(servers[0])
    this.session = new Session(this.port)
    this.#sockets = new RpcSockets(this.session, services)
    this.#files = files
    this.#uploads = uploads
    for (const server of servers) {
      server.on('request', (request, response) => void this.#answer(request, response))
      server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
    }
  }

  /** Listens on both loopback addresses; `port` 0 is any free one. */
  static async listen(
    port: number,
    services: HostServices,
    uploads: Uploads,
    files: ReadonlyMap<string, StaticFile>,
  ): Promise<BrowserHost> {
    const first = await listenOn('127.0.0.1', port)
    // A machine without IPv6, or with the port taken there, is served on the other address alone.
    const second = await listenOn('::1', portOf(first)).catch(() => undefined)
    return new BrowserHost(second ? [first, second] : [first], services, uploads, files)
  }

  /** Opens the page once. */
  newUrl(): string {
    return `http://127.0.0.1:${this.port}/?token=${this.session.newToken()}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#sockets[Symbol.dispose]()
    const closed = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)))
    for (const server of this.#servers) server.closeIdleConnections()
    const cut = setTimeout(() => {
      for (const server of this.#servers) server.closeAllConnections()
    }, 500)
    await Promise.all(closed)
    clearTimeout(cut)
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const refusal = await this.#route(request, response)
      if (refusal) answerRefusal(response, refusal)
    } catch (error) {
      if (response.headersSent) response.destroy()
      else answerRefusal(response, { status: 500, reason: reportOf(error).message })
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<Refusal | undefined> {
    const shape = shapeOf(request)
    const guarded = guardRequest(shape)
    if ('refusal' in guarded) return guarded.refusal
    const { host, url } = guarded
    if (shape.method === 'PUT') {
      const refusal = guardOrigin(shape, host) ?? this.#guardUpload(shape, url)
      if (refusal) return refusal
      await this.#receive(request, response, url)
      return undefined
    }
    const refusal = guardRead(shape)
    if (refusal) return refusal
    if (url.pathname === '/' && url.searchParams.has('token')) return this.#admit(shape, url, response)
    if (!this.session.hasCookie(shape.rawHeaders)) return FORBIDDEN
    if (url.pathname === '/session') {
      if (headerValues(shape.rawHeaders, 'sec-fetch-mode').includes('navigate')) return FORBIDDEN
      const secret = this.session.pickUpSecret()
      if (secret === undefined) return FORBIDDEN
      answerJson(response, 200, { secret })
      return undefined
    }
    if (url.pathname === '/upload' || url.pathname === '/rpc') return NOT_ALLOWED
    const file = this.#files.get(url.pathname)
    if (!file) return NOT_FOUND
    answerFile(response, file)
    return undefined
  }

  /** A browser that was admitted before may open its link again: it is only sent to the page that its cookie opens anyway. */
  async #admit(
    { rawHeaders }: { rawHeaders: readonly string[] },
    url: URL,
    response: ServerResponse,
  ): Promise<Refusal | undefined> {
    if (this.session.isUnderAttack) await sleep(ATTACK_DELAY)
    const isAdmitted =
      this.session.spend(url.searchParams.get('token') ?? '') || this.session.hasCookie(rawHeaders)
    if (!isAdmitted) return FORBIDDEN
    answerRedirect(response, this.session.setCookie)
    return undefined
  }

  #guardUpload({ rawHeaders }: { rawHeaders: readonly string[] }, url: URL): Refusal | undefined {
    if (url.pathname !== '/upload') return NOT_ALLOWED
    const [secret] = headerValues(rawHeaders, 'x-occystrap-secret')
    return this.session.hasCookie(rawHeaders) && this.session.hasSecret(secret) ? undefined : FORBIDDEN
  }

  async #receive(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const size = url.searchParams.get('size') ?? ''
    try {
      const bytes = /^[0-9]{1,16}$/.test(size) ? Number(size) : Number.NaN
      const path = await this.#uploads.receive(request, url.searchParams.get('name') ?? '', bytes)
      answerJson(response, 200, { path })
    } catch (error) {
      const report = reportOf(error)
      response.setHeader('connection', 'close')
      answerJson(response, STATUS_OF_UPLOAD[report.code] ?? 500, report)
    }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refusal = this.#guardUpgrade(request)
    if (refusal) refuseUpgrade(socket, refusal)
    else this.#sockets.upgrade(request, socket, head)
  }

  #guardUpgrade(request: IncomingMessage): Refusal | undefined {
    const shape = shapeOf(request)
    const guarded = guardRequest(shape)
    if ('refusal' in guarded) return guarded.refusal
    if (shape.method !== 'GET') return NOT_ALLOWED
    const refusal = guardOrigin(shape, guarded.host)
    if (refusal) return refusal
    if (guarded.url.pathname !== '/rpc') return NOT_FOUND
    return this.session.hasCookie(shape.rawHeaders) ? undefined : FORBIDDEN
  }
}

const STATUS_OF_UPLOAD: Partial<Record<ErrorCode, number>> = {
  usage: 400,
  truncated: 400,
  limit: 413,
  'no-space': 507,
  cancelled: 400,
}

function shapeOf(request: IncomingMessage): {
  method: string
  target: string
  rawHeaders: readonly string[]
} {
  return { method: request.method ?? '', target: request.url ?? '', rawHeaders: request.rawHeaders }
}

function listenOn(address: string, port: number): Promise<Server> {
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADER_TIMEOUT,
    connectionsCheckingInterval: HEADER_TIMEOUT / 2,
    // An upload of many gigabytes may take its time; before its headers are in and its secret was right nobody gets that far.
    requestTimeout: 0,
    // The guard counts Host headers itself, so that every refusal is ours.
    requireHostHeader: false,
  })
  server.maxConnections = MAX_CONNECTIONS
  // A browser sends a request again whose connection broke if that had served one before: a cancelled upload would start anew.
  server.maxRequestsPerSocket = 1
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(portError(error, port)))
    server.listen({ host: address, port, ipv6Only: address === '::1' }, () => resolve(server))
  })
}

function portError(error: Error, port: number): Error {
  const code = 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE')
    return new ImageError('busy', `Port ${port} is in use.`, {
      remedy: 'Choose another with --port, or none for any free one.',
      cause: error,
    })
  if (code === 'EACCES')
    return new ImageError('permission', `Port ${port} may not be opened by this user.`, {
      remedy: 'Choose one above 1023.',
      cause: error,
    })
  return error
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}
