import { ImageError } from '../../shared/errors.ts'

/** Places in the shared memory: counters of 32 bits, then of 64. */
const BELL = 0
const STOPPED = 1
const READABLE = 1
const DONE = 2

/**
 * What a thread that works without pause and the one that waits for it tell each other while it does: how far it may read, how far it has
 * come, and that it should stop. Messages would be heard only by a thread that rests.
 */
export class SharedProgress {
  /** To be sent to the thread, which makes one of these of it again. */
  readonly memory: SharedArrayBuffer
  readonly #flags: Int32Array
  readonly #counts: BigInt64Array

  constructor(memory = new SharedArrayBuffer(3 * BigInt64Array.BYTES_PER_ELEMENT)) {
    this.memory = memory
    this.#flags = new Int32Array(memory, 0, 2)
    this.#counts = new BigInt64Array(memory)
  }

  /** Bytes that the thread has worked through. */
  get done(): number {
    return Number(Atomics.load(this.#counts, DONE))
  }

  set done(bytes: number) {
    Atomics.store(this.#counts, DONE, BigInt(bytes))
  }

  /** Bytes of the source that are there. */
  set readable(bytes: number) {
    Atomics.store(this.#counts, READABLE, BigInt(bytes))
    this.#ring()
  }

  stop(): void {
    Atomics.store(this.#flags, STOPPED, 1)
    this.#ring()
  }

  throwIfStopped(): void {
    if (Atomics.load(this.#flags, STOPPED) === 1) throw new ImageError('cancelled', 'Cancelled.')
  }

  /** Blocks the thread until there are more than `position` bytes; answers how many. Fails with `cancelled` when told to stop. */
  waitBeyond(position: number): number {
    for (;;) {
      const bell = Atomics.load(this.#flags, BELL)
      this.throwIfStopped()
      const readable = Number(Atomics.load(this.#counts, READABLE))
      if (readable > position) return readable
      Atomics.wait(this.#flags, BELL, bell)
    }
  }

  #ring(): void {
    Atomics.add(this.#flags, BELL, 1)
    Atomics.notify(this.#flags, BELL)
  }
}
