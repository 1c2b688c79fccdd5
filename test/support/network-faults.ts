import { buffer } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import type { Digest } from '../../shared/digest.ts'
import type { RecordedRequest } from './fake-server.ts'

/** A request without its body, which a proxy passes on. */
export type RequestHead = Omit<RecordedRequest, 'body'>

/** How far an answer comes before something happens: so many bytes of its body (0: its head), or `request`, not even that. */
export type Moment = number | 'request'

export type Fault =
  /** The connection ends: RST unless said. `fin` is what a killed server sends; over TLS it lacks the farewell that `close-notify` has. */
  | { readonly kind: 'cut'; readonly after: Moment; readonly by?: 'rst' | 'fin' | 'close-notify' }
  /** The registry is not asked. */
  | { readonly kind: 'answer'; readonly with: (request: RequestHead) => CannedAnswer }
  /** One byte at a time from there on, the head's too where that is `request`. */
  | { readonly kind: 'drip'; readonly everyMs: number; readonly after?: Moment }
  /** Nothing for so long, and then the rest; Infinity: until the client gives up. */
  | { readonly kind: 'silence'; readonly ms: number; readonly after: Moment }
  /** One wrong byte: an offset in the whole blob, whatever range of it is sent; from its end where negative. */
  | { readonly kind: 'flip'; readonly at: number }
  /** The registry does not see the Range. */
  | { readonly kind: 'ignore-range' }
  /** Headers replaced or, by null, left out: Content-Range, ETag, Content-Length, Docker-Content-Digest, … */
  | { readonly kind: 'headers'; readonly set: Readonly<Record<string, string | null>> }
  /** The body compressed on the way, and named so. */
  | { readonly kind: 'gzip' }
  | { readonly kind: 'body'; readonly of: (body: Buffer) => Uint8Array }

/** Which requests meet with which faults. */
export interface FaultRule {
  readonly method?: string
  /** Against path and query. */
  readonly url?: RegExp
  /** Of a blob, or of a manifest asked for by its digest. */
  readonly digest?: Digest
  readonly when?: (request: RequestHead) => boolean
  /** So many matching requests pass unharmed first. */
  readonly skip?: number
  /** So many are struck then; all unless said. */
  readonly times?: number
  /** What happens; several strike one answer in their order. */
  readonly fault: Fault | readonly Fault[]
}

export interface CannedAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

/** What a proxy is about to say. */
export interface Reply {
  status: number
  headers: Record<string, string | string[]>
  body: AsyncIterable<Buffer>
}

/** An answer in the registry's stead: `answers(503, { 'retry-after': '1' })`. */
export function answers(
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body: string | Uint8Array = '',
): Fault {
  return { kind: 'answer', with: () => ({ status, headers, body }) }
}

/** To a URL, absolute or relative; `redirects((request) => request.url)` goes round in circles. */
export function redirects(to: string | ((request: RequestHead) => string), status = 307): Fault {
  const locate = typeof to === 'string' ? () => to : to
  return { kind: 'answer', with: (request) => ({ status, headers: { location: locate(request) } }) }
}

/** Retry-After in its other form; whole seconds, as HTTP dates have no more. */
export function httpDateIn(seconds: number): string {
  return new Date(Date.now() + seconds * 1000).toUTCString()
}

/** The first bytes only, as if that were all. */
export function truncated(length: number): Fault {
  return { kind: 'body', of: (body) => body.subarray(0, length) }
}

/** The same JSON with so much white space after it. */
export function bloated(bytes: number): Fault {
  return { kind: 'body', of: (body) => Buffer.concat([body, Buffer.alloc(bytes, ' ')]) }
}

export function matches({ method, url, digest, when }: FaultRule, request: RequestHead): boolean {
  return (
    (method === undefined || method === request.method) &&
    (url === undefined || url.test(request.url)) &&
    (digest === undefined || decodeURIComponent(request.url).includes(digest)) &&
    (when === undefined || when(request))
  )
}

/** Ends a body at once; the proxy knows how. */
export class Cut extends Error {
  readonly by: 'rst' | 'fin' | 'close-notify'

  constructor(by: Cut['by'] = 'rst') {
    super(`cut by ${by}`)
    this.by = by
  }
}

export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (ms !== Infinity || !signal) {
    await wait(ms, undefined, { signal })
    return
  }
  signal.throwIfAborted()
  await new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}

/** What the faults make of a reply. They strike in their order, but for headers: what a test says of them stands. */
export async function spoil(reply: Reply, faults: readonly Fault[], signal: AbortSignal): Promise<void> {
  for (const fault of faults) {
    switch (fault.kind) {
      case 'gzip':
        await rewrite(reply, (body) => gzipSync(body))
        reply.headers['content-encoding'] = 'gzip'
        break
      case 'body':
        await rewrite(reply, (body) => fault.of(body))
        break
      case 'flip':
        reply.body = flipped(reply.body, offsetIn(reply, fault.at))
        break
      case 'drip':
        reply.body = dripping(
          reply.body,
          fault.after === 'request' ? 0 : (fault.after ?? 0),
          fault.everyMs,
          signal,
        )
        break
      case 'silence':
        if (fault.after !== 'request')
          reply.body = at(reply.body, fault.after, async () => pause(fault.ms, signal))
        break
      case 'cut':
        if (fault.after !== 'request')
          reply.body = at(reply.body, fault.after, async () => Promise.reject(new Cut(fault.by)))
        break
      case 'answer':
      case 'headers':
      case 'ignore-range':
        break
    }
  }
  for (const fault of faults) {
    if (fault.kind !== 'headers') continue
    for (const [name, value] of Object.entries(fault.set)) {
      if (value === null) delete reply.headers[name.toLowerCase()]
      else reply.headers[name.toLowerCase()] = value
    }
  }
}

async function rewrite(reply: Reply, change: (body: Buffer) => Uint8Array): Promise<void> {
  const body = Buffer.from(change(await buffer(reply.body)))
  reply.headers['content-length'] = String(body.length)
  reply.body = only(body)
}

export async function* only(bytes: Uint8Array): AsyncGenerator<Buffer> {
  if (bytes.length > 0) yield Buffer.from(bytes)
}

/** Where a blob's offset lies in this body, which may be a part of it. */
function offsetIn({ headers }: Reply, offset: number): number {
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(String(headers['content-range'])) ?? []
  const size = Number(total ?? headers['content-length'])
  return (offset < 0 ? size + offset : offset) - Number(start ?? 0)
}

async function* flipped(body: AsyncIterable<Buffer>, offset: number): AsyncGenerator<Buffer> {
  let position = 0
  for await (const chunk of body) {
    const at = offset - position
    if (at >= 0 && at < chunk.length) chunk[at] = (chunk[at] ?? 0) ^ 0xff
    position += chunk.length
    yield chunk
  }
}

/** Does something after so many bytes, or at the end of what has fewer. */
async function* at(
  body: AsyncIterable<Buffer>,
  offset: number,
  act: () => Promise<void>,
): AsyncGenerator<Buffer> {
  let left = offset
  let isDone = false
  for await (const chunk of body) {
    if (isDone || chunk.length <= left) {
      left -= chunk.length
      yield chunk
      continue
    }
    if (left > 0) yield chunk.subarray(0, left)
    isDone = true
    await act()
    yield chunk.subarray(left)
  }
  if (!isDone) await act()
}

async function* dripping(
  body: AsyncIterable<Buffer>,
  from: number,
  everyMs: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let position = 0
  for await (const chunk of body) {
    const whole = Math.min(Math.max(from - position, 0), chunk.length)
    if (whole > 0) yield chunk.subarray(0, whole)
    for (let index = whole; index < chunk.length; index++) {
      await pause(everyMs, signal)
      yield chunk.subarray(index, index + 1)
    }
    position += chunk.length
  }
}
