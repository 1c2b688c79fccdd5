import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { ErrorReport } from '../../shared/errors.ts'
import type { EngineImage } from '../../shared/remote.ts'
import { failureOf, useClient } from '../client.ts'
import { enginesKey } from '../queries.ts'

/** A build changes images many times a second: they are asked for once in so many milliseconds. */
const CALM = 250
/** The pause before an engine that failed is listened to again, and the shortest time that an answer without news is believed to take. */
const PAUSE = 3000

export interface EngineImages {
  /** undefined until the engine answered. */
  readonly images: readonly EngineImage[] | undefined
  /** When they were last asked for, in milliseconds since 1970. */
  readonly asked: number
  readonly isAsking: boolean
  /** Why they cannot be had; images of before stay. */
  readonly problem: ErrorReport | null
  readonly ask: () => void
}

/** When an engine stopped to tell of its changes, and why. */
interface Loss {
  readonly socket: string
  readonly at: number
  readonly report: ErrorReport
}

/** An engine's images, kept true while they are shown. Null asks for nothing. */
export function useEngineImages(socket: string | null): EngineImages {
  const client = useClient()
  const queries = useQueryClient()
  const [lost, setLost] = useState<Loss | null>(null)
  const query = useQuery({
    queryKey: ['engine-images', socket],
    queryFn: ({ signal }) => client.engines.images({ socket: socket ?? '' }, { signal }),
    enabled: socket !== null,
    staleTime: 0,
  })

  useEffect(() => {
    if (socket === null) return
    const controller = new AbortController()
    const { signal } = controller
    let timer: ReturnType<typeof setTimeout> | undefined
    const refetch = (): void => {
      timer = undefined
      void queries.invalidateQueries({ queryKey: ['engine-images', socket] })
    }
    const follow = async (): Promise<void> => {
      while (!signal.aborted) {
        const started = performance.now()
        try {
          const { isChanged } = await client.engines.change({ socket }, { signal })
          if (isChanged) timer ??= setTimeout(refetch, CALM)
          else if (performance.now() - started < PAUSE) await pause(PAUSE, signal)
        } catch (error) {
          if (signal.aborted) return
          setLost({ socket, at: Date.now(), report: failureOf(error) })
          await pause(PAUSE, signal)
          if (signal.aborted) return
          // The engine may be back, with other images; and the sidebar should not say that it is ready where it is not.
          void queries.invalidateQueries({ queryKey: enginesKey, exact: true })
          refetch()
        }
      }
    }
    void follow()
    return () => {
      controller.abort()
      clearTimeout(timer)
    }
  }, [client, queries, socket])

  // An answer since then says that it is back.
  const isLost = lost !== null && lost.socket === socket && lost.at >= query.dataUpdatedAt
  return {
    images: query.data,
    asked: query.dataUpdatedAt,
    isAsking: query.isFetching,
    problem: query.error ? failureOf(query.error) : isLost ? lost.report : null,
    ask: () => void query.refetch(),
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        resolve()
      },
      { once: true },
    )
  })
}
