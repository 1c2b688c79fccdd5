import { create } from 'zustand'
import type { JobState } from '../../shared/job.ts'

interface JobStore {
  readonly jobs: ReadonlyMap<string, JobState>
  /** Takes in one message of the watch. */
  update(states: readonly JobState[], gone: readonly string[]): void
  /** A new watch starts with all states: what it does not name is gone. */
  replace(states: readonly JobState[]): void
}

/** The jobs as the main process pushes them. */
export const useJobStore = create<JobStore>()((set, get) => ({
  jobs: new Map(),
  update: (states, gone) => {
    const jobs = new Map(get().jobs)
    for (const id of gone) jobs.delete(id)
    for (const state of states) jobs.set(state.id, state)
    set({ jobs })
  },
  replace: (states) => set({ jobs: new Map(states.map((state) => [state.id, state])) }),
}))

/** One job; undefined where it was cleared or none is meant. */
export function useJob(id: string | null): JobState | undefined {
  return useJobStore((store) => (id === null ? undefined : store.jobs.get(id)))
}
