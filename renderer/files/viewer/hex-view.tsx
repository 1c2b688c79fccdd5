import { useElementSize } from '@mantine/hooks'
import { useQueries } from '@tanstack/react-query'
import type { JSX } from 'react'
import type { SourceSpec } from '../../../shared/uri.ts'
import { failureOf } from '../../client.ts'
import { imageKey } from '../../image/image-queries.ts'
import type { Viewed } from '../../image/image-views.ts'
import { ErrorNote } from '../../parts/error-note.tsx'
import { windowsOf } from '../../rows/row-windows.ts'
import { useSettled } from '../../rows/use-settled.ts'
import { useUniformRows } from '../../rows/use-uniform-rows.ts'
import { usePageReader } from './file-chunks.ts'
import { BYTES_PER_LINE, BYTES_PER_NARROW_LINE, hexLine, hexLineCount } from './hex-lines.ts'
import { TEXT_LINE } from './text-view.tsx'
import styles from './viewer.module.css'

interface HexViewProps {
  readonly source: SourceSpec
  readonly viewed: Viewed
  readonly size: number
}

const PAGE = 64 * 1024
/** Sixteen bytes a line take this many px at the usual text size. */
const WIDE = 600
const SETTLE = 40

/** All bytes of a file, of which only those in view are read. */
export function HexView({ source, viewed, size }: HexViewProps): JSX.Element {
  const { ref, width } = useElementSize<HTMLDivElement>()
  const perLine = width > 0 && width < WIDE ? BYTES_PER_NARROW_LINE : BYTES_PER_LINE
  const linesPerPage = PAGE / perLine
  const { scroller, height, items } = useUniformRows(hexLineCount(size, perLine), TEXT_LINE)
  const first = useSettled(Math.floor((items[0]?.index ?? 0) / linesPerPage), SETTLE)
  const last = useSettled(Math.floor((items.at(-1)?.index ?? 0) / linesPerPage), SETTLE)
  const readPage = usePageReader(source, viewed)
  const windows = windowsOf(first * linesPerPage, Math.max(first, last) * linesPerPage, linesPerPage)
  const pages = useQueries({
    queries: windows.map((page) => ({
      queryKey: [...imageKey(source), 'read', viewed, 'page', page],
      queryFn: ({ signal }: { signal: AbortSignal }) => readPage(page * PAGE, PAGE, signal),
      gcTime: 10_000,
    })),
  })
  const failed = pages.find((page) => page.error !== null)
  if (failed?.error) return <ErrorNote report={failureOf(failed.error)} />
  return (
    <div className={styles['scroller']} ref={scroller} tabIndex={0} role="region" aria-label="Bytes">
      <div ref={ref} style={{ height, position: 'relative' }}>
        {items.map(({ index, top }) => {
          const page = Math.floor(index / linesPerPage)
          const bytes = pages[windows.indexOf(page)]?.data?.bytes
          const at = (index % linesPerPage) * perLine
          const line = hexLine(
            bytes?.subarray(at, at + perLine) ?? new Uint8Array(0),
            index * perLine,
            perLine,
          )
          return (
            <div key={index} className={styles['hexLine']} style={{ transform: `translateY(${top}px)` }}>
              <span className={styles['lineNumber']}>{line.offset}</span>
              <span>{line.hex}</span>
              <span className={styles['ascii']}>{line.text}</span>
            </div>
          )
        })}
      </div>
    </div>
  )
}
