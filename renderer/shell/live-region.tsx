import type { JSX } from 'react'
import { Said } from '../parts/said.tsx'
import { useShell } from '../store.ts'

/** What a screen reader is told: ends of jobs, counts of results. */
export function LiveRegion(): JSX.Element {
  return <Said text={useShell((state) => state.announcement)} />
}
