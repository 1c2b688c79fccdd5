import { Badge, Button, SegmentedControl, Tooltip } from '@mantine/core'
import type { JSX } from 'react'
import type { SearchView } from '../image/image-views.ts'
import { IconFilter } from '../parts/icons.ts'
import { filterCount } from './filter-texts.ts'
import type { SearchMode } from './question.ts'
import { FILTER_KEY } from './search-toggles.ts'
import styles from './search.module.css'

interface AskLineProps {
  readonly view: SearchView
  readonly mode: SearchMode
  /** There is an image to search alone. */
  readonly isScopeShown: boolean
  readonly onChange: (patch: Partial<SearchView>) => void
}

/** Beside the box: where to search, and whether the filters are open. */
export function AskLine({ view, mode, isScopeShown, onChange }: AskLineProps): JSX.Element {
  const count = filterCount(view.filters) + (mode === 'contents' && view.isBinary ? 1 : 0)
  return (
    <div className={styles['askLine']}>
      {isScopeShown && (
        <SegmentedControl
          aria-label="Search in"
          value={view.scope}
          onChange={(value) => onChange({ scope: value === 'everywhere' ? 'everywhere' : 'image' })}
          data={[
            { value: 'image', label: 'This image' },
            { value: 'everywhere', label: 'All images opened before' },
          ]}
        />
      )}
      <Tooltip label={`Which files (Alt+${FILTER_KEY})`}>
        <Button
          variant="default"
          leftSection={<IconFilter size={14} />}
          aria-expanded={view.isFilterShown}
          aria-label={count === 0 ? 'Filters' : `Filters, ${count} active`}
          rightSection={
            count > 0 && (
              <Badge size="xs" circle aria-hidden="true">
                {count}
              </Badge>
            )
          }
          onClick={() => onChange({ isFilterShown: !view.isFilterShown })}
        >
          Filters
        </Button>
      </Tooltip>
    </div>
  )
}
