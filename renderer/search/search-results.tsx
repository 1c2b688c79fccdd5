import { Button } from '@mantine/core'
import {
  useEffect,
  useImperativeHandle,
  useMemo,
  useState,
  type JSX,
  type KeyboardEvent,
  type MouseEvent,
  type Ref,
} from 'react'
import type { ImageInfo } from '../../shared/image.ts'
import type { SearchHit, SearchQuery } from '../../shared/query.ts'
import { failureOf } from '../client.ts'
import type { SearchView } from '../image/image-views.ts'
import { EmptyState } from '../parts/empty-state.tsx'
import { ErrorNote } from '../parts/error-note.tsx'
import { useUniformRows } from '../rows/use-uniform-rows.ts'
import type { OpenImage } from '../store.ts'
import { hitGroups, type HitGroups } from './hit-groups.ts'
import { GroupRow, HitRow, lineId } from './hit-row.tsx'
import styles from './search.module.css'
import type { Summary } from './summary.ts'
import { useSearch } from './use-search.ts'

/** The box keeps the focus; these keys are passed on to the list. */
export interface ResultsHandle {
  readonly onKey: (event: KeyboardEvent) => void
}

interface SearchResultsProps {
  readonly ref: Ref<ResultsHandle>
  readonly image: OpenImage
  readonly info: ImageInfo
  readonly query: SearchQuery
  readonly view: SearchView
  readonly onChange: (patch: Partial<SearchView>) => void
  /** One click: a look at it, the results stay. */
  readonly onView: (hit: SearchHit) => void
  /** Enter or a second click: to it, among the files. */
  readonly onOpen: (hit: SearchHit) => void
  readonly onSummary: (summary: Summary) => void
}

/** Hits by layer, base first, of which only those in view exist. */
export function SearchResults(props: SearchResultsProps): JSX.Element {
  const { ref, image, info, query, view, onChange, onView, onOpen, onSummary } = props
  const [perLayer, setPerLayer] = useState<readonly number[]>([])
  const groups = useMemo(
    () => hitGroups(perLayer, view.layers, new Set(view.collapsed)),
    [perLayer, view.layers, view.collapsed],
  )
  const { scroller, height, items, page, reveal } = useUniformRows(groups.total)
  const [first, last] = hitsIn(groups, items)
  const data = useSearch(image.source, query, view.layers, first, last)
  const [position, setPosition] = useState({ query, layers: view.layers, line: 0 })
  const active = position.query === query && position.layers === view.layers ? position.line : 0
  const setActive = (line: number): void => setPosition({ query, layers: view.layers, line })
  const { head } = data
  if (head && head.perLayer !== perLayer) setPerLayer(head.perLayer)
  useEffect(() => {
    onSummary({
      total: head?.total ?? 0,
      perLayer: head?.perLayer ?? [],
      pendingLayers: head?.pendingLayers ?? [],
      isStale: data.isLoading,
    })
  }, [head, data.isLoading, onSummary])

  const act = (line: number, isOpened: boolean): void => {
    const target = groups.lineAt(line)
    if (target?.kind === 'group') onChange({ collapsed: toggled(view.collapsed, target.layer) })
    const hit = target?.kind === 'hit' ? data.rowAt(target.hit) : undefined
    if (hit) (isOpened ? onOpen : onView)(hit)
  }
  const onKey = (event: KeyboardEvent): void => {
    const to = movedTo(event.key, active, groups.total, page)
    if (to !== undefined) {
      setActive(to)
      reveal(to)
    } else if (event.key === 'Enter') act(active, true)
    else return
    event.preventDefault()
  }
  useImperativeHandle(ref, () => ({ onKey }))
  const onClick = (event: MouseEvent): void => {
    const line = lineOf(event)
    if (line === undefined) return
    setActive(line)
    act(line, event.detail > 1)
  }

  if (data.error !== null) {
    return (
      <div className={styles['failure']}>
        <ErrorNote
          report={failureOf(data.error)}
          action={
            <Button variant="default" size="compact-xs" onClick={data.retry}>
              Try again
            </Button>
          }
        />
      </div>
    )
  }
  const isNothing = head !== undefined && !data.isStale && data.total === 0
  return (
    <div
      className={styles['results']}
      role="treegrid"
      aria-label="Results"
      aria-rowcount={groups.total}
      aria-busy={data.isLoading}
      aria-activedescendant={groups.total > 0 ? lineId(active) : undefined}
      tabIndex={0}
      onKeyDown={onKey}
      onClick={onClick}
    >
      <div className={styles['scroller']} ref={scroller} role="rowgroup" tabIndex={-1}>
        <div style={{ height, position: 'relative' }}>
          {items.map(({ index, top }) => {
            const line = groups.lineAt(index)
            const shared = { line: index, top, isActive: index === active, info }
            if (line?.kind === 'group') {
              return (
                <GroupRow
                  key={index}
                  {...shared}
                  layer={line.layer}
                  count={line.count}
                  isCollapsed={line.isCollapsed}
                />
              )
            }
            const hit = line && data.rowAt(line.hit)
            return hit ? (
              <HitRow key={index} {...shared} hit={hit} query={query} />
            ) : (
              <div
                key={index}
                className={styles['placeholder']}
                style={{ transform: `translateY(${top}px)` }}
              />
            )
          })}
        </div>
        {isNothing && <NothingFound query={query} view={view} onChange={onChange} />}
      </div>
    </div>
  )
}

interface NothingFoundProps {
  readonly query: SearchQuery
  readonly view: SearchView
  readonly onChange: (patch: Partial<SearchView>) => void
}

/** Nothing, and the likeliest reason why. */
function NothingFound({ query, view, onChange }: NothingFoundProps): JSX.Element {
  const widen: Partial<SearchView> | null =
    view.layers.length > 0
      ? { layers: [] }
      : query.isCaseSensitive
        ? { isCaseSensitive: false }
        : query.isWholeName
          ? { isWholeName: false }
          : null
  return (
    <EmptyState
      title="Nothing found"
      action={
        widen && (
          <Button variant="default" onClick={() => onChange(widen)}>
            {'layers' in widen
              ? 'Search all layers'
              : 'isWholeName' in widen
                ? 'Match part of the name'
                : 'Ignore case'}
          </Button>
        )
      }
    >
      No path in {view.layers.length > 0 ? 'the chosen layers' : 'any layer'} matches.
    </EmptyState>
  )
}

/** Numbers of the first and the last hit among the lines in view. */
function hitsIn(groups: HitGroups, items: readonly { readonly index: number }[]): readonly [number, number] {
  let first: number | undefined
  let last = 0
  for (const { index } of items) {
    const line = groups.lineAt(index)
    if (line?.kind !== 'hit') continue
    first ??= line.hit
    last = line.hit
  }
  return [first ?? 0, last]
}

function movedTo(key: string, at: number, total: number, page: number): number | undefined {
  const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page }
  const step = steps[key]
  return step === undefined || total === 0 ? undefined : Math.min(total - 1, Math.max(0, at + step))
}

function toggled(values: readonly number[], value: number): readonly number[] {
  return values.includes(value) ? values.filter((other) => other !== value) : [...values, value]
}

function lineOf(event: MouseEvent): number | undefined {
  const element = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-line]') : null
  const line = element?.dataset['line']
  return line === undefined ? undefined : Number(line)
}
