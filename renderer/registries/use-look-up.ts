import { useCallback, useEffect, useRef, useState } from 'react'
import type { ErrorReport } from '../../shared/errors.ts'
import type { Resolved } from '../../shared/remote.ts'
import { failureOf, useClient } from '../client.ts'
import { askedOf } from './completion.ts'

/** How far a reference was looked into. `image` is the whole reference, `registry` who was asked. */
export type LookUp =
  | { readonly phase: 'idle' }
  /** The text is no reference. */
  | { readonly phase: 'wrong'; readonly problem: string }
  | { readonly phase: 'asking'; readonly image: string; readonly registry: string }
  | {
      readonly phase: 'failed'
      readonly image: string
      readonly registry: string
      readonly report: ErrorReport
    }
  | {
      readonly phase: 'found'
      readonly image: string
      readonly registry: string
      readonly resolved: Resolved
    }

export interface LookingUp {
  readonly lookUp: LookUp
  readonly start: (text: string, insecure: (registry: string) => boolean) => void
  /** Forgets what was found; stops what is on its way. */
  readonly reset: () => void
}

/** Looks references up, one at a time: a new one stops the one before. */
export function useLookUp(onFound: (registry: string, insecure: boolean) => void): LookingUp {
  const client = useClient()
  const [lookUp, setLookUp] = useState<LookUp>({ phase: 'idle' })
  const running = useRef<AbortController | null>(null)
  const found = useRef(onFound)
  useEffect(() => {
    found.current = onFound
  }, [onFound])
  useEffect(() => () => running.current?.abort(), [])

  const reset = useCallback(() => {
    running.current?.abort()
    setLookUp({ phase: 'idle' })
  }, [])

  const start = useCallback<LookingUp['start']>(
    (text, isInsecure) => {
      running.current?.abort()
      let asked: ReturnType<typeof askedOf>
      try {
        asked = askedOf(text)
      } catch (error) {
        return setLookUp({ phase: 'wrong', problem: failureOf(error).message })
      }
      const { signal } = (running.current = new AbortController())
      const insecure = isInsecure(asked.registry)
      setLookUp({ phase: 'asking', ...asked })
      client.registries
        .resolve({ image: asked.image, insecure }, { signal })
        .then((resolved) => {
          if (signal.aborted) return
          setLookUp({ phase: 'found', ...asked, resolved })
          found.current(asked.registry, insecure)
        })
        .catch((error: unknown) => {
          if (!signal.aborted) setLookUp({ phase: 'failed', ...asked, report: failureOf(error) })
        })
    },
    [client],
  )
  return { lookUp, start, reset }
}
