import { useDebouncedValue } from '@mantine/hooks'
import { useEffect, type JSX, type KeyboardEvent, type ReactNode, type RefObject } from 'react'
import type { ImageInfo } from '../../shared/image.ts'
import type { SearchView } from '../image/image-views.ts'
import { LayerStrip } from '../image/layer-strip.tsx'
import { AskLine } from './ask-line.tsx'
import { FilterRow } from './filter-row.tsx'
import { NO_TEXTS } from './filter-texts.ts'
import type { SearchMode } from './question.ts'
import { SearchBox } from './search-box.tsx'
import type { ResultsHandle } from './search-results.tsx'
import { toggledBy } from './search-toggles.ts'
import styles from './search.module.css'
import type { History } from './use-history.ts'

interface AskPaneProps {
  readonly box: RefObject<HTMLInputElement | null>
  readonly results: RefObject<ResultsHandle | null>
  /** Null where no image is open: all are searched. */
  readonly info: ImageInfo | null
  readonly view: SearchView
  readonly mode: SearchMode
  readonly history: History
  readonly problem: string | undefined
  /** Hits of each layer. */
  readonly counts: readonly number[]
  readonly onChange: (patch: Partial<SearchView>) => void
  readonly children: ReactNode
}

/** A text that stands this long is one to remember, in milliseconds. */
const LASTING = 2000

/** What to look for, where, and in which files. */
export function AskPane(props: AskPaneProps): JSX.Element {
  const { box, results, info, view, mode, history, problem, counts, onChange, children } = props
  const [lasting] = useDebouncedValue(view.text, LASTING)
  const { add } = history
  useEffect(() => {
    if (lasting !== '') add(lasting)
    // oxlint-disable-next-line react/exhaustive-deps -- once for each text, in the way it was searched for
  }, [lasting])
  const onKeyDown = (event: KeyboardEvent): void => {
    const patch = toggledBy(event, mode, view)
    if (patch === undefined) return
    event.preventDefault()
    onChange(patch)
    if (patch.isFilterShown === false) box.current?.focus()
  }
  const clearFilters = (): void => {
    onChange({ filters: NO_TEXTS, isBinary: false })
    // The button is barred now, and a focus on it would be nowhere.
    box.current?.focus()
  }
  const chooseLayer = (layer: number): void =>
    onChange({
      layers: view.layers.includes(layer)
        ? view.layers.filter((other) => other !== layer)
        : [...view.layers, layer].sort((a, b) => a - b),
    })
  return (
    <div className={styles['ask']} onKeyDown={onKeyDown}>
      <div className={styles['boxLine']}>
        <SearchBox
          box={box}
          text={view.text}
          view={view}
          mode={mode}
          history={history}
          problem={problem}
          onText={(text) => onChange({ text })}
          onChange={onChange}
          onEnterResults={(step) => results.current?.enter(step)}
          onOpen={() => results.current?.open()}
        />
        <AskLine view={view} mode={mode} isScopeShown={info !== null} onChange={onChange} />
      </div>
      {view.isFilterShown && <FilterRow view={view} mode={mode} onChange={onChange} onClear={clearFilters} />}
      {info && mode !== 'everywhere' && (
        <LayerStrip info={info} selected={view.layers} counts={counts} verb="Only" onChoose={chooseLayer} />
      )}
      {children}
    </div>
  )
}
