import { Button, SegmentedControl } from '@mantine/core'
import type { JSX } from 'react'
import type { ImageInfo } from '../../shared/image.ts'
import type { SearchView } from '../image/image-views.ts'
import { Bar } from '../parts/bar.tsx'
import { counted, formatBytes, formatCount } from '../parts/format.ts'
import { dismissedOf, leftOf, NONE_DISMISSED } from './dismissed.ts'
import { sectionsOf, type Found, type Inside } from './found.ts'
import { keyOfQuestion, type Question } from './question.ts'
import { ResultsMenu } from './results-menu.tsx'
import styles from './search.module.css'
import type { Summary } from './summary.ts'
import { useExport } from './use-export.ts'
import { MOST_HITS } from './use-found.ts'
import { isGrouped } from './use-results.ts'

interface SearchSummaryProps {
  /** Null where no one image is searched. */
  readonly info: ImageInfo | null
  readonly question: Question
  readonly summary: Summary
  readonly view: SearchView
  readonly isTree: boolean
  readonly isStopped: boolean
  readonly onChange: (patch: Partial<SearchView>) => void
  readonly onTree: (isTree: boolean) => void
  readonly onStop: (isStopped: boolean) => void
}

/** How much was found and where, said aloud once typing rests; and the ways to see fewer or more of it. */
export function SearchSummary(props: SearchSummaryProps): JSX.Element {
  const { question, summary, view, isTree, isStopped, onChange, onTree, onStop } = props
  const { found, heads } = summary
  const layers = 'layers' in question ? question.layers : []
  const left = leftOf(
    found ? sectionsOf(found, layers) : [],
    dismissedOf(view.dismissed, keyOfQuestion(question)),
  )
  const inside = question.kind === 'contents' ? found?.inside : undefined
  const isRunning = inside?.isRunning === true && !isStopped
  const collapsed = new Set(view.collapsed)
  const isAllCollapsed = heads.length > 0 && heads.every((head) => collapsed.has(head))
  const gone = found === undefined ? 0 : found.total - left.hits
  return (
    <div className={styles['summary']}>
      <span role="status">{statusOf(question, summary, left, isRunning)}</span>
      {found && inside && (
        <Progress inside={inside} isRunning={isRunning} isStopped={isStopped} onStop={onStop} />
      )}
      {found?.images && <Unread images={found.images} />}
      {found && !isRunning && <Truncated question={question} found={found} isTree={isTree} />}
      {gone > 0 && (
        <Button variant="subtle" size="compact-xs" onClick={() => onChange({ dismissed: NONE_DISMISSED })}>
          Bring back {formatCount(gone)} dismissed
        </Button>
      )}
      {question.kind !== 'everywhere' && view.layers.length > 0 && (
        <Button variant="subtle" size="compact-xs" onClick={() => onChange({ layers: [] })}>
          Show all layers
        </Button>
      )}
      <div className={styles['summaryEnd']}>
        {heads.length > 1 && (
          <Button
            variant="subtle"
            size="compact-xs"
            onClick={() => onChange({ collapsed: isAllCollapsed ? [] : heads })}
          >
            {isAllCollapsed ? 'Expand all' : 'Collapse all'}
          </Button>
        )}
        {question.kind !== 'everywhere' && (
          <SegmentedControl
            aria-label="Results as"
            value={isTree ? 'tree' : 'list'}
            onChange={(value) => onTree(value === 'tree')}
            data={[
              { value: 'list', label: 'List' },
              { value: 'tree', label: 'Tree' },
            ]}
          />
        )}
        {found && <Menu {...props} found={found} total={left.hits} />}
      </div>
    </div>
  )
}

interface MenuProps extends SearchSummaryProps {
  readonly found: Found
  readonly total: number
}

function Menu({ info, question, view, found, total }: MenuProps): JSX.Element {
  const exporting = useExport(info, question, found, view.dismissed)
  return <ResultsMenu total={total} export={exporting} />
}

function statusOf(
  question: Question,
  { found, isStale }: Summary,
  left: { readonly hits: number; readonly sections: number },
  isRunning: boolean,
): string {
  if (isStale || found === undefined) return 'Searching'
  // What changes several times a second is not said aloud each time.
  if (isRunning) return 'Searching inside files'
  if (question.kind === 'contents') {
    // With those that were not kept: nobody could dismiss them.
    const lines = left.hits + (found.inside?.lines ?? found.total) - found.total
    return `${counted(lines, 'line')} in ${counted(found.inside?.files ?? 0, 'file')}`
  }
  const noun = question.kind === 'everywhere' ? 'image' : 'layer'
  return `${counted(left.hits, 'result')} in ${counted(left.sections, noun)}`
}

interface ProgressProps {
  readonly inside: Inside
  readonly isRunning: boolean
  readonly isStopped: boolean
  readonly onStop: (isStopped: boolean) => void
}

/** How far the search inside files is; or what it did not look at. */
function Progress({ inside, isRunning, isStopped, onStop }: ProgressProps): JSX.Element | null {
  const { done, size, lines, files, binaryFiles } = inside
  const figures = `${formatBytes(done)} of ${formatBytes(size)}`
  if (isRunning) {
    return (
      <>
        <span className={styles['progress']}>
          <Bar label="Searching inside files" done={done} total={size === 0 ? null : size} />
        </span>
        <span>
          {counted(lines, 'line')} in {counted(files, 'file')} · {figures}
        </span>
        <Button variant="subtle" size="compact-xs" color="gray" onClick={() => onStop(true)}>
          Stop
        </Button>
      </>
    )
  }
  if (isStopped && inside.isRunning) {
    return (
      <>
        <span>stopped after {figures}</span>
        <Button variant="subtle" size="compact-xs" onClick={() => onStop(false)}>
          Go on
        </Button>
      </>
    )
  }
  if (binaryFiles === 0) return null
  return <span>{counted(binaryFiles, 'binary file')} left out</span>
}

/** Images that have more than could be searched. */
function Unread({ images }: { readonly images: NonNullable<Found['images']> }): JSX.Element | null {
  const unread = images.filter(({ pendingLayers }) => pendingLayers.length > 0).length
  if (unread === 0) return null
  return (
    <span className={styles['truncated']}>
      {counted(unread, 'image')} of {formatCount(images.length)} not read wholly
    </span>
  )
}

/** What of it can be seen, where that is not all. */
function Truncated(props: {
  readonly question: Question
  readonly found: Found
  readonly isTree: boolean
}): JSX.Element | null {
  const { question, found, isTree } = props
  const all = found.inside?.lines ?? found.total
  const shown = isGrouped(question, isTree) ? Math.min(found.total, MOST_HITS) : found.total
  const isWhole = 'layers' in question && question.layers.length > 0 ? shown === found.total : all <= shown
  if (isWhole) return null
  const noun = question.kind === 'contents' ? 'lines' : 'results'
  return (
    <span className={styles['truncated']}>
      first {formatCount(shown)} of {formatCount(all)} {noun}
    </span>
  )
}
