import { useMediaQuery } from '@mantine/hooks'

/** Whether the window is too narrow for a sidebar beside the page; the same width stands in shell.module.css. */
export function useIsNarrow(): boolean {
  return useMediaQuery('(max-width: 860px)', false, { getInitialValueInEffect: false })
}
