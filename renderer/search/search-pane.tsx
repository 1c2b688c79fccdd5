import { useWindowEvent } from '@mantine/hooks'
import { useEffect, useRef, useState, type JSX } from 'react'
import type { KnownImage } from '../../shared/query.ts'
import { setSearchView, turnToPath, type SearchView, type Viewed } from '../image/image-views.ts'
import { PendingLine } from '../image/pending-line.tsx'
import { useReading } from '../image/use-reading.ts'
import { SidePane } from '../rows/side-pane.tsx'
import { useRemembered } from '../settings/remembered.ts'
import { isModalOpen } from '../shell/is-modal-open.ts'
import { useShell } from '../store.ts'
import { AskPane } from './ask-pane.tsx'
import { knownImage, lookedAt, viewOf, viewedOf } from './hit-view.ts'
import { EngineNote } from './engine-note.tsx'
import { Hints } from './hints.tsx'
import { LookedAt, type Searched } from './looked-at.tsx'
import { keyOfQuestion, modeOf } from './question.ts'
import { SearchResults, type ResultsHandle } from './search-results.tsx'
import { SearchSummary } from './search-summary.tsx'
import styles from './search.module.css'
import { nothing, type Summary } from './summary.ts'
import { useHistory } from './use-history.ts'
import { useOpenHit } from './use-open-hit.ts'
import { useQuestion } from './use-question.ts'

interface SearchPaneProps {
  /** Whose view is changed. */
  readonly id: string
  readonly view: SearchView
  /** The image that is open; null where all are searched without one. */
  readonly searched: Searched | null
}

const NO_NUMBERS: readonly number[] = []

/** Names, and lines inside files, in all layers, also those that the final image has no more; and names in all images. */
export function SearchPane({ id, view, searched }: SearchPaneProps): JSX.Element {
  const box = useRef<HTMLInputElement>(null)
  const results = useRef<ResultsHandle>(null)
  useFocusedBox(box)
  const mode = modeOf(view)
  const history = useHistory(mode)
  const [isTreeWanted, setTree] = useRemembered('search.tree', false, isBoolean)
  const openHit = useOpenHit()

  const { question, problem } = useQuestion(view, searched?.image.source ?? null)
  const [summary, setSummary] = useState<Summary>(nothing)
  const [stopped, setStopped] = useState<string | null>(null)
  const isStopped = question !== null && stopped === keyOfQuestion(question)
  const isTree = isTreeWanted && mode !== 'everywhere'
  const pendingLayers = (mode === 'everywhere' ? undefined : summary.found?.pendingLayers) ?? NO_NUMBERS
  const info = searched?.info ?? null

  const change = (patch: Partial<SearchView>): void => setSearchView(id, patch)
  const closeViewer = (): void => {
    change({ viewed: null, spot: null })
    box.current?.focus()
  }
  // Wherever the focus is on this page.
  useWindowEvent('keydown', (event) => {
    if (event.key !== 'F4' || event.altKey || event.ctrlKey || event.metaKey || isModalOpen()) return
    event.preventDefault()
    results.current?.step(event.shiftKey ? -1 : 1)
  })
  const images = summary.found?.images
  const look = lookedAt(view, mode, images)
  const show = (known: KnownImage | null, at: Viewed): void =>
    known ? openHit(known, at) : showInFiles(id, at)
  const viewer = look && (
    <LookedAt
      look={look}
      searched={searched}
      spot={view.spot}
      question={question}
      onStep={(step) => results.current?.step(step)}
      onView={(viewed) => change({ viewed, spot: null })}
      onShow={(at) => show(look.known, at)}
      onClose={closeViewer}
    />
  )

  return (
    <div
      className={styles['search']}
      onKeyDown={(event) => {
        const isOwn = event.target instanceof Node && event.currentTarget.contains(event.target)
        if (event.key === 'Escape' && isOwn && view.viewed) closeViewer()
      }}
    >
      <AskPane
        box={box}
        results={results}
        info={info}
        view={view}
        mode={mode}
        history={history}
        problem={problem}
        counts={(question ? summary.found?.perLayer : undefined) ?? NO_NUMBERS}
        onChange={change}
      >
        {question && (
          <SearchSummary
            info={info}
            question={question}
            summary={summary}
            view={view}
            isTree={isTree}
            isStopped={isStopped}
            onChange={change}
            onTree={setTree}
            onStop={(isStopped) => setStopped(isStopped ? keyOfQuestion(question) : null)}
          />
        )}
      </AskPane>
      {searched && <Reading {...searched} pendingLayers={pendingLayers} />}
      {question?.kind === 'everywhere' && <EngineNote known={summary.found?.images} />}
      {question ? (
        <SidePane name="search.viewer" side={viewer}>
          <SearchResults
            ref={results}
            info={info}
            question={question}
            view={view}
            form={{ isTree, isStopped }}
            onChange={change}
            onView={(hit) => change(viewOf(hit))}
            onOpen={(hit) => {
              history.add(view.text)
              const known = knownImage(images, 'imageID' in hit ? hit.imageID : null)
              show(known, viewedOf(hit))
            }}
            onLeave={() => box.current?.focus()}
            onSummary={setSummary}
          />
        </SidePane>
      ) : (
        problem === undefined && (
          <Hints
            mode={mode}
            isAlone={searched === null}
            onChange={(patch) => {
              change(patch)
              box.current?.focus()
            }}
          />
        )
      )}
    </div>
  )
}

interface ReadingProps extends Searched {
  readonly pendingLayers: readonly number[]
}

/** An image that is searched has its layers read. */
function Reading({ image, info, pendingLayers }: ReadingProps): JSX.Element {
  const job = useReading(image.source, pendingLayers.length > 0)
  return <PendingLine source={image.source} job={job} pendingLayers={pendingLayers} info={info} />
}

function showInFiles(id: string, { path, tree }: Viewed): void {
  turnToPath(id, path, tree, true)
  useShell.getState().setTab(id, 'files')
}

/** The box has the focus when the page opens, and each time a search is asked for. */
function useFocusedBox(box: { readonly current: HTMLInputElement | null }): void {
  const focus = useShell((state) => state.searchFocus)
  useEffect(() => {
    box.current?.focus()
    box.current?.select()
    // oxlint-disable-next-line react/exhaustive-deps -- once for each time it is asked for
  }, [focus])
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean'
}
