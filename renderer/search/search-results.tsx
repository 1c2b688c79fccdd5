import { Button } from '@mantine/core'
import {
  useEffect,
  useImperativeHandle,
  useRef,
  type JSX,
  type KeyboardEvent,
  type MouseEvent,
  type Ref,
} from 'react'
import type { ImageInfo } from '../../shared/image.ts'
import { failureOf } from '../client.ts'
import { copyPath } from '../files/use-tree-actions.ts'
import type { SearchView } from '../image/image-views.ts'
import { ErrorNote } from '../parts/error-note.tsx'
import { useShell } from '../store.ts'
import { dismissedOf, withHits, withSection } from './dismissed.ts'
import type { Hit } from './found.ts'
import { saidOf } from './hit-view.ts'
import { NothingFound } from './nothing-found.tsx'
import { keyOfQuestion, type Question } from './question.ts'
import { resultAction } from './result-keys.ts'
import { isHead, nextHit, type ResultLine } from './result-lines.ts'
import { lineId } from './result-parts.tsx'
import { ResultRows } from './result-rows.tsx'
import styles from './search.module.css'
import type { Summary } from './summary.ts'
import { useActiveLine } from './use-active-line.ts'
import { useDragOut } from './use-drag-out.ts'
import { useResults, type Results, type ResultsForm } from './use-results.ts'

/** What the box and the keys of the page do with the results. */
export interface ResultsHandle {
  /** Moves the focus into them. */
  readonly enter: (step: 'line' | 'page') => void
  /** Walks to the next hit, or the one before, and shows it beside. */
  readonly step: (step: 1 | -1) => void
  /** Opens the hit walked to; where there is none yet, walks to the first. */
  readonly open: () => void
}

interface SearchResultsProps {
  readonly ref: Ref<ResultsHandle>
  /** Null where no one image is searched. */
  readonly info: ImageInfo | null
  readonly question: Question
  readonly view: SearchView
  readonly form: ResultsForm
  readonly onChange: (patch: Partial<SearchView>) => void
  /** One click: a look at it, the results stay. */
  readonly onView: (hit: Hit) => void
  /** Enter or a second click: to it, among the files. */
  readonly onOpen: (hit: Hit) => void
  /** Back to the box. */
  readonly onLeave: () => void
  readonly onSummary: (summary: Summary) => void
}

/** Hits by layer, folder or image, of which only those in view exist. */
export function SearchResults(props: SearchResultsProps): JSX.Element {
  const { ref, info, question, view, form, onChange, onView, onOpen, onLeave, onSummary } = props
  const results = useResults(question, view, form)
  const { data, lines, hitOf, scroller, height, items, page, reveal } = results
  const grid = useRef<HTMLDivElement>(null)
  const place = `${keyOfQuestion(question)} ${view.layers.join()} ${form.isTree}`
  const { walked, active, moveTo } = useActiveLine(place, lines.total, reveal)
  const { head } = data
  useSummary(results, onSummary)
  // A hit walked to may be on its way still: it is shown when it is there.
  const awaited = useRef<number | null>(null)
  useEffect(() => {
    const hit = awaited.current === null ? undefined : hitOf(lines.lineAt(awaited.current))
    if (hit === undefined) return
    awaited.current = null
    onView(hit)
    // The focus is elsewhere: where the walk is has to be said.
    useShell.getState().announce(saidOf(hit))
  })
  const step = (by: 1 | -1): void => {
    const from = walked ?? -1
    const to = nextHit(lines, from, by) ?? nextHit(lines, by === 1 ? -1 : lines.total, by)
    if (to === undefined) return
    moveTo(to)
    awaited.current = to
  }
  const fold = (key: string): void => onChange({ collapsed: toggled(view.collapsed, key) })
  const act = (line: ResultLine | undefined, isOpened: boolean): void => {
    if (isHead(line)) return fold(line.key)
    if (line?.kind === 'rest') return onChange({ layers: [Number(line.section)] })
    const hit = hitOf(line)
    if (hit === undefined) return
    if (isOpened) onOpen(hit)
    else onView(hit)
  }
  const dismiss = (at: number): void => {
    const line = lines.lineAt(at)
    if (line === undefined || line.kind === 'rest') return
    const dismissed = dismissedOf(view.dismissed, keyOfQuestion(question))
    if (line.kind === 'section') onChange({ dismissed: withSection(dismissed, line.section) })
    else onChange({ dismissed: withHits(dismissed, line.kind === 'hit' ? [line] : lines.placesBelow(at)) })
    if (at < active) moveTo(active - 1)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const action = resultAction(event, lines, active, page)
    const line = lines.lineAt(active)
    if (action === undefined || (action.kind === 'copy' && hasSelection())) return
    event.preventDefault()
    if (action.kind === 'move') moveTo(action.to)
    else if (action.kind === 'leave') onLeave()
    else if (action.kind === 'open') act(line, true)
    else if (action.kind === 'dismiss') dismiss(active)
    else if (action.kind === 'fold' || action.kind === 'view') act(line, false)
    else copy(hitOf(line))
  }
  const onClick = ({ target, detail }: MouseEvent): void => {
    const at = lineOf(target)
    if (at === undefined) return
    if (isCross(target)) return dismiss(at)
    moveTo(at)
    act(lines.lineAt(at), detail > 1)
  }
  const onDragStart = useDragOut(question, (target) => hitOf(lines.lineAt(lineOf(target) ?? -1)))
  useImperativeHandle(ref, () => ({
    enter: (by) => {
      if (lines.total === 0) return
      grid.current?.focus()
      moveTo(by === 'page' ? Math.min(lines.total - 1, page) : (walked ?? nextHit(lines, -1, 1) ?? 0))
    },
    step,
    open: () => {
      const line = walked === null ? undefined : lines.lineAt(walked)
      if (line?.kind === 'hit') act(line, true)
      else step(1)
    },
  }))

  if (data.error !== null) return <Failed error={data.error} onRetry={data.retry} />
  const isNothing =
    head !== undefined && !data.isStale && data.total === 0 && !(head.inside?.isRunning && !form.isStopped)
  return (
    <div
      ref={grid}
      className={styles['results']}
      role="treegrid"
      aria-label="Results"
      aria-rowcount={lines.total}
      aria-busy={data.isLoading}
      aria-activedescendant={
        lines.total > 0 && items.some(({ index }) => index === active) ? lineId(active) : undefined
      }
      tabIndex={0}
      onFocus={(event) => {
        if (walked === null && event.target.matches(':focus-visible') && lines.total > 0) moveTo(0)
      }}
      onKeyDown={onKeyDown}
      onClick={onClick}
      onDragStart={onDragStart}
    >
      <div className={styles['scroller']} ref={scroller} role="rowgroup" tabIndex={-1}>
        <ResultRows
          info={info}
          question={question}
          images={head?.images}
          lines={lines}
          height={height}
          items={items}
          hitOf={hitOf}
          active={walked === null ? null : active}
          isTree={form.isTree}
        />
        {isNothing && (
          <div role="row">
            <div role="gridcell">
              <NothingFound question={question} found={head} view={view} onChange={onChange} />
            </div>
          </div>
        )}
      </div>
    </div>
  )
}

/** What is known of the answers as a whole, for what stands above them. */
function useSummary(
  { data, lines }: Pick<Results, 'data' | 'lines'>,
  onSummary: (summary: Summary) => void,
): void {
  const { head, isLoading, isStale } = data
  useEffect(() => {
    onSummary({ found: head, heads: lines.heads, isStale: isLoading || isStale })
  }, [head, lines, isLoading, isStale, onSummary])
}

function Failed({ error, onRetry }: { readonly error: Error; readonly onRetry: () => void }): JSX.Element {
  return (
    <div className={styles['failure']}>
      <ErrorNote
        report={failureOf(error)}
        action={
          <Button variant="default" size="compact-xs" onClick={onRetry}>
            Try again
          </Button>
        }
      />
    </div>
  )
}

function copy(hit: Hit | undefined): void {
  if (hit) copyPath(hit.path).catch(() => undefined)
}

function toggled(values: readonly string[], value: string): readonly string[] {
  return values.includes(value) ? values.filter((other) => other !== value) : [...values, value]
}

function lineOf(target: EventTarget): number | undefined {
  const element = target instanceof Element ? target.closest<HTMLElement>('[data-line]') : null
  const line = element?.dataset['line']
  return line === undefined ? undefined : Number(line)
}

function isCross(target: EventTarget): boolean {
  return target instanceof Element && target.closest('[data-dismiss]') !== null
}

function hasSelection(): boolean {
  return (window.getSelection()?.toString() ?? '') !== ''
}
