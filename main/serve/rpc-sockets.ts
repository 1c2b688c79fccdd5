import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { RPCHandler } from '@orpc/server/ws'
import { WebSocketServer, type RawData, type WebSocket } from 'ws'
import type { HostServices } from '../rpc/host-services.ts'
import { createRouter, reportErrors } from '../rpc/router.ts'
import { refuseUpgrade } from './http-answers.ts'
import type { Session } from './session.ts'

/** A request is a question, never a file: whoever sends more is not our page. */
const MAX_MESSAGE = 1024 ** 2
const MAX_SOCKETS = 16
const PING_INTERVAL = 30_000
const SECRET_TIME = 10_000

/** Close code of a socket whose first message was not the secret. */
export const NOT_ADMITTED = 4401

/** The page's line to the services: the secret first, then the contract. */
export class RpcSockets implements Disposable {
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE,
    // What the page asks for is small and what it gets is local; compression only adds memory (and CVE-2016-10542's kind).
    perMessageDeflate: false,
  })
  readonly #session: Session
  readonly #handler: RPCHandler<object>
  readonly #alive = new WeakSet<WebSocket>()
  readonly #pings: NodeJS.Timeout

  constructor(session: Session, services: HostServices, options: { readonly pingInterval?: number } = {}) {
    this.#session = session
    this.#handler = new RPCHandler(createRouter(services), { clientInterceptors: [reportErrors] })
    this.#pings = setInterval(() => this.#ping(), options.pingInterval ?? PING_INTERVAL).unref()
  }

  /** Takes over a request that was found to come from our page. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#server.clients.size >= MAX_SOCKETS) {
      refuseUpgrade(socket, { status: 503, reason: 'Too many windows are open.' })
      return
    }
    this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#admit(webSocket))
  }

  [Symbol.dispose](): void {
    clearInterval(this.#pings)
    for (const socket of this.#server.clients) socket.close(1001, 'Occystrap was closed.')
    // One that does not answer the close is not waited for.
    setTimeout(() => {
      for (const socket of this.#server.clients) socket.terminate()
    }, 500)
  }

  #admit(socket: WebSocket): void {
    this.#alive.add(socket)
    socket.on('pong', () => this.#alive.add(socket))
    // A socket that breaks its protocol is closed by ws; without a listener its error would end the program.
    socket.on('error', () => {})
    const timer = setTimeout(() => socket.close(NOT_ADMITTED, 'No secret came.'), SECRET_TIME)
    socket.once('close', () => clearTimeout(timer))
    socket.once('message', (data, isBinary) => {
      clearTimeout(timer)
      if (isBinary || !this.#session.hasSecret(secretIn(data))) {
        socket.close(NOT_ADMITTED, 'Wrong secret.')
        return
      }
      void this.#handler.upgrade(socket)
      socket.send('{"ok":true}')
    })
  }

  /** Ends sockets that did not answer the last ping: a laptop that was closed keeps no watcher here. */
  #ping(): void {
    for (const socket of this.#server.clients) {
      if (!this.#alive.delete(socket)) socket.terminate()
      else socket.ping()
    }
  }
}

function secretIn(data: RawData): unknown {
  try {
    const message: unknown = JSON.parse(data.toString())
    return typeof message === 'object' && message !== null && 'secret' in message ? message.secret : undefined
  } catch {
    return undefined
  }
}
