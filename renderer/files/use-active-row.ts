import { useEffect, useRef, useState } from 'react'
import type { FileRow, RowsWindow } from '../../shared/files.ts'
import type { PathBytes } from '../../shared/path-bytes.ts'
import type { FilesView } from '../image/image-views.ts'
import type { Windows } from '../rows/use-windows.ts'
import type { OpenImage } from '../store.ts'
import { pathText } from './paths.ts'
import { useLocate, type RowsOf } from './use-files.ts'
import type { useFilesPreferences } from './use-preferences.ts'

export interface ActiveRow {
  readonly index: number
  /** A sentence where the path that was asked for is not among the files. */
  readonly missing: string | null
  readonly moveTo: (index: number) => void
}

interface ActiveRowOptions {
  readonly image: OpenImage
  readonly query: RowsOf
  readonly view: FilesView
  readonly preferences: ReturnType<typeof useFilesPreferences>
  readonly data: Windows<RowsWindow, FileRow>
  /** Brings a row into view. */
  readonly show: (index: number, align?: 'auto' | 'center') => void
  readonly onChange: (patch: Partial<FilesView>) => void
}

/**
 * The row the keyboard is on. It is kept by path: another sort, filter or expansion moves the row, and the keyboard goes with it. A
 * path to reveal becomes the active one once the directories above it are open.
 */
export function useActiveRow(options: ActiveRowOptions): ActiveRow {
  const { image, query, view, preferences, data, show, onChange } = options
  const [index, setIndex] = useState(0)
  const [missing, setMissing] = useState<string | null>(null)
  /** The keyboard has moved to a row whose path is not known yet. */
  const isMoved = useRef(false)
  /** The row is to come into view as soon as the list is long enough to have it. */
  const [isAwaited, setAwaited] = useState(false)
  const locate = useLocate(image.source, query)

  const row = data.rowAt(index)
  useEffect(() => {
    if (!isMoved.current || row === undefined || data.isStale) return
    isMoved.current = false
    if (row.path !== view.active) onChange({ active: row.path })
  }, [row, data.isStale, view.active, onChange])

  const path = view.active
  const isHere = row?.path === path
  useEffect(() => {
    if (path === null || data.isStale || data.total === 0 || isMoved.current || isHere) return
    return whenSettled(locate(path), (place) => {
      setIndex(place?.index ?? 0)
      setAwaited(true)
      // Where a filter had opened the way to it, the way stays open.
      const expanded = union(view.expanded, place?.expanded ?? [])
      if (expanded !== view.expanded) onChange({ expanded })
    })
    // oxlint-disable-next-line react/exhaustive-deps -- asked when the rows change, not while the keyboard moves within them
  }, [query, data.isStale, data.total > 0, path])

  const wanted = view.reveal
  const pending = data.head?.pendingLayers.length ?? 0
  useEffect(() => {
    if (wanted === null) return
    setMissing(null)
    return whenSettled(locate(wanted), (place) => {
      if (place === null && preferences.view === 'list' && wanted !== '') preferences.setView('tree')
      else if (place === null && wanted !== '' && pending > 0) {
        // It may be in a layer that is on its way: the wish stays until all are read, or somebody goes elsewhere.
        setMissing(`/${pathText(wanted)} is not in the layers read so far`)
      } else if (place === null) {
        onChange({ reveal: null })
        if (wanted !== '') setMissing(`/${pathText(wanted)} is not here`)
        else show(0)
      } else {
        setAwaited(true)
        setIndex(place.index)
        onChange({ active: wanted, reveal: null, expanded: union(view.expanded, place.expanded) })
      }
    })
    // oxlint-disable-next-line react/exhaustive-deps -- once for each wish, and again in the other view, or with more layers
  }, [wanted, query, pending])

  useEffect(() => {
    if (!isAwaited || data.isStale || index >= data.total) return
    setAwaited(false)
    show(index, 'center')
  }, [isAwaited, index, data.isStale, data.total, show])

  return {
    index: Math.min(index, Math.max(0, data.total - 1)),
    missing,
    moveTo: (to) => {
      setMissing(null)
      if (wanted !== null) onChange({ reveal: null })
      isMoved.current = true
      setIndex(to)
      show(to)
    },
  }
}

/** The result, unless the asking effect is over by then. Failures are those of the rows, which say so themselves. */
function whenSettled<T>(promise: Promise<T>, act: (value: T) => void): () => void {
  let isOver = false
  promise.then(
    (value) => {
      if (!isOver) act(value)
    },
    () => undefined,
  )
  return () => {
    isOver = true
  }
}

function union(a: readonly PathBytes[], b: readonly PathBytes[]): readonly PathBytes[] {
  const all = new Set([...a, ...b])
  return all.size === a.length ? a : [...all]
}
