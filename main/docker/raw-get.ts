import { connect, type Socket } from 'node:net'
import { ChunkedBody, unreadable } from './chunked-body.ts'
import { cutOff, Gathering } from './gathered.ts'

const READ_SIZE = 256 * 1024
const HEAD_LIMIT = 64 * 1024
const END_OF_HEAD = '\r\n\r\n'

/** An answer whose head has come. */
export interface RawAnswer extends Disposable {
  readonly status: number
  /** To be read once; a piece is valid until the next one is asked for. */
  readonly bytes: AsyncIterable<Uint8Array>
}

/**
 * One GET over a local socket, read into one buffer from start to end. Node's own client makes a new buffer of every few kilobytes, and
 * for an image of gigabytes collecting those took more of its time than all the rest.
 */
export async function rawGet(socketPath: string, target: string, signal: AbortSignal): Promise<RawAnswer> {
  signal.throwIfAborted()
  const answer = new Answer(socketPath, signal)
  answer.ask(target)
  try {
    await answer.head
  } catch (error) {
    answer[Symbol.dispose]()
    throw error
  }
  return answer
}

class Answer implements RawAnswer {
  readonly head: Promise<void>
  status = 0
  readonly #socket: Socket
  readonly #signal: AbortSignal
  readonly #abort = (): void => this.#fail(this.#signal.reason)
  readonly #headCame = Promise.withResolvers<void>()
  readonly #body = new Gathering(() => this.#socket.resume())
  /** Of the answer, as long as it has not come whole. */
  #start: Buffer | undefined = Buffer.alloc(0)
  #hasRoom = true
  /** Takes what comes behind the head. */
  #take: (bytes: Buffer) => void = () => {}
  /** Whether the connection's end is the body's. */
  #endsWithConnection = false

  constructor(socketPath: string, signal: AbortSignal) {
    this.head = this.#headCame.promise
    this.#signal = signal
    const buffer = Buffer.allocUnsafeSlow(READ_SIZE)
    const callback = (length: number): boolean => this.#read(buffer.subarray(0, length))
    this.#socket = connect({ path: socketPath, onread: { buffer, callback } })
    this.#socket.on('error', (error) => this.#fail(error))
    this.#socket.on('close', () => {
      if (this.#endsWithConnection) this.#body.end()
      this.#fail(cutOff())
    })
    signal.addEventListener('abort', this.#abort, { once: true })
  }

  get bytes(): AsyncIterable<Uint8Array> {
    return this.#body.pieces()
  }

  ask(target: string): void {
    this.#socket.write(`GET ${target} HTTP/1.1\r\nHost: engine\r\nConnection: close\r\n\r\n`)
  }

  [Symbol.dispose](): void {
    this.#signal.removeEventListener('abort', this.#abort)
    this.#socket.destroy()
  }

  #fail(error: unknown): void {
    this.#headCame.reject(error)
    this.#body.fail(error)
    this.#socket.destroy()
  }

  /** Whether to go on reading. */
  #read(bytes: Buffer): boolean {
    this.#hasRoom = true
    try {
      if (this.#start) this.#readHead(Buffer.concat([this.#start, bytes]))
      else this.#take(bytes)
    } catch (error) {
      this.#fail(error)
    }
    return this.#hasRoom
  }

  #readHead(start: Buffer): void {
    const end = start.indexOf(END_OF_HEAD)
    if (!'HTTP/1.'.startsWith(start.toString('latin1', 0, 7)) || (end < 0 && start.length > HEAD_LIMIT))
      throw unreadable()
    this.#start = end < 0 ? start : undefined
    if (end < 0) return
    const head = start.toString('latin1', 0, end)
    const [, status] = /^HTTP\/1\.[01] (\d{3})(?: |\r|$)/.exec(head) ?? []
    if (status === undefined) throw unreadable()
    this.status = Number(status)
    this.#take = this.#bodyOf(head)
    this.#headCame.resolve()
    this.#take(start.subarray(end + END_OF_HEAD.length))
  }

  #bodyOf(head: string): (bytes: Buffer) => void {
    const add = (bytes: Uint8Array): void => {
      this.#hasRoom = this.#body.add(bytes) && this.#hasRoom
    }
    if (/^transfer-encoding:[ \t]*chunked[ \t]*$/im.test(head)) {
      const chunked = new ChunkedBody(add)
      return (bytes) => {
        chunked.push(bytes)
        if (chunked.isDone) this.#body.end()
      }
    }
    const [, length] = /^content-length:[ \t]*(\d{1,15})[ \t]*$/im.exec(head) ?? []
    if (length === undefined) {
      this.#endsWithConnection = true
      return add
    }
    let left = Number(length)
    return (bytes) => {
      add(bytes.subarray(0, left))
      left -= Math.min(left, bytes.length)
      if (left === 0) this.#body.end()
    }
  }
}
