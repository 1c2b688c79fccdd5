const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** Three digits at most and a decimal unit, as Docker shows sizes: `29.3 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000
    unit++
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1
  return `${value.toFixed(digits)} ${UNITS[unit]}`
}

/** `12 s`, `3:05 min`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.ceil(seconds)
  if (whole < 60) return `${whole} s`
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')} min`
}

/** `2024-05-06 07:08`, UTC: an image's times mean the same everywhere. */
export function formatTime(seconds: number): string {
  const date = new Date(seconds * 1000)
  if (Number.isNaN(date.getTime())) return '-'
  return date.toISOString().slice(0, 16).replace('T', ' ')
}

const SIGNS = {
  directory: 'd',
  symlink: 'l',
  char: 'c',
  block: 'b',
  fifo: 'p',
  file: '-',
  link: 'h',
} as const

/** As `ls -l` shows type and mode: `drwxr-xr-x`; a hard link of a layer's own tar is `h`, as tar shows it. */
export function formatMode(type: keyof typeof SIGNS, mode: number): string {
  const triple = (shift: number, special: number, sign: string): string => {
    const bits = mode >> shift
    const isSpecial = (mode & special) !== 0
    const execute = isSpecial ? (bits & 1 ? sign : sign.toUpperCase()) : bits & 1 ? 'x' : '-'
    return `${bits & 4 ? 'r' : '-'}${bits & 2 ? 'w' : '-'}${execute}`
  }
  return `${SIGNS[type]}${triple(6, 0o4000, 's')}${triple(3, 0o2000, 's')}${triple(0, 0o1000, 't')}`
}

/** Columns of text, each as wide as its widest cell; `right` names those that are numbers. */
export function formatTable(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths: number[] = []
  for (const row of rows)
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length)
  return rows.map((row) =>
    row
      .map((cell, column) =>
        right.includes(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  )
}
