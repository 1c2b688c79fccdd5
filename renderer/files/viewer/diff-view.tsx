import { useMemo, type CSSProperties, type JSX } from 'react'
import type { Comparison } from '../../../shared/files.ts'
import { useUniformRows } from '../../rows/use-uniform-rows.ts'
import { diffLines, type DiffLine } from './diff-lines.ts'
import { TEXT_LINE } from './text-view.tsx'
import styles from './viewer.module.css'

const SIGNS: Readonly<Record<DiffLine['kind'], string>> = {
  same: ' ',
  removed: '−',
  added: '+',
  skipped: '',
  note: ' ',
}

/** Lines that changed, with those around them and their numbers on both sides; a sign says what colour says. */
export function DiffView({ hunks }: { readonly hunks: NonNullable<Comparison['hunks']> }): JSX.Element {
  const lines = useMemo(() => diffLines(hunks), [hunks])
  const { scroller, height, items } = useUniformRows(lines.length, TEXT_LINE)
  const [digits, longest] = useMemo(() => widthsOf(lines), [lines])
  return (
    <div className={styles['scroller']} ref={scroller} tabIndex={0} role="region" aria-label="Changed lines">
      <div
        className={styles['diff']}
        style={{ height, '--digits': `${digits}ch`, '--longest': `${longest}ch` } as CSSProperties}
      >
        {items.map(({ index, top }) => {
          const line = lines[index]
          return (
            line && (
              <div
                key={index}
                className={styles['diffLine']}
                data-kind={line.kind}
                style={{ transform: `translateY(${top}px)` }}
              >
                <span className={styles['diffGutter']}>
                  <span className={styles['lineNumber']}>{line.before ?? ''}</span>
                  <span className={styles['lineNumber']}>{line.after ?? ''}</span>
                  <span className={styles['diffSign']}>{SIGNS[line.kind]}</span>
                </span>
                <bdi>{line.text}</bdi>
              </div>
            )
          )
        })}
      </div>
    </div>
  )
}

/** Digits of the largest number, and characters of the longest line: a line's colour goes as far as the longest does. */
function widthsOf(lines: readonly DiffLine[]): readonly [digits: number, longest: number] {
  let largest = 1
  let longest = 0
  for (const { before = 0, after = 0, text } of lines) {
    largest = Math.max(largest, before, after)
    longest = Math.max(longest, text.length)
  }
  return [String(largest).length, longest]
}
