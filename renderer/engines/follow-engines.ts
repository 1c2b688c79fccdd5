import { useInterval, useWindowEvent } from '@mantine/hooks'
import { useQueryClient } from '@tanstack/react-query'
import { enginesKey } from '../queries.ts'

/** Engines are started and stopped outside: they are asked for again so often, in milliseconds, while the window can be seen. */
const OFTEN = 30_000

/** Keeps the list of engines true for as long as the window lives: by the clock, and whenever somebody comes back to it. */
export function useFollowEngines(): void {
  const queries = useQueryClient()
  // A question that is on its way is not asked twice.
  const ask = (): void =>
    void queries.invalidateQueries({ queryKey: enginesKey, exact: true }, { cancelRefetch: false })
  useWindowEvent('focus', ask)
  useInterval(
    () => {
      if (document.visibilityState === 'visible') ask()
    },
    OFTEN,
    { autoInvoke: true },
  )
}
