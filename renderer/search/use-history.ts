import { useRef } from 'react'
import { useRemembered } from '../settings/remembered.ts'
import type { SearchMode } from './question.ts'

/** Texts remembered for each way to search. */
const MOST = 50
/** Longer ones are pasted, not typed: nobody looks for them again by hand. */
const LONGEST = 1000

export interface History {
  /** Whether an earlier text is shown: there is a later one to go to. */
  readonly isWalked: () => boolean
  /** The text before the one shown; undefined at the oldest. */
  readonly older: (shown: string) => string | undefined
  /** The text after it, at last what was typed; undefined where that is shown. */
  readonly newer: () => string | undefined
  /** The person types again: the next walk begins at the newest. */
  readonly rest: () => void
  readonly add: (text: string) => void
}

/** Earlier texts of a search box, the latest first, kept from session to session; names and contents have their own. */
export function useHistory(mode: SearchMode): History {
  const name = mode === 'contents' ? 'contents' : 'names'
  const [kept, remember] = useRemembered<readonly string[]>(`search.history.${name}`, NONE, isTexts)
  /** Place among those kept, -1 being what was typed. */
  const walk = useRef({ name, at: -1, typed: '' })
  const walked = (): { name: string; at: number; typed: string } => {
    if (walk.current.name !== name) walk.current = { name, at: -1, typed: '' }
    return walk.current
  }
  return {
    isWalked: () => walked().at >= 0,
    older: (shown) => {
      const place = walked()
      if (place.at < 0) place.typed = shown
      // What is shown already is no step.
      const to = kept.findIndex((text, index) => index > place.at && text !== shown)
      if (to === -1) return undefined
      place.at = to
      return kept[to]
    },
    newer: () => {
      const place = walked()
      if (place.at < 0) return undefined
      place.at--
      return place.at < 0 ? place.typed : kept[place.at]
    },
    rest: () => {
      walked().at = -1
    },
    add: (text) => {
      if (text.trim() === '' || text.length > LONGEST || kept[0] === text) return
      const place = walked()
      if (place.at >= 0) place.at = 0
      remember([text, ...kept.filter((other) => other !== text)].slice(0, MOST))
    },
  }
}

const NONE: readonly string[] = []

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string') && value.length <= MOST
}
