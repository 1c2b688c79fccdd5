import { constants, createGunzip, deflateRawSync, gzipSync } from 'node:zlib'
import { GzipMembers, type Step } from './gzip-members.ts'

const CHUNK = 512 * 1024

/**
 * Node's own inflater as its streams drive it (lib/zlib.js): the work is done on one of libuv's threads, into memory of the caller's. The
 * streams take new memory for every chunk, which the garbage collector then has to find: a third of the time of a large layer.
 */
interface Inflater {
  init(
    windowBits: number,
    level: number,
    memLevel: number,
    strategy: number,
    state: Uint32Array,
    done: () => void,
    dictionary: undefined,
  ): void
  write(
    flush: number,
    input: Uint8Array,
    inputStart: number,
    inputLength: number,
    output: Uint8Array,
    outputStart: number,
    outputLength: number,
  ): void
  /** On the thread that calls. */
  writeSync: Inflater['write']
  /** Ready for another stream. */
  reset(): void
  close(): void
  onerror: (message: string, errno: number, code: string) => void
}

/** A stream on its way: of gzip, or several of them one after the other; or of bare deflate data. */
class Stream implements Disposable {
  readonly #inflater: Inflater
  /** Room left in the output, input left: written by the inflater after each step. */
  readonly #state = new Uint32Array(2)
  #step: PromiseWithResolvers<void> | undefined
  #failure: Error | undefined
  #isClosed = false

  constructor(inflater: Inflater) {
    this.#inflater = inflater
    this.#inflater.onerror = (message, errno, code) => {
      this.#failure = Object.assign(new Error(message), { errno, code })
      this.#step?.reject(this.#failure)
    }
    this.#inflater.init(...PARAMETERS, this.#state, () => this.#step?.resolve(), undefined)
  }

  async step(input: Uint8Array, output: Uint8Array, isLast: boolean): Promise<Step> {
    this.#step = Promise.withResolvers()
    const flush = isLast ? constants.Z_FINISH : constants.Z_NO_FLUSH
    this.#inflater.write(flush, input, 0, input.length, output, 0, output.length)
    try {
      await this.#step.promise
    } finally {
      this.#step = undefined
      if (this.#isClosed) this.#inflater.close()
    }
    return this.#stepTaken(output)
  }

  /** The same on this thread. */
  stepHere(input: Uint8Array, output: Uint8Array, isLast: boolean): Step {
    const flush = isLast ? constants.Z_FINISH : constants.Z_NO_FLUSH
    this.#failure = undefined
    this.#inflater.writeSync(flush, input, 0, input.length, output, 0, output.length)
    if (this.#failure) throw this.#failure
    return this.#stepTaken(output)
  }

  reset(): void {
    this.#inflater.reset()
  }

  #stepTaken(output: Uint8Array): Step {
    const [room = 0, left = 0] = this.#state
    return { produced: output.length - room, left }
  }

  /** Not under a step on another thread. */
  [Symbol.dispose](): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (!this.#step) this.#inflater.close()
  }
}

/**
 * The uncompressed bytes of a gzip stream. The next chunk is inflated while this one is worked on; a chunk is valid until the next is
 * asked for. Fails as Node's stream does. Where `isBlocking`, it is inflated when it is asked for, on this thread, and gzip's checksum is
 * passed over: for whoever verifies a digest of the bytes. Undefined where this Node's inflater is not the one that is known here.
 */
export function fastGunzip(
  source: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
  { isBlocking = false }: { readonly isBlocking?: boolean } = {},
): AsyncGenerator<Uint8Array, void, undefined> | undefined {
  maker ??= knownMaker()
  if (maker === 'unknown') return undefined
  return isBlocking ? inflateHere(maker, source) : inflate(maker, source, signal)
}

async function* inflateHere(
  make: Maker,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  using stream = new Stream(make(RAW))
  const members = new GzipMembers({
    step: (input, output, isLast) => stream.stepHere(input, output, isLast),
    reset: () => stream.reset(),
  })
  yield* chunksOf((input, output, isLast) => members.step(input, output, isLast), source)
}

async function* inflate(
  make: Maker,
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  using gunzip = new Stream(make(GUNZIP))
  const chunks = chunksOf((input, output, isLast) => gunzip.step(input, output, isLast), source)
  let next = chunks.next()
  try {
    for (;;) {
      const { done, value } = await next
      if (done) return
      signal?.throwIfAborted()
      next = chunks.next()
      // Awaited with the next turn; until then it is nobody's failure.
      next.catch(() => {})
      yield value
    }
  } finally {
    await next.catch(() => {})
    await chunks.return()
  }
}

/** Two buffers in turns: one is the reader's while the other is filled. */
async function* chunksOf(
  step: (input: Uint8Array, output: Uint8Array, isLast: boolean) => Step | Promise<Step>,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let [output, spare] = [Buffer.allocUnsafeSlow(CHUNK), Buffer.allocUnsafeSlow(CHUNK)]
  let filled = 0
  let isEnded = false
  const run = async function* (input: Uint8Array, isLast: boolean): AsyncGenerator<Uint8Array> {
    for (let rest = input; ;) {
      const { produced, left } = await step(rest, output.subarray(filled), isLast)
      filled += produced
      rest = rest.subarray(rest.length - left)
      const isFull = filled === CHUNK
      if (isFull) {
        yield output
        ;[output, spare] = [spare, output]
        filled = 0
      }
      if (!isFull && rest.length > 0) isEnded = true
      if (!isFull) return
    }
  }
  for await (const chunk of source) {
    // What follows the last member is zeros, or has failed: it is drawn all the same, for whoever hashes it.
    if (!isEnded) yield* run(chunk, false)
  }
  if (!isEnded) yield* run(new Uint8Array(0), true)
  if (filled > 0) yield output.subarray(0, filled)
}

type Maker = (mode: typeof GUNZIP | typeof RAW) => Inflater

/** As in zlib's binding. */
const GUNZIP = 4
const RAW = 6
/** Window, level, memory and strategy: of these the first alone means something to an inflater, but all are checked. */
const PARAMETERS = [15, -1, 8, 0] as const
/** A binding that wants other arguments ends the process, and says nothing that could be caught. */
const KNOWN_MAJOR = '24'

let maker: Maker | 'unknown' | undefined

/** The inflater behind Node's streams is not part of its public face: it is used only where it does what it did when this was written. */
function knownMaker(): Maker | 'unknown' {
  if (process.versions.node.split('.')[0] !== KNOWN_MAJOR) return 'unknown'
  const engine = createGunzip()
  const handle = (engine as { _handle?: { constructor: new (mode: number) => Inflater } })._handle
  engine.close()
  const Handle = handle?.constructor
  if (typeof Handle !== 'function') return 'unknown'
  const make: Maker = (mode) => new Handle(mode)
  const isKnown = inflates(make(GUNZIP), gzipSync(WORD)) && inflates(make(RAW), deflateRawSync(WORD))
  return isKnown ? make : 'unknown'
}

const WORD = 'occystrap'

function inflates(inflater: Inflater, input: Uint8Array): boolean {
  try {
    const state = new Uint32Array(2)
    let isSound = true
    inflater.onerror = () => (isSound = false)
    inflater.init(...PARAMETERS, state, () => {}, undefined)
    const output = Buffer.alloc(16)
    inflater.writeSync(constants.Z_FINISH, input, 0, input.length, output, 0, output.length)
    inflater.close()
    const room = output.length - WORD.length
    return (
      isSound && state[0] === room && state[1] === 0 && output.toString('latin1', 0, WORD.length) === WORD
    )
  } catch {
    return false
  }
}
