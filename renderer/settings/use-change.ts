import { useQueryClient } from '@tanstack/react-query'
import type { Settings } from '../../shared/settings.ts'
import { failureOf, useClient } from '../client.ts'
import { settingsKey } from '../queries.ts'
import { noticeFailure } from '../shell/notices.tsx'

/** Changes some of the settings: drawn at once, kept by the other side. */
export function useChange(): (change: Partial<Settings>) => void {
  const client = useClient()
  const queries = useQueryClient()
  return (change) => {
    queries.setQueryData<Settings>(settingsKey, (before) => (before ? { ...before, ...change } : before))
    client.settings
      .set(change)
      .then((settings) => queries.setQueryData(settingsKey, settings))
      .catch((error: unknown) => noticeFailure('Settings', failureOf(error)))
  }
}
