import { useQueries, useQueryClient, type QueryKey } from '@tanstack/react-query'
import { useEffect, useMemo, useState } from 'react'
import { WINDOW_SIZE, windowOf, windowsOf } from './row-windows.ts'
import { useSettled } from './use-settled.ts'

/** A list on the other side that is read by windows of rows. */
export interface WindowSource<Window extends { readonly total: number }> {
  /** Names the list; a new key is a new list. */
  readonly key: QueryKey
  readonly fetch: (offset: number, limit: number, signal: AbortSignal) => Promise<Window>
  /** A list that grows: after how many milliseconds a window in view is asked for again. */
  readonly poll?: (window: Window) => number | false
}

export interface Windows<Window, Row> {
  /** Any window of the list that is shown: for what all windows say alike (totals). */
  readonly head: Window | undefined
  readonly total: number
  /** Undefined while its window is on the way. */
  readonly rowAt: (index: number) => Row | undefined
  /** The rows are those of the list before; the new one is on the way. */
  readonly isStale: boolean
  readonly isLoading: boolean
  readonly error: Error | null
  readonly retry: () => void
}

/** A window passed by in a fast scroll is not asked for: one has to stay in view this long, in milliseconds. */
const SETTLE = 40
/** Windows out of view are forgotten after this long, in milliseconds: 500,000 rows must not pile up. */
const FORGET = 30_000

/**
 * The rows from `first` to `last` of a list, window by window. While a new list (another sort, another folder opened) loads, the one
 * before stays; windows out of view are cancelled.
 */
export function useWindows<Window extends { readonly total: number }, Row>(
  source: WindowSource<Window> | null,
  rowsOf: (window: Window) => readonly Row[],
  first: number,
  last: number,
): Windows<Window, Row> {
  const queryClient = useQueryClient()
  const from = useSettled(windowOf(Math.max(0, first)), SETTLE)
  const to = useSettled(windowOf(Math.max(0, last)), SETTLE)
  const windows = source ? windowsOf(from * WINDOW_SIZE, Math.max(from, to) * WINDOW_SIZE) : []
  const results = useQueries({
    queries: windows.map((window) => ({
      queryKey: [...(source?.key ?? []), window],
      queryFn: ({ signal }: { signal: AbortSignal }) => {
        if (!source) throw new Error('a window without a list')
        return source.fetch(window * WINDOW_SIZE, WINDOW_SIZE, signal)
      },
      staleTime: Number.POSITIVE_INFINITY,
      gcTime: FORGET,
      retry: false,
      refetchInterval: ({ state }: { state: { data: Window | undefined } }) =>
        (state.data !== undefined && source?.poll?.(state.data)) || false,
      // Whoever looks elsewhere meanwhile wants it done when they are back.
      refetchIntervalInBackground: true,
    })),
  })

  const isReady = results.some((result) => result.data !== undefined)
  const [shown, setShown] = useState<QueryKey | null>(null)
  const keyText = source ? JSON.stringify(source.key) : null
  useEffect(() => {
    if (isReady && source) setShown(source.key)
    if (!source) setShown(null)
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- the key's text stands for the key, which is made anew at each rendering
  }, [isReady, keyText])

  const key = isReady ? (source?.key ?? null) : shown
  // Looked up once in a rendering, not once for every row: naming a window costs a hash of the whole question.
  const known = new Map<number, Window | undefined>()
  const read = (window: number): Window | undefined => {
    if (key === null) return undefined
    if (!known.has(window)) known.set(window, queryClient.getQueryData<Window>([...key, window]))
    return known.get(window)
  }
  // Of a list that grows the windows are of different times: the longest is the latest.
  const head = windows.map(read).reduce((best, window) => longer(best, window), undefined) ?? read(0)
  const failed = results.find((result) => result.error !== null)

  return {
    head,
    total: head?.total ?? 0,
    rowAt: (index) => {
      const window = read(windowOf(index))
      return window === undefined ? undefined : rowsOf(window)[index % WINDOW_SIZE]
    },
    isStale: !isReady && head !== undefined,
    isLoading: source !== null && !isReady && failed === undefined,
    error: failed?.error ?? null,
    retry: useMemo(() => () => results.forEach((result) => void result.refetch()), [results]),
  }
}

function longer<Window extends { readonly total: number }>(
  best: Window | undefined,
  window: Window | undefined,
): Window | undefined {
  return best === undefined || (window !== undefined && window.total > best.total) ? window : best
}
