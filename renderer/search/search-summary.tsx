import { Button } from '@mantine/core'
import type { JSX } from 'react'
import type { SearchView } from '../image/image-views.ts'
import { counted } from '../parts/format.ts'
import styles from './search.module.css'
import type { Summary } from './summary.ts'

interface SearchSummaryProps {
  readonly summary: Summary
  readonly view: SearchView
  readonly onChange: (patch: Partial<SearchView>) => void
}

/** "N results in M layers", said aloud once typing rests; and the ways to see fewer or more of them. */
export function SearchSummary({ summary, view, onChange }: SearchSummaryProps): JSX.Element {
  const layers = summary.perLayer.flatMap((count, layer) => (count > 0 ? [layer] : []))
  const shown = layers.filter((layer) => view.layers.length === 0 || view.layers.includes(layer))
  const isAllCollapsed = shown.length > 0 && shown.every((layer) => view.collapsed.includes(layer))
  return (
    <div className={styles['summary']}>
      <span role="status">
        {summary.isStale
          ? 'Searching'
          : `${counted(summary.total, 'result')} in ${counted(shown.length, 'layer')}`}
      </span>
      {view.layers.length > 0 && (
        <Button variant="subtle" size="compact-xs" onClick={() => onChange({ layers: [] })}>
          Show all layers
        </Button>
      )}
      {shown.length > 1 && (
        <Button
          variant="subtle"
          size="compact-xs"
          onClick={() => onChange({ collapsed: isAllCollapsed ? [] : shown })}
        >
          {isAllCollapsed ? 'Expand all' : 'Collapse all'}
        </Button>
      )}
    </div>
  )
}
