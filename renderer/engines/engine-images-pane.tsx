import { ActionIcon, Button, CloseButton, Switch, TextInput, Tooltip } from '@mantine/core'
import { useEffect, useId, useMemo, useRef, useState, type JSX, type RefObject } from 'react'
import { visible } from '../../shared/path-bytes.ts'
import type { EngineImage, EngineInfo } from '../../shared/remote.ts'
import { Bytes } from '../parts/bytes.tsx'
import { Command } from '../parts/command.tsx'
import { EmptyState } from '../parts/empty-state.tsx'
import { ErrorNote } from '../parts/error-note.tsx'
import { counted, formatCount } from '../parts/format.ts'
import { IconAlertTriangle, IconRefresh, IconSearch } from '../parts/icons.ts'
import { Said } from '../parts/said.tsx'
import { TimeAgo } from '../parts/time-ago.tsx'
import { useRemembered } from '../settings/remembered.ts'
import { useOpen } from '../use-open.ts'
import styles from './engines.module.css'
import { ImageTable } from './image-table.tsx'
import {
  imageLines,
  isLineSort,
  matchingLines,
  newestFirst,
  sortedLines,
  totalsOf,
  type ImageLine,
} from './image-lines.ts'
import { useEngineImages } from './use-engine-images.ts'
import { lineMove, useLineSelection, type LineSelection } from './use-line-selection.ts'

interface EngineImagesPaneProps {
  readonly engine: EngineInfo
  readonly onClose: () => void
}

/** The images of one engine that answers: filtered from the box, walked by its arrows, opened by Enter. */
export function EngineImagesPane({ engine, onClose }: EngineImagesPaneProps): JSX.Element {
  const open = useOpen()
  const id = useId()
  const { images, asked, isAsking, problem, ask } = useEngineImages(engine.socket)
  const [filter, setFilter] = useState('')
  const [sort, setSort] = useRemembered('engines.sort', newestFirst, isLineSort)
  const [hasNameless, setHasNameless] = useRemembered('engines.nameless', true, isBoolean)
  const box = useRef<HTMLInputElement>(null)

  const all = useMemo(() => imageLines(images ?? []), [images])
  const nameless = useMemo(() => all.filter((line) => line.name === null).length, [all])
  const lines = useMemo(
    () =>
      sortedLines(matchingLines(hasNameless ? all : all.filter((line) => line.name !== null), filter), sort),
    [all, hasNameless, filter, sort],
  )
  const selection = useLineSelection(lines)
  const isFiltered = filter.trim() !== ''

  const openLines = (chosen: readonly ImageLine[]): void => {
    if (chosen.length === 0) return
    onClose()
    for (const { image } of chosen) void open.image({ kind: 'docker', image, socket: engine.socket })
  }
  useEffect(() => {
    // The dialog gives the focus away before an engine is known. Whoever walks the engines by keyboard stays there.
    if (!(document.activeElement instanceof HTMLInputElement)) box.current?.focus()
  }, [])
  const clear = (): void => {
    setFilter('')
    box.current?.focus()
  }

  const chosen = selection.chosen
  return (
    <form
      className={styles['pane']}
      onSubmit={(event) => {
        event.preventDefault()
        openLines(chosen)
      }}
    >
      <div className={styles['bar']}>
        <FilterBox
          box={box}
          table={id}
          filter={filter}
          selection={selection}
          onFilter={setFilter}
          onClear={clear}
        />
        {nameless > 0 && (
          <Switch
            label={`Unnamed (${formatCount(nameless)})`}
            checked={hasNameless}
            onChange={(event) => setHasNameless(event.currentTarget.checked)}
          />
        )}
      </div>
      {problem && images && (
        <p className={styles['lost']} role="status">
          <IconAlertTriangle size={14} aria-hidden="true" />
          <span>{visible(problem.message)} Trying again; the list is from before.</span>
        </p>
      )}
      {images ? (
        <ImageTable
          id={id}
          engine={engine}
          lines={lines}
          selection={selection}
          sort={sort}
          isStale={problem !== null}
          onSort={setSort}
          onOpen={openLines}
          onType={() => box.current?.focus()}
        >
          <Nothing
            engine={engine}
            isNone={all.length === 0}
            isFiltered={isFiltered}
            onClear={clear}
            onShow={() => setHasNameless(true)}
          />
        </ImageTable>
      ) : (
        <div className={styles['instead']}>
          {problem ? (
            <ErrorNote
              report={problem}
              action={
                <Button variant="default" size="compact-xs" loading={isAsking} onClick={ask}>
                  Try again
                </Button>
              }
            />
          ) : (
            <EmptyState title={`Asking ${visible(engine.name)} for its images`} />
          )}
        </div>
      )}
      <Foot
        images={images}
        engine={engine}
        shown={isFiltered ? `${formatCount(lines.length)} of ${formatCount(all.length)} shown` : null}
        asked={asked}
        isAsking={isAsking}
        chosen={chosen.length}
        onAsk={ask}
        onClose={onClose}
      />
      <Said
        text={isFiltered ? `${counted(lines.length, 'image')} of ${formatCount(all.length)} shown` : ''}
      />
    </form>
  )
}

interface FilterBoxProps {
  readonly box: RefObject<HTMLInputElement | null>
  /** Prefix of the ids of the table and its rows. */
  readonly table: string
  readonly filter: string
  readonly selection: LineSelection
  readonly onFilter: (filter: string) => void
  readonly onClear: () => void
}

/** The filter has the focus; the arrows walk the table from here. */
function FilterBox({ box, table, filter, selection, onFilter, onClear }: FilterBoxProps): JSX.Element {
  return (
    <TextInput
      ref={box}
      className={styles['filter']}
      aria-label="Filter by name, tag or ID"
      placeholder="Filter by name, tag or ID"
      role="combobox"
      aria-expanded={selection.count > 0}
      aria-haspopup="grid"
      aria-controls={selection.count > 0 ? `${table}table` : undefined}
      aria-activedescendant={selection.active >= 0 ? `${table}${selection.active}` : undefined}
      aria-autocomplete="list"
      autoComplete="off"
      spellCheck={false}
      data-autofocus
      leftSection={<IconSearch size={14} />}
      rightSection={
        filter !== '' && <CloseButton size="sm" aria-label="Clear" tabIndex={-1} onClick={onClear} />
      }
      value={filter}
      onChange={(event) => onFilter(event.currentTarget.value)}
      onKeyDown={(event) => {
        // Home and End are the text's while there is one.
        const isText = filter !== '' && (event.key === 'Home' || event.key === 'End')
        if (!isText && lineMove(event, selection)) event.preventDefault()
      }}
    />
  )
}

interface FootProps {
  readonly images: readonly EngineImage[] | undefined
  readonly engine: EngineInfo
  /** How much the filter left; null where there is none. */
  readonly shown: string | null
  readonly asked: number
  readonly isAsking: boolean
  readonly chosen: number
  readonly onAsk: () => void
  readonly onClose: () => void
}

/** How much there is and as of when, and the way on. */
function Foot({ images, engine, shown, asked, isAsking, chosen, onAsk, onClose }: FootProps): JSX.Element {
  const totals = useMemo(() => images && totalsOf(images), [images])
  return (
    <footer className={styles['foot']}>
      {totals && (
        <span className={`${styles['totals']} dim`}>
          {shown !== null && <span className={styles['shown']}>{shown}</span>}
          <span title="Layers that images share count for each of them">
            {counted(totals.count, 'image')} in {visible(engine.name)}, <Bytes value={totals.bytes} />
          </span>
          <span className={styles['asked']}>
            as of <TimeAgo time={asked} />
          </span>
        </span>
      )}
      <Tooltip label="Refresh">
        <ActionIcon aria-label="Refresh" loading={isAsking} loaderProps={{ size: 14 }} onClick={onAsk}>
          <IconRefresh size={14} />
        </ActionIcon>
      </Tooltip>
      <span className={styles['space']} />
      <Button variant="default" onClick={onClose}>
        Cancel
      </Button>
      <Button type="submit" disabled={chosen === 0}>
        {chosen > 1 ? `Open ${chosen} images` : 'Open'}
      </Button>
    </footer>
  )
}

interface NothingProps {
  readonly engine: EngineInfo
  readonly isNone: boolean
  readonly isFiltered: boolean
  readonly onClear: () => void
  readonly onShow: () => void
}

/** Why no line is there: the engine has no image, the filter matches none, or none has a name. */
function Nothing({ engine, isNone, isFiltered, onClear, onShow }: NothingProps): JSX.Element {
  if (isNone) {
    const program = engine.kind === 'podman' ? 'podman' : 'docker'
    return (
      <EmptyState title={`${visible(engine.name)} has no images`}>
        <p>Pull or build one; it appears here by itself.</p>
        <div className={styles['pull']}>
          <Command text={`${program} pull ${program === 'podman' ? 'docker.io/library/' : ''}debian:12`} />
        </div>
      </EmptyState>
    )
  }
  if (isFiltered) {
    return (
      <EmptyState
        title="No image matches"
        action={
          <Button variant="default" onClick={onClear}>
            Clear the filter
          </Button>
        }
      >
        No name, tag or ID contains what you typed.
      </EmptyState>
    )
  }
  return (
    <EmptyState
      title="No image has a name"
      action={
        <Button variant="default" onClick={onShow}>
          Show unnamed images
        </Button>
      }
    />
  )
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean'
}
