import { Button } from '@mantine/core'
import { useEffect, useMemo, useRef, type JSX, type ReactNode } from 'react'
import type { Spot } from '../../image/image-views.ts'
import { formatBytes } from '../../parts/format.ts'
import { useUniformRows } from '../../rows/use-uniform-rows.ts'
import type { Chunk } from './file-chunks.ts'
import { LINE_LIMIT, textLines, type TextLine } from './text-lines.ts'
import styles from './viewer.module.css'

/** What a search found in a text. */
export interface TextMarks {
  /** The match that is looked at: it comes into view. */
  readonly spot: Spot
  readonly rangesIn: (text: string) => readonly (readonly [from: number, to: number])[]
}

interface TextViewProps {
  readonly chunks: readonly Chunk[]
  readonly size: number
  readonly marks?: TextMarks | undefined
  readonly isMore: boolean
  readonly isLoading: boolean
  readonly onMore: () => void
}

/** Beyond this much text the page would keep more than it can show with ease; hex and saving have no bound. */
const MOST_TEXT = 16 * 1024 * 1024
export const TEXT_LINE = 20

/** UTF-8 text with line numbers, as far as it has been read. */
export function TextView(props: TextViewProps): JSX.Element {
  const { chunks, size, marks, isMore, isLoading, onMore } = props
  const bytes = useMemo(() => joined(chunks), [chunks])
  const lines = useMemo(() => textLines(bytes, bytes.length < size), [bytes, size])
  const { scroller, height, items, reveal } = useUniformRows(lines.length, TEXT_LINE)
  const spotted = marks && indexOfSpot(lines, marks.spot)
  const shown = useRef<Spot | null>(null)
  useEffect(() => {
    if (marks === undefined || shown.current === marks.spot) return
    if (spotted !== undefined) {
      shown.current = marks.spot
      reveal(spotted, 'center')
    } else if (isMore && !isLoading && bytes.length < MOST_TEXT) onMore()
  }, [marks, spotted, isMore, isLoading, bytes, onMore, reveal])
  const digits = String(lines.findLast((line) => line.number !== undefined)?.number ?? 1).length
  return (
    <div className={styles['text']}>
      <div className={styles['scroller']} ref={scroller} tabIndex={0} role="region" aria-label="Text">
        <div style={{ height, position: 'relative' }}>
          {items.map(({ index, top }) => {
            const line = lines[index]
            return (
              <div
                key={index}
                className={styles['line']}
                data-spot={index === spotted || undefined}
                style={{ transform: `translateY(${top}px)` }}
              >
                <span className={styles['lineNumber']} style={{ minWidth: `${digits}ch` }}>
                  {line?.number ?? ''}
                </span>
                <bdi>{line && marks ? marked(line.text, marks, index === spotted) : line?.text}</bdi>
              </div>
            )
          })}
        </div>
      </div>
      {isMore && (
        <div className={styles['more']}>
          <span>
            {formatBytes(bytes.length)} of {formatBytes(size)}
          </span>
          {bytes.length < MOST_TEXT ? (
            <Button variant="subtle" size="compact-xs" loading={isLoading} onClick={onMore}>
              Load more
            </Button>
          ) : (
            <span className="dim">The rest is shown as hex, or in the saved file.</span>
          )}
        </div>
      )}
    </div>
  )
}

function joined(chunks: readonly Chunk[]): Uint8Array {
  const [only] = chunks
  if (only && chunks.length === 1) return only.bytes
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.bytes.length, 0))
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk.bytes, at)
    at += chunk.bytes.length
  }
  return bytes
}

/** The row of a match: of a long line the piece that it is in. Undefined while its line has not been read. */
function indexOfSpot(lines: readonly TextLine[], { line, column }: Spot): number | undefined {
  const first = lines.findIndex(({ number }) => number === line)
  if (first === -1) return undefined
  let index = first
  for (let left = column - 1; left >= LINE_LIMIT; left -= LINE_LIMIT) {
    if (index + 1 >= lines.length || lines[index + 1]?.number !== undefined) break
    index++
  }
  return index
}

function marked(text: string, { spot, rangesIn }: TextMarks, isSpot: boolean): ReactNode {
  const ranges = rangesIn(text)
  // An expression too slow to be tried here was tried by the engine: the one match is known.
  const at = ranges.length === 0 && isSpot && spot.text !== '' ? text.indexOf(spot.text) : -1
  const known = at === -1 ? ranges : [[at, at + spot.text.length] as const]
  const pieces: ReactNode[] = []
  let end = 0
  for (const [from, to] of known) {
    pieces.push(text.slice(end, from), <mark key={from}>{text.slice(from, to)}</mark>)
    end = to
  }
  return [...pieces, text.slice(end)]
}
