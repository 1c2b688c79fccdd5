/** A growing column of 32-bit integers: four bytes a value, where an array of numbers would take sixteen while it grows. */
export class IntColumn {
  #values = new Int32Array(1024)
  #length = 0

  get length(): number {
    return this.#length
  }

  at(index: number): number {
    return this.#values[index] as number
  }

  set(index: number, value: number): void {
    this.#values[index] = value
  }

  push(value: number): void {
    // Transferred, the old memory is free at once; otherwise it would wait for a collection that sees no reason to come.
    if (this.#length === this.#values.length)
      this.#values = new Int32Array(this.#values.buffer.transfer(this.#length * 8))
    this.#values[this.#length++] = value
  }
}
