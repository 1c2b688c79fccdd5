/** One line of the table: what was measured, against which limit. */
export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: 's' | 'ms' | 'MB' | 'kB' | '×'
  readonly limit?: number
  /** What it was held against in the same run, in words. */
  readonly against?: string
}

/** The figures as a table; a limit that is not kept is marked. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    figure.name,
    shown(figure),
    figure.limit === undefined ? '' : `≤ ${figure.limit} ${figure.unit}`,
    figure.limit === undefined ? '' : figure.value <= figure.limit ? 'kept' : 'EXCEEDED',
    figure.against ?? '',
  ])
  const all = [['figure', 'measured', 'limit', '', 'against, in the same run'], ...rows]
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)))
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function shown({ value, unit }: Figure): string {
  const digits = unit === 's' || unit === '×' ? 2 : unit === 'MB' ? 0 : 0
  return `${value.toFixed(digits)} ${unit}`
}
