/** Milliseconds that one piece of matching may take; a megabyte takes a few. */
const PATIENCE = 2000

/** In shared memory: counts the beginnings and the ends of pieces of work, so that it is odd while one goes on. */
export class Pulse {
  /** To be sent to the thread, which makes one of these of it again. */
  readonly memory: SharedArrayBuffer
  readonly #beats: Int32Array

  constructor(memory = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory
    this.#beats = new Int32Array(memory)
  }

  get beats(): number {
    return Atomics.load(this.#beats, 0)
  }

  during<T>(work: () => T): T {
    Atomics.add(this.#beats, 0, 1)
    try {
      return work()
    } finally {
      Atomics.add(this.#beats, 0, 1)
    }
  }
}

/** Looks at the pulse of another thread now and then: whether one piece of work takes longer than anybody should wait. */
export class PulseWatch {
  readonly #pulse: Pulse
  readonly #patience: number
  #beats = 0
  #since = 0

  constructor(pulse: Pulse, patience = PATIENCE) {
    this.#pulse = pulse
    this.#patience = patience
  }

  isStuck(now = performance.now()): boolean {
    const { beats } = this.#pulse
    if (beats !== this.#beats) {
      this.#beats = beats
      this.#since = now
    }
    return beats % 2 !== 0 && now - this.#since > this.#patience
  }
}
