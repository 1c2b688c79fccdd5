import { act } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { useJobStore } from '../../renderer/jobs/job-store.ts'
import { useLeaveGuard } from '../../renderer/shell/use-leave-guard.ts'
import type { JobPhase, JobSpec } from '../../shared/job.ts'
import { debian, jobState } from '../support/fake-client.ts'
import { renderPart, resetWindow } from '../support/render.tsx'

afterEach(resetWindow)

function Guarded() {
  useLeaveGuard()
  return null
}

const exporting: JobSpec = {
  kind: 'convert',
  input: debian,
  filters: [],
  output: { kind: 'dir', path: '/out', uniqueNames: true },
}

function set(spec: JobSpec, phase: JobPhase): void {
  act(() => useJobStore.getState().replace([jobState({ id: '1', spec, phase })]))
}

/** Whether leaving the page is asked about. */
const isAsked = (): boolean => !window.dispatchEvent(new Event('beforeunload', { cancelable: true }))

test('leaving is asked about while an export runs, and no longer once it has ended', () => {
  renderPart(<Guarded />)
  expect(isAsked()).toBe(false)
  set(exporting, 'running')
  expect(isAsked()).toBe(true)
  set(exporting, 'cancelling')
  expect(isAsked()).toBe(true)
  set(exporting, 'done')
  expect(isAsked()).toBe(false)
})

test('reading layers is not lost by leaving', () => {
  renderPart(<Guarded />)
  set({ kind: 'index', input: debian }, 'running')
  expect(isAsked()).toBe(false)
})

test('in Electron the program asks, not its page', () => {
  renderPart(<Guarded />, { info: { host: 'electron' } })
  set(exporting, 'running')
  expect(isAsked()).toBe(false)
})
