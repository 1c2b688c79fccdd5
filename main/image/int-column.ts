import { grownBuffer } from './grown-buffer.ts'

/**
 * A growing column of 32-bit integers: four bytes a value, where an array of numbers would take sixteen while it grows. What nobody set is
 * `initial + step * index`; each value stands as what differs from that, so that memory which nobody wrote to, and the system never
 * gave, is right.
 */
export class IntColumn implements Disposable {
  #values: Int32Array<ArrayBuffer>
  readonly #initial: number
  readonly #step: number
  #length = 0

  /** `capacity` is how many there may well be; `step` is 1 where most values are their own index, or as far from it as the first. */
  constructor(capacity = 1024, initial = 0, step: 0 | 1 = 0) {
    this.#values = new Int32Array(capacity)
    this.#initial = initial
    this.#step = step
  }

  /** How many were pushed. */
  get length(): number {
    return this.#length
  }

  at(index: number): number {
    return ((this.#values[index] ?? 0) + this.#initial + this.#step * index) | 0
  }

  set(index: number, value: number): void {
    if (index >= this.#values.length) this.#grow(index + 1)
    const stored = (value - this.#initial - this.#step * index) | 0
    // What stands there already is not written: memory that nobody wrote to takes none.
    if (this.#values[index] !== stored) this.#values[index] = stored
  }

  push(value: number): void {
    this.set(this.#length++, value)
  }

  /** Gives its memory back at once; it is empty from then on. */
  [Symbol.dispose](): void {
    this.#values.buffer.transfer(0)
    this.#values = new Int32Array(0)
    this.#length = 0
  }

  #grow(needed: number): void {
    const length = Math.max(needed, 2 * this.#values.length)
    this.#values = new Int32Array(grownBuffer(this.#values.buffer, 4 * length))
  }
}
