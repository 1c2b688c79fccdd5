import { useDebouncedValue } from '@mantine/hooks'
import { useEffect, useMemo, useRef, useState, type JSX, type KeyboardEvent } from 'react'
import type { Tree } from '../../shared/files.ts'
import type { ImageInfo } from '../../shared/image.ts'
import type { SearchHit } from '../../shared/query.ts'
import {
  setSearchView,
  turnToPath,
  useSearchView,
  type SearchView,
  type Viewed,
} from '../image/image-views.ts'
import { FileViewer } from '../files/viewer/file-viewer.tsx'
import { LayerStrip } from '../image/layer-strip.tsx'
import { PendingLine } from '../image/pending-line.tsx'
import { useReading } from '../image/use-reading.ts'
import { EmptyState } from '../parts/empty-state.tsx'
import { Keys } from '../parts/keys.tsx'
import { SidePane } from '../rows/side-pane.tsx'
import { useShell, type OpenImage } from '../store.ts'
import { regexProblem } from './match-ranges.ts'
import { SearchBox } from './search-box.tsx'
import styles from './search.module.css'
import { SearchResults, type ResultsHandle } from './search-results.tsx'
import { SearchSummary } from './search-summary.tsx'
import { nothing, type Summary } from './summary.ts'
import { queryOf } from './use-search.ts'

interface SearchTabProps {
  readonly image: OpenImage
  readonly info: ImageInfo
}

/** Typing rests this long before it is searched for, in milliseconds. */
const TYPING = 120

/** Names in all layers, also those that the final image has no more. */
export function SearchTab({ image, info }: SearchTabProps): JSX.Element {
  const view = useSearchView(image.id)
  const box = useRef<HTMLInputElement>(null)
  const results = useRef<ResultsHandle>(null)
  const focus = useShell((state) => state.searchFocus)
  const setTab = useShell((state) => state.setTab)
  useEffect(() => {
    box.current?.focus()
    box.current?.select()
  }, [focus])

  const [text] = useDebouncedValue(view.text, TYPING)
  const query = useMemo(
    () => queryOf(text, view),
    // oxlint-disable-next-line react/exhaustive-deps -- the other parts of the view do not belong to the question
    [text, view.isRegex, view.isCaseSensitive, view.isWholeName],
  )
  const problem = query === null ? undefined : regexProblem(query)
  const asked = problem === undefined ? query : null
  const [summary, setSummary] = useState<Summary>(nothing)
  const job = useReading(image.source, summary.pendingLayers.length > 0)

  const change = (patch: Partial<SearchView>): void => setSearchView(image.id, patch)
  const chooseLayer = (layer: number): void =>
    change({
      layers: view.layers.includes(layer)
        ? view.layers.filter((other) => other !== layer)
        : [...view.layers, layer].sort((a, b) => a - b),
    })
  const showInFiles = ({ path, tree }: Viewed): void => {
    turnToPath(image.id, path, tree, true)
    setTab(image.id, 'files')
  }
  const closeViewer = (): void => {
    change({ viewed: null })
    box.current?.focus()
  }
  const onResultKey = (event: KeyboardEvent): void => results.current?.onKey(event)

  return (
    <div
      className={styles['search']}
      onKeyDown={(event) => {
        const isOwn = event.target instanceof Node && event.currentTarget.contains(event.target)
        if (event.key === 'Escape' && isOwn && view.viewed) closeViewer()
      }}
    >
      <div className={styles['ask']}>
        <SearchBox
          box={box}
          text={view.text}
          view={view}
          problem={problem}
          onText={(next) => change({ text: next })}
          onChange={change}
          onResultKey={onResultKey}
        />
        <LayerStrip
          info={info}
          selected={view.layers}
          counts={asked ? summary.perLayer : []}
          verb="Only"
          onChoose={chooseLayer}
        />
        {asked && <SearchSummary summary={summary} view={view} onChange={change} />}
      </div>
      <PendingLine source={image.source} job={job} pendingLayers={summary.pendingLayers} info={info} />
      {asked ? (
        <SidePane
          name="search.viewer"
          side={
            view.viewed && (
              <FileViewer
                key={`${view.viewed.path} ${JSON.stringify(view.viewed.tree)}`}
                image={image}
                info={info}
                viewed={view.viewed}
                onView={(viewed) => change({ viewed })}
                onGoTo={(path) => showInFiles({ path, tree: WHOLE })}
                onShow={showInFiles}
                onClose={closeViewer}
              />
            )
          }
        >
          <SearchResults
            ref={results}
            image={image}
            info={info}
            query={asked}
            view={view}
            onChange={change}
            onView={(hit) => change({ viewed: viewedOf(hit) })}
            onOpen={(hit) => showInFiles(viewedOf(hit))}
            onSummary={setSummary}
          />
        </SidePane>
      ) : (
        problem === undefined && <Hints />
      )}
    </div>
  )
}

const WHOLE: Tree = { isMerged: true }

/** What the final image still has is shown there; anything else as its own layer left it. */
function viewedOf({ path, state, layerIndex }: SearchHit): Viewed {
  return { path, tree: state === 'present' ? WHOLE : { layer: layerIndex, isMerged: true } }
}

function Hints(): JSX.Element {
  return (
    <EmptyState title="Find a path in any layer">
      <p>Deleted and replaced files are found too, with the layer and the command that did it.</p>
      <p>
        <Keys combination="mod+shift+F" /> brings you here from anywhere.
      </p>
    </EmptyState>
  )
}
