/**
 * A growing column of 32-bit integers: four bytes a value, where an array of numbers would take sixteen while it grows. What nobody set is
 * `initial`; each value stands as what differs from that, so that memory which nobody wrote to, and the system never gave, is right.
 */
export class IntColumn {
  #values: Int32Array<ArrayBuffer>
  readonly #initial: number
  #length = 0

  /** `capacity` is how many there may well be. */
  constructor(capacity = 1024, initial = 0) {
    this.#values = new Int32Array(capacity)
    this.#initial = initial
  }

  /** How many were pushed. */
  get length(): number {
    return this.#length
  }

  at(index: number): number {
    return index < this.#values.length ? (this.#values[index] as number) ^ this.#initial : this.#initial
  }

  set(index: number, value: number): void {
    if (index >= this.#values.length) this.#grow(index + 1)
    this.#values[index] = value ^ this.#initial
  }

  push(value: number): void {
    this.set(this.#length++, value)
  }

  /** By transfer: the old memory is free at once, where it would else wait for a collection that sees no reason to come. */
  #grow(needed: number): void {
    const length = Math.max(needed, 2 * this.#values.length)
    this.#values = new Int32Array(this.#values.buffer.transfer(4 * length))
  }
}
