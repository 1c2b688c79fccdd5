import type { Comparison } from '../../../shared/files.ts'
import { counted } from '../../parts/format.ts'
import { linePieces } from './text-lines.ts'

/** A line of a comparison, or what stands between two of them. */
export interface DiffLine {
  /** `skipped` lines are alike and not shown; a `note` is about the line above it. */
  readonly kind: 'same' | 'removed' | 'added' | 'skipped' | 'note'
  /** Its number on either side, from 1; undefined where that side has none, and on the continuation of a long line. */
  readonly before?: number | undefined
  readonly after?: number | undefined
  /** Safe to show. */
  readonly text: string
}

type Hunks = NonNullable<Comparison['hunks']>

const KINDS: Readonly<Record<string, DiffLine['kind']>> = { ' ': 'same', '-': 'removed', '+': 'added' }

/** The lines of all hunks, with what is left out between them said. */
export function diffLines(hunks: Hunks): readonly DiffLine[] {
  const isCrlf = hunks.every(({ lines }) =>
    lines.every((line) => line.startsWith('\\') || line.endsWith('\r')),
  )
  const shown: DiffLine[] = []
  let next = 1
  for (const { beforeLine, afterLine, lines } of hunks) {
    const skipped = beforeLine - next
    if (skipped > 0) shown.push({ kind: 'skipped', text: counted(skipped, 'unchanged line') })
    let before = beforeLine
    let after = afterLine
    for (const line of lines) {
      const kind = KINDS[line.charAt(0)] ?? 'note'
      // `diff` says of a last line without an end that it has none.
      if (kind === 'note') {
        shown.push({ kind, text: 'No line break at the end' })
        continue
      }
      const [first = '', ...more] = linePieces(line.slice(1, isCrlf ? -1 : undefined))
      shown.push({
        kind,
        before: kind === 'added' ? undefined : before++,
        after: kind === 'removed' ? undefined : after++,
        text: first,
      })
      for (const text of more) shown.push({ kind, text })
    }
    next = before
  }
  return shown
}

/** Lines that are on one side only. */
export function diffCounts(hunks: Hunks): { readonly added: number; readonly removed: number } {
  const count = (sign: string): number =>
    hunks.reduce((sum, { lines }) => sum + lines.filter((line) => line.startsWith(sign)).length, 0)
  return { added: count('+'), removed: count('-') }
}
