import { constants } from 'node:zlib'

export interface Step {
  /** Bytes of the output that were filled. */
  readonly produced: number
  /** Bytes of the input that were left. */
  readonly left: number
}

export interface Inflating {
  /** Inflates as much of the input as there is room for. */
  step(input: Uint8Array, output: Uint8Array, isLast: boolean): Step
}

/** Flags of a member's header. */
const HEADER_CHECKSUM = 2
const EXTRA = 4
const NAME = 8
const COMMENT = 16
const RESERVED = 0xe0
const DEFLATE = 8

/** `start`: where a member may begin. */
type Place = 'start' | 'header' | 'body' | 'trailer' | 'end'

/** Takes one byte after the other. */
type Parser = Generator<undefined, void, number>

/**
 * The members of a gzip stream (RFC 1952) around an inflater of bare deflate data. Their checksums are passed over, a tenth of the time
 * that inflating takes: this is for whoever verifies a digest of the same bytes. Otherwise it takes and refuses what zlib does.
 */
export class GzipMembers implements Inflating {
  readonly #inflater: Inflating & { reset(): void }
  #place: Place = 'start'
  #parser: Parser | undefined
  #isFirst = true
  /** Bytes of this member so far, modulo 2^32 as its trailer has them. */
  #produced = 0

  constructor(inflater: Inflating & { reset(): void }) {
    this.#inflater = inflater
  }

  /** Until the input is used, the output full, or what follows is no member. */
  step(input: Uint8Array, output: Uint8Array, isLast: boolean): Step {
    let used = 0
    let produced = 0
    while (this.#place !== 'end') {
      if (this.#place === 'body') {
        const step = this.#inflater.step(input.subarray(used), output.subarray(produced), isLast)
        used = input.length - step.left
        produced += step.produced
        this.#produced = (this.#produced + step.produced) >>> 0
        // What it did not take though there was room is not its own.
        if (produced === output.length || (step.left === 0 && !isLast)) break
        this.#parse('trailer', trailer(this.#produced))
      } else if (used < input.length) used += this.#take(input[used] as number)
      else {
        if (isLast && (this.#isFirst || this.#place !== 'start'))
          throw failure('unexpected end of file', 'Z_BUF_ERROR')
        break
      }
    }
    return { produced, left: input.length - used }
  }

  /** How many bytes it took of one: zeros behind the last member are left. */
  #take(byte: number): 0 | 1 {
    if (this.#place === 'start') {
      if (byte === 0 && !this.#isFirst) {
        this.#place = 'end'
        return 0
      }
      this.#parse('header', header())
    }
    if (!this.#parser?.next(byte).done) return 1
    if (this.#place === 'header') {
      this.#place = 'body'
      this.#produced = 0
      if (!this.#isFirst) this.#inflater.reset()
      this.#isFirst = false
    } else this.#place = 'start'
    return 1
  }

  #parse(place: Place, parser: Parser): void {
    this.#place = place
    this.#parser = parser
    parser.next()
  }
}

function* header(): Parser {
  if ((yield) !== 0x1f || (yield) !== 0x8b) throw failure('incorrect header check')
  if ((yield) !== DEFLATE) throw failure('unknown compression method')
  const flags = yield
  if (flags & RESERVED) throw failure('unknown header flags set')
  // Time, level and system.
  yield* passOver(6)
  if (flags & EXTRA) yield* passOver((yield) + 256 * (yield))
  if (flags & NAME) yield* passText()
  if (flags & COMMENT) yield* passText()
  if (flags & HEADER_CHECKSUM) yield* passOver(2)
}

function* trailer(length: number): Parser {
  yield* passOver(4)
  const found = (yield) + 2 ** 8 * (yield) + 2 ** 16 * (yield) + 2 ** 24 * (yield)
  if (found !== length) throw failure('incorrect length check')
}

function* passOver(count: number): Parser {
  for (let i = 0; i < count; i++) yield
}

function* passText(): Parser {
  while ((yield) !== 0);
}

function failure(message: string, code: 'Z_DATA_ERROR' | 'Z_BUF_ERROR' = 'Z_DATA_ERROR'): Error {
  return Object.assign(new Error(message), { errno: constants[code], code })
}
