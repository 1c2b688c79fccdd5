import { readFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { KeyPair } from './certificates.ts'

/** A request as it came in. */
export interface RecordedRequest {
  readonly method: string
  /** Path and query, as sent. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  /** Tells one connection from another. */
  readonly remotePort: number
  readonly body: string
}

export interface ServerTls extends KeyPair {
  /** The authority whose client certificates are wanted; without it none is asked for. */
  readonly clientAuthority?: string
}

export interface ServerOptions {
  readonly tls?: ServerTls
  /** 127.0.0.1 unless said; on Linux every 127.x.y.z is another host that reaches this machine. */
  readonly address?: string
  /** The name in `url` and `host`; the address unless said. */
  readonly name?: string
}

/** A server on a free loopback port that answers as it is told. */
export class LocalServer implements AsyncDisposable {
  readonly port: number
  /** `NAME:PORT`, as a reference names a registry. */
  readonly host: string
  /** Without a slash at the end. */
  readonly url: string
  readonly #server: Server
  readonly #sockets = new Map<number, Socket>()

  private constructor(server: Server, options: ServerOptions) {
    this.#server = server
    this.port = (server.address() as AddressInfo).port
    this.host = `${options.name ?? options.address ?? '127.0.0.1'}:${this.port}`
    this.url = `${options.tls ? 'https' : 'http'}://${this.host}`
  }

  static async start(listener: RequestListener, options: ServerOptions = {}): Promise<LocalServer> {
    const server = options.tls
      ? createHttpsServer(tlsOptions(options.tls), listener)
      : createHttpServer(listener)
    // A client that goes away in the middle of a handshake is no failure of ours.
    server.on('clientError', (_error, socket) => socket.destroy())
    server.on('tlsClientError', () => {})
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, options.address ?? '127.0.0.1', resolve)
    })
    const local = new LocalServer(server, options)
    server.on('connection', (socket: Socket) => local.#remember(socket))
    return local
  }

  /** The TCP connection below a request: TLS knows no RST. */
  connectionOf(request: IncomingMessage): Socket {
    return this.#sockets.get(request.socket.remotePort ?? 0) ?? request.socket
  }

  /** Ends every connection now, as a server that falls over. */
  dropConnections(): void {
    for (const socket of this.#sockets.values()) socket.resetAndDestroy()
  }

  #remember(socket: Socket): void {
    const { remotePort } = socket
    if (remotePort === undefined) return
    this.#sockets.set(remotePort, socket)
    socket.on('error', () => {})
    socket.once('close', () => this.#sockets.delete(remotePort))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const socket of this.#sockets.values()) socket.destroy()
    await closed
  }
}

function tlsOptions({ key, cert, clientAuthority }: ServerTls): object {
  return {
    key: readFileSync(key),
    cert: readFileSync(cert),
    ...(clientAuthority
      ? { ca: readFileSync(clientAuthority), requestCert: true, rejectUnauthorized: true }
      : {}),
  }
}

export type Answer = (request: RecordedRequest, response: ServerResponse) => void | Promise<void>

/** A server that keeps what it is asked, and answers as the test says. */
export class FakeServer implements AsyncDisposable {
  readonly requests: RecordedRequest[]
  readonly #server: LocalServer

  private constructor(server: LocalServer, requests: RecordedRequest[]) {
    this.#server = server
    this.requests = requests
  }

  static async start(answer: Answer, options: ServerOptions = {}): Promise<FakeServer> {
    const requests: RecordedRequest[] = []
    const server = await LocalServer.start((incoming, response) => {
      void record(incoming)
        .then(async (request) => {
          requests.push(request)
          await answer(request, response)
        })
        .catch((error: unknown) => {
          // What the test's own answer throws must be seen, as an answer that no test expects.
          if (!response.headersSent) response.writeHead(599)
          response.end(String(error))
        })
    }, options)
    return new FakeServer(server, requests)
  }

  get host(): string {
    return this.#server.host
  }

  get port(): number {
    return this.#server.port
  }

  get url(): string {
    return this.#server.url
  }

  dropConnections(): void {
    this.#server.dropConnections()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]()
  }
}

async function record(incoming: IncomingMessage): Promise<RecordedRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return { ...headOf(incoming), body: Buffer.concat(chunks).toString() }
}

/** Everything about a request but its body. */
export function headOf(incoming: IncomingMessage): Omit<RecordedRequest, 'body'> {
  return {
    method: incoming.method ?? '',
    url: incoming.url ?? '',
    headers: incoming.headers,
    remotePort: incoming.socket.remotePort ?? 0,
  }
}

export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string | readonly string[]>> = {},
): void {
  const body = Buffer.from(JSON.stringify(value))
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': body.length,
    ...headers,
  })
  response.end(body)
}
