/** Rows are asked for in windows of this many: a screen and a half of 4K at 28 px, and few enough to answer in a frame. */
export const WINDOW_SIZE = 200

/** Indices of the windows that hold the rows from `first` to `last`; at least the first one, so that an unknown total becomes known. */
export function windowsOf(first: number, last: number, size: number = WINDOW_SIZE): readonly number[] {
  const from = Math.max(0, Math.floor(first / size))
  const to = Math.max(from, Math.floor(last / size))
  return Array.from({ length: to - from + 1 }, (_, i) => from + i)
}

export function windowOf(index: number, size: number = WINDOW_SIZE): number {
  return Math.floor(index / size)
}
