const FIRST_CAPACITY = 64

/** Rows that were found: four bytes each, where an array of numbers would take sixteen while it grows. */
export class RowList {
  #rows = new Int32Array(FIRST_CAPACITY)
  #length = 0

  push(row: number): void {
    if (this.#length === this.#rows.length) {
      const grown = new Int32Array(2 * this.#length)
      grown.set(this.#rows)
      this.#rows.buffer.transfer(0)
      this.#rows = grown
    }
    this.#rows[this.#length++] = row
  }

  sort(): void {
    this.#rows.subarray(0, this.#length).sort()
  }

  /** What was pushed, in as much memory as it needs. The list is not to be used any more. */
  taken(): Int32Array {
    const rows = this.#rows.slice(0, this.#length)
    this.#rows.buffer.transfer(0)
    return rows
  }
}
