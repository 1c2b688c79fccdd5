import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { SECURITY_HEADERS } from '../content-security.ts'
import type { StaticFile } from '../static-files.ts'
import type { Refusal } from './request-guard.ts'

type Headers = Readonly<Record<string, string | number>>

export function answerFile(response: ServerResponse, { mediaType, bytes }: StaticFile): void {
  end(response, 200, { 'content-type': mediaType, 'content-length': bytes.length }, bytes)
}

export function answerJson(response: ServerResponse, status: number, body: unknown): void {
  end(response, status, { 'content-type': 'application/json' }, JSON.stringify(body))
}

/** To the page without the token in its address; only ever to a fixed path. */
export function answerRedirect(response: ServerResponse, setCookie: string): void {
  end(response, 303, { location: '/', 'set-cookie': setCookie })
}

/** The connection goes with it: a body that was refused is not read. */
export function answerRefusal(response: ServerResponse, { status, reason }: Refusal): void {
  const allow: Headers = status === 405 ? { allow: 'GET, HEAD, PUT' } : {}
  end(
    response,
    status,
    { 'content-type': 'text/plain; charset=utf-8', connection: 'close', ...allow },
    `${reason}\n`,
  )
}

/** A refusal where the answer is not HTTP's any more: an upgrade that is not taken. */
export function refuseUpgrade(socket: Duplex, { status, reason }: Refusal): void {
  socket.on('error', () => {})
  socket.end(
    `HTTP/1.1 ${status} ${reason.replace(/\.$/, '')}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  )
}

function end(response: ServerResponse, status: number, headers: Headers, body?: string | Buffer): void {
  response.writeHead(status, { ...SECURITY_HEADERS, ...headers })
  response.end(body)
}
