import { useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import type { Settings } from '../../shared/settings.ts'
import { useClient, type Client } from '../client.ts'
import { settingsKey, useSettings } from '../queries.ts'

/** Changes of a drag come many a second; the file is written once they rest. */
const REST = 400

let pending: Record<string, unknown> = {}
let timer: ReturnType<typeof setTimeout> | undefined

function remember(client: Client, view: Record<string, unknown>): void {
  pending = { ...pending, ...view }
  clearTimeout(timer)
  timer = setTimeout(() => {
    const view = pending
    pending = {}
    // Losing a pane's width is no error to show.
    client.settings.set({ view }).catch(() => undefined)
  }, REST)
}

/**
 * A part of the view that outlives the session (a pane's width, a sort order), by name. `isValid` refuses what another version or a
 * damaged file may have left under that name.
 */
export function useRemembered<T>(
  name: string,
  initial: T,
  isValid: (value: unknown) => value is T,
): readonly [T, (value: T) => void] {
  const client = useClient()
  const queries = useQueryClient()
  const kept = useSettings().data?.view[name]
  const set = useCallback(
    (value: T) => {
      queries.setQueryData<Settings>(settingsKey, (settings) =>
        settings ? { ...settings, view: { ...settings.view, [name]: value } } : settings,
      )
      remember(client, { ...queries.getQueryData<Settings>(settingsKey)?.view, [name]: value })
    },
    [client, queries, name],
  )
  return [isValid(kept) ? kept : initial, set]
}
