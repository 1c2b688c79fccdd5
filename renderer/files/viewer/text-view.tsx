import { Button } from '@mantine/core'
import { useMemo, type JSX } from 'react'
import { formatBytes } from '../../parts/format.ts'
import { useUniformRows } from '../../rows/use-uniform-rows.ts'
import type { Chunk } from './file-chunks.ts'
import { textLines } from './text-lines.ts'
import styles from './viewer.module.css'

interface TextViewProps {
  readonly chunks: readonly Chunk[]
  readonly size: number
  readonly isMore: boolean
  readonly isLoading: boolean
  readonly onMore: () => void
}

/** Beyond this much text the page would keep more than it can show with ease; hex and saving have no bound. */
const MOST_TEXT = 16 * 1024 * 1024
export const TEXT_LINE = 20

/** UTF-8 text with line numbers, as far as it has been read. */
export function TextView({ chunks, size, isMore, isLoading, onMore }: TextViewProps): JSX.Element {
  const bytes = useMemo(() => joined(chunks), [chunks])
  const lines = useMemo(() => textLines(bytes, bytes.length < size), [bytes, size])
  const { scroller, height, items } = useUniformRows(lines.length, TEXT_LINE)
  const digits = String(lines.findLast((line) => line.number !== undefined)?.number ?? 1).length
  return (
    <div className={styles['text']}>
      <div className={styles['scroller']} ref={scroller} tabIndex={0} role="region" aria-label="Text">
        <div style={{ height, position: 'relative' }}>
          {items.map(({ index, top }) => {
            const line = lines[index]
            return (
              <div key={index} className={styles['line']} style={{ transform: `translateY(${top}px)` }}>
                <span className={styles['lineNumber']} style={{ minWidth: `${digits}ch` }}>
                  {line?.number ?? ''}
                </span>
                <bdi>{line?.text}</bdi>
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
