/** Bytes of memory that the system gives at a time. */
const PAGE = 4096
const ZEROS = Buffer.alloc(PAGE)

/**
 * A longer buffer with the same bytes and zeros behind them; the old one's memory is free at once, where it would else wait for a
 * collection that sees no reason to come. Pages of zeros are not written, so that a column which few rows fill takes little:
 * `transfer` alone writes to all that it adds.
 */
export function grownBuffer(old: ArrayBuffer, byteLength: number): ArrayBuffer {
  const grown = new ArrayBuffer(byteLength)
  const from = Buffer.from(old)
  const to = Buffer.from(grown)
  for (let at = 0; at < from.length; at += PAGE) {
    const end = Math.min(at + PAGE, from.length)
    if (from.compare(ZEROS, 0, end - at, at, end) !== 0) from.copy(to, at, at, end)
  }
  old.transfer(0)
  return grown
}
