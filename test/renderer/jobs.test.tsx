import { Notifications } from '@mantine/notifications'
import { act, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, test } from 'vitest'
import { JobsEntry } from '../../renderer/jobs/jobs-entry.tsx'
import { JobsPage } from '../../renderer/jobs/jobs-page.tsx'
import { rateOf, withSample } from '../../renderer/jobs/rate.ts'
import { useJobWatch } from '../../renderer/jobs/use-job-watch.tsx'
import { useShell } from '../../renderer/store.ts'
import type { JobSpec } from '../../shared/job.ts'
import { debian, digestOf, jobState } from '../support/fake-client.ts'
import { renderPart, resetWindow } from '../support/render.tsx'

afterEach(resetWindow)

function Watched() {
  useJobWatch()
  return (
    <>
      <JobsEntry isCurrent={false} onClick={() => {}} />
      <JobsPage />
      <Notifications />
    </>
  )
}

const exportSpec: JobSpec = {
  kind: 'convert',
  input: debian,
  filters: [],
  output: { kind: 'tar', path: '/out/a.tar', compression: 'none', overwrite: true },
}

describe('the page', () => {
  test('says what belongs here while there is nothing, and where to go', () => {
    renderPart(<Watched />)
    expect(screen.getByText('No jobs')).toBeTruthy()
    expect(screen.getByRole('button', { name: 'Open an image' })).toBeTruthy()
  })

  test('a running job shows bytes and can be cancelled', async () => {
    const user = userEvent.setup()
    const { fake } = renderPart(<Watched />)
    fake.push([jobState({ id: 'a', title: 'Export a', done: 250, total: 1000 })])
    const job = await screen.findByRole('listitem', { name: 'Export a' })
    expect(within(job).getByText('250 B of 1.00 kB')).toBeTruthy()
    expect(within(job).getByRole('progressbar').getAttribute('aria-valuenow')).toBe('25')
    await user.click(within(job).getByRole('button', { name: 'Cancel' }))
    expect(fake.callsOf('jobs.cancel')).toEqual([{ id: 'a' }])
  })

  test('one that reads layers is paused and resumed; its progress stays where it is', async () => {
    const user = userEvent.setup()
    const { fake } = renderPart(<Watched />)
    const state = jobState({ id: 'a', title: 'Read a', done: 250, total: 1000 })
    fake.push([state, jobState({ id: 'b', title: 'Export b', spec: exportSpec })])
    const job = await screen.findByRole('listitem', { name: 'Read a' })
    const other = screen.getByRole('listitem', { name: 'Export b' })
    expect(within(other).queryByRole('button', { name: 'Pause' })).toBeNull()
    await user.click(within(job).getByRole('button', { name: 'Pause' }))
    expect(fake.callsOf('jobs.pause')).toEqual([{ id: 'a' }])
    fake.push([{ ...state, phase: 'paused' }])
    await user.click(await within(job).findByRole('button', { name: 'Resume' }))
    expect(fake.callsOf('jobs.resume')).toEqual([{ id: 'a' }])
    expect(within(job).getByText('Paused')).toBeTruthy()
    expect(within(job).getByText('250 B of 1.00 kB')).toBeTruthy()
    expect(within(job).getByRole('progressbar').getAttribute('aria-valuenow')).toBe('25')
    expect(screen.getByRole('button', { name: 'Jobs: 1 running, 1 paused' })).toBeTruthy()
    await user.click(within(job).getByRole('button', { name: 'Cancel' }))
    expect(fake.callsOf('jobs.cancel')).toEqual([{ id: 'a' }])
    fake.push([{ ...state, phase: 'cancelling' }])
    await within(job).findByText('Cancelling')
    expect(within(job).queryByRole('button', { name: /Pause|Resume/ })).toBeNull()
  })

  test.each([
    [{ imagesRead: 12, imagesKnown: 0, imagesFailed: 0 }, '12 images read'],
    [
      { imagesRead: 1, imagesKnown: 3, imagesFailed: 2 },
      '1 image read, 3 known already, 2 could not be read',
    ],
  ])('all images of an engine, %j: %s', async (outcome, words) => {
    const { fake } = renderPart(<Watched />)
    const spec = { kind: 'index-engine', socket: '/run/docker.sock' } as const
    fake.push([jobState({ id: 'a', title: 'Read all', spec, phase: 'done', started: 1, ended: 2, outcome })])
    const job = await screen.findByRole('listitem', { name: 'Read all' })
    expect(within(job).getByText(words)).toBeTruthy()
    expect(within(job).queryByRole('button', { name: 'Show image' })).toBeNull()
  })

  test('a total nobody knows is not made up', async () => {
    const { fake } = renderPart(<Watched />)
    fake.push([jobState({ id: 'a', title: 'Export a', done: 250, total: null })])
    const job = await screen.findByRole('listitem', { name: 'Export a' })
    expect(within(job).getByRole('progressbar').hasAttribute('aria-valuenow')).toBe(false)
    expect(within(job).getByText('250 B')).toBeTruthy()
  })

  test.each([
    [{ bytesFetched: 120_000_000, bytesKept: 260_000_000 }, 'fetched 120 MB, 260 MB were there from before'],
    [{ bytesFetched: 120_000_000, bytesKept: 0 }, 'fetched 120 MB'],
    [{ bytesFetched: 0, bytesKept: 260_000_000 }, 'nothing to fetch: 260 MB were there from before'],
    [{ path: '/out/a.tar', bytesFetched: 1000 }, 'fetched 1.00 kB'],
  ])('%j: %s', async (outcome, words) => {
    const { fake } = renderPart(<Watched />)
    fake.push([jobState({ id: 'a', title: 'Read a', phase: 'done', started: 1, ended: 2, outcome })])
    const job = await screen.findByRole('listitem', { name: 'Read a' })
    expect(within(job).getByText(words)).toBeTruthy()
  })

  test('a done export to overlay mounts is mounted and unmounted from here', async () => {
    const user = userEvent.setup()
    const { fake } = renderPart(<Watched />, { info: { isRoot: true } })
    const path = '/out/mounts'
    const imageID = digestOf('c')
    const spec: JobSpec = {
      kind: 'convert',
      input: debian,
      filters: [],
      output: { kind: 'mounts', path, mount: false },
    }
    const done = { phase: 'done', started: 1, ended: 2 } as const
    fake.push([
      jobState({ id: 'a', title: 'Export a', submitted: 1, spec, ...done, outcome: { path, imageID } }),
    ])
    const job = await screen.findByRole('listitem', { name: 'Export a' })
    await user.click(within(job).getByRole('button', { name: 'Mount' }))
    expect(fake.callsOf('jobs.submit')).toEqual([{ kind: 'mount', path, imageID }])
    const mountedAt = `${path}/images/cccccccccccc/merged`
    fake.push([
      jobState({
        id: 'b',
        title: 'Mount a',
        submitted: 3,
        spec: { kind: 'mount', path, imageID },
        ...done,
        outcome: { path: mountedAt, mountedAt },
      }),
    ])
    await within(job).findByText('Mounted at')
    const unmount = { id: 'c', title: 'Unmount a', submitted: 4, spec: { kind: 'unmount', path } } as const
    fake.push([jobState({ ...unmount, ...done, outcome: { unmounted: 1 } })])
    await within(job).findByText('Unmounted.')
    const other = screen.getByRole('listitem', { name: 'Unmount a' })
    expect(within(other).getByText('1 mount taken away')).toBeTruthy()
    expect(within(other).queryByRole('button', { name: 'Show image' })).toBeNull()
  })

  test('a failed one says why, and retry keeps its inputs', async () => {
    const user = userEvent.setup()
    const { fake } = renderPart(<Watched />)
    const error = { code: 'no-space', message: '/out is full.' } as const
    fake.push([jobState({ id: 'a', title: 'Export a', spec: exportSpec, phase: 'failed', ended: 3, error })])
    const job = await screen.findByRole('listitem', { name: 'Export a' })
    expect(within(job).getByRole('alert').textContent).toContain('/out is full.')
    await user.click(within(job).getByRole('button', { name: 'Retry' }))
    expect(fake.callsOf('jobs.retry')).toEqual([{ id: 'a' }])
  })

  test('an upload cannot be retried: the file is the browser’s', async () => {
    const { fake } = renderPart(<Watched />)
    const spec = { kind: 'upload', name: 'a.tar', size: 10 } as const
    fake.push([jobState({ id: 'a', title: 'Upload a.tar', spec, phase: 'cancelled', ended: 3 })])
    const job = await screen.findByRole('listitem', { name: 'Upload a.tar' })
    expect(within(job).queryByRole('button', { name: 'Retry' })).toBeNull()
  })

  test('warnings are counted, and listed on demand', async () => {
    const user = userEvent.setup()
    const { fake } = renderPart(<Watched />)
    const warnings = [{ code: 'name', message: 'The name \u202eevil was changed.' }]
    fake.push([jobState({ id: 'a', title: 'Export a', phase: 'done', ended: 3, warnings })])
    const job = await screen.findByRole('listitem', { name: 'Export a' })
    expect(within(job).getByText('1 warning')).toBeTruthy()
    await user.click(within(job).getByRole('button', { name: 'Show steps' }))
    expect(within(job).getByText('The name \\u{202e}evil was changed.')).toBeTruthy()
  })

  test('ended jobs are cleared one by one or all at once, and go when the main process says so', async () => {
    const user = userEvent.setup()
    const { fake } = renderPart(<Watched />)
    fake.push([jobState({ id: 'a', title: 'Export a', phase: 'done', ended: 3 })])
    await user.click(await screen.findByRole('button', { name: 'Remove Export a' }))
    await user.click(screen.getByRole('button', { name: 'Clear all' }))
    expect(fake.callsOf('jobs.clear')).toEqual([{ id: 'a' }, {}])
    fake.push([], ['a'])
    expect(await screen.findByText('No jobs')).toBeTruthy()
  })
})

describe('from any page', () => {
  test('the sidebar tells how many run and how far they are', async () => {
    const { fake } = renderPart(<Watched />)
    fake.push([
      jobState({ id: 'a', done: 10, total: 100 }),
      jobState({ id: 'b', done: 50, total: 100 }),
      jobState({ id: 'c', phase: 'failed', ended: 3 }),
    ])
    await screen.findByRole('button', { name: 'Jobs: 2 running, 1 failed' })
    expect(screen.getByRole('progressbar', { name: '2 jobs running' }).getAttribute('aria-valuenow')).toBe(
      '30',
    )
  })

  test('an end is announced, and told with the way to what was written', async () => {
    const user = userEvent.setup()
    const { fake } = renderPart(<Watched />, { info: { canReveal: true } })
    const job = jobState({ id: 'a', title: 'Export a', spec: exportSpec })
    fake.push([job])
    await screen.findByRole('listitem', { name: 'Export a' })
    fake.push([{ ...job, phase: 'done', ended: 3, outcome: { path: '/out/a.tar' } }])
    const notice = await screen.findByRole('region', { name: 'Done: Export a' })
    expect(useShell.getState().announcement).toBe('Export a: done')
    await user.click(within(notice).getByRole('button', { name: 'Show in file manager' }))
    expect(fake.callsOf('system.reveal')).toEqual([{ path: '/out/a.tar' }])
  })

  test('the job a dialog shows already gets no notice', async () => {
    const { fake } = renderPart(<Watched />)
    const job = jobState({ id: 'a', title: 'Export a', spec: exportSpec })
    act(() => useShell.getState().watchJob('a'))
    fake.push([job])
    fake.push([{ ...job, phase: 'done', ended: 3, outcome: { path: '/out/a.tar' } }])
    await waitFor(() => expect(useShell.getState().announcement).toBe('Export a: done'))
    expect(screen.queryByRole('region')?.getAttribute('aria-label')).not.toBe('Done: Export a')
  })

  test('a job that had ended before the window watched is old news', async () => {
    const { fake } = renderPart(<Watched />)
    fake.push([
      jobState({
        id: 'a',
        title: 'Export a',
        phase: 'failed',
        ended: 3,
        error: { code: 'io', message: 'x' },
      }),
    ])
    await screen.findByRole('listitem', { name: 'Export a' })
    expect(useShell.getState().announcement).toBe('')
  })
})

describe('the rate', () => {
  test('is not told from samples too near each other', () => {
    expect(
      rateOf([
        { at: 0, done: 0 },
        { at: 100, done: 1e6 },
      ]),
    ).toBeNull()
  })
  test('is bytes per second over the last samples only', () => {
    let samples = withSample([], { at: 0, done: 0 })
    for (let at = 1000; at <= 10_000; at += 1000)
      samples = withSample(samples, { at, done: at > 5000 ? (at - 5000) * 10 : 0 })
    expect(rateOf(samples)).toBe(10_000)
    expect(samples).toHaveLength(5)
  })
  test('starts anew where a retry starts from nothing', () => {
    const samples = withSample(
      [
        { at: 0, done: 500 },
        { at: 1000, done: 900 },
      ],
      { at: 2000, done: 10 },
    )
    expect(samples).toEqual([{ at: 2000, done: 10 }])
  })
})

test('steps that are layers carry their layer’s number; other work its own words', async () => {
  const user = userEvent.setup()
  const { fake } = renderPart(<Watched />)
  const steps = [
    { name: digestOf('1'), done: 10, total: 10 },
    { name: 'Writing the catalog', done: 1, total: null },
  ]
  fake.push([jobState({ id: 'a', title: 'Export a', steps })])
  await user.click(await screen.findByRole('button', { name: 'Show steps' }))
  const list = screen.getByRole('list', { name: 'Steps' })
  expect(
    within(list)
      .getAllByRole('listitem')
      .map((item) => item.textContent),
  ).toEqual(['Layer 011111111111110 B', 'Writing the catalog1 B'])
})
