import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import type { ContractRouterClient } from '@orpc/contract'
import { once } from 'node:events'
import { connect } from 'node:net'
import { WebSocket } from 'ws'
import type { contract } from '../../shared/contract.ts'

/** What a browser is to the host: it spends the token, keeps the cookie, and holds the secret. */
export class BrowserClient implements Disposable {
  readonly origin: string
  readonly cookie: string
  readonly secret: string
  readonly #sockets: WebSocket[] = []

  private constructor(origin: string, cookie: string, secret: string) {
    this.origin = origin
    this.cookie = cookie
    this.secret = secret
  }

  static async open(url: string): Promise<BrowserClient> {
    const { origin } = new URL(url)
    const cookie = cookieOf(await fetch(url, { redirect: 'manual' }))
    const session = await fetch(`${origin}/session`, { headers: { cookie } })
    const { secret } = (await session.json()) as { secret: string }
    return new BrowserClient(origin, cookie, secret)
  }

  /** A socket that is open and has said nothing yet. */
  async socket(headers: Record<string, string> = {}): Promise<WebSocket> {
    const socket = new WebSocket(`${this.origin.replace('http:', 'ws:')}/rpc`, {
      headers: { cookie: this.cookie, origin: this.origin, ...headers },
    })
    this.#sockets.push(socket)
    await once(socket, 'open')
    return socket
  }

  async client(): Promise<ContractRouterClient<typeof contract>> {
    const socket = await this.socket()
    socket.send(JSON.stringify({ secret: this.secret }))
    await once(socket, 'message')
    return createORPCClient(new RPCLink({ websocket: socket as unknown as globalThis.WebSocket }))
  }

  upload(query: string, body: BodyInit, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.origin}/upload?${query}`, {
      method: 'PUT',
      body,
      headers: {
        cookie: this.cookie,
        origin: this.origin,
        'x-occystrap-secret': this.secret,
        ...headers,
      },
    })
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.terminate()
  }
}

export function cookieOf(response: Response): string {
  return response.headers.get('set-cookie')?.split(';')[0] ?? ''
}

/** Sends bytes as they stand and answers the first line that comes back: what no HTTP client would let a test send. */
export async function rawStatus(port: number, request: string): Promise<number> {
  const socket = connect(port, '127.0.0.1')
  socket.setEncoding('latin1')
  socket.write(request, 'latin1')
  let answer = ''
  for await (const chunk of socket) {
    answer += chunk as string
    if (answer.includes('\r\n')) break
  }
  socket.destroy()
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1])
}
