import type { ClientContext } from '@orpc/client'
import { RPCLink as PortLink } from '@orpc/client/message-port'
import { RPCLink as SocketLink } from '@orpc/client/websocket'
import type { Wire } from './client.ts'

/** What the preload script gives the page in Electron; a browser has none of it. */
export interface Bridge {
  readonly kind: 'electron'
  /** Absolute path of a dropped file; empty where it is not on disk. */
  pathOf(file: File): string
  /** Asks the main process for a port, which arrives as a message to the window. */
  connect(): void
}

declare global {
  interface Window {
    readonly occystrap?: Bridge
  }
}

/** A MessagePort to Electron's main process. */
export async function openPort(bridge: Bridge): Promise<Wire> {
  const port = await new Promise<MessagePort>((resolve) => {
    const receive = (event: MessageEvent): void => {
      const [port] = event.ports
      if (event.source !== window || event.data !== 'occystrap:port' || !port) return
      window.removeEventListener('message', receive)
      resolve(port)
    }
    window.addEventListener('message', receive)
    bridge.connect()
  })
  const closed = new Promise<void>((resolve) =>
    port.addEventListener('close', () => resolve(), { once: true }),
  )
  const link = new PortLink<ClientContext>({ port })
  port.start()
  return { link, closed }
}

const SECRET = 'occystrap.secret'

/**
 * The session's second secret: cookies know no ports (RFC 6265 8.5), so the cookie alone opens the page and nothing else. It is handed out
 * once, to the page that spent the token, and kept per origin: a reload and a second tab find it there.
 */
export async function sessionSecret(isFresh = false): Promise<string> {
  const kept = isFresh ? null : localStorage.getItem(SECRET)
  if (kept) return kept
  const response = await fetch('/session', { credentials: 'same-origin', cache: 'no-store' })
  if (!response.ok) throw new Error(`the server refused this page (${response.status})`)
  const body: unknown = await response.json()
  const secret = isRecord(body) ? body['secret'] : undefined
  if (typeof secret !== 'string') throw new Error('the server sent no session')
  localStorage.setItem(SECRET, secret)
  return secret
}

/** A WebSocket to the server that sent this page. A secret of an earlier server is replaced once. */
export async function openSocket(): Promise<Wire> {
  try {
    return await shakeHands(await sessionSecret())
  } catch {
    return await shakeHands(await sessionSecret(true))
  }
}

async function shakeHands(secret: string): Promise<Wire> {
  const url = new URL('/rpc', window.location.href)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  const socket = new WebSocket(url)
  socket.binaryType = 'arraybuffer'
  await new Promise<void>((resolve, reject) => {
    const refuse = (): void => reject(new Error('the server refused the connection'))
    socket.addEventListener('open', () => socket.send(JSON.stringify({ secret })), { once: true })
    socket.addEventListener('close', refuse, { once: true })
    socket.addEventListener(
      'message',
      (event: MessageEvent<unknown>) => (isAccepted(event.data) ? resolve() : refuse()),
      { once: true },
    )
  })
  const closed = new Promise<void>((resolve) =>
    socket.addEventListener('close', () => resolve(), { once: true }),
  )
  return { link: new SocketLink<ClientContext>({ websocket: socket }), closed }
}

function isAccepted(data: unknown): boolean {
  if (typeof data !== 'string') return false
  const answer: unknown = JSON.parse(data)
  return isRecord(answer) && answer['ok'] === true
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
