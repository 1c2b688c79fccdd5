import { act, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, test } from 'vitest'
import { useJobWatch } from '../../renderer/jobs/use-job-watch.tsx'
import { EngineNote } from '../../renderer/search/engine-note.tsx'
import { useShell } from '../../renderer/store.ts'
import type { EngineImage, EngineInfo } from '../../shared/remote.ts'
import { digestOf, docker, engineImage, jobState, podman, type Answers } from '../support/fake-client.ts'
import { renderPart, resetWindow } from '../support/render.tsx'

afterEach(resetWindow)

const images = ['1', '2', '3'].map((digit) =>
  engineImage({ id: digestOf(digit), references: [`app:${digit}`], size: 2_000_000 }),
)

function Watched({ known }: { readonly known: readonly string[] }) {
  useJobWatch()
  return <EngineNote known={known.map((digit) => ({ imageID: digestOf(digit) }))} />
}

function answering(all: readonly EngineImage[] = images, engines: readonly EngineInfo[] = [docker]): Answers {
  return { engines: { list: async () => [...engines], images: async () => [...all] } }
}

const spec = { kind: 'index-engine', socket: docker.socket } as const

describe('what a search over all images leaves out', () => {
  test('is offered with what it costs, and read by a click only', async () => {
    const { fake } = renderPart(<Watched known={['1']} />, { answers: answering() })
    expect(await screen.findByText('Docker has 2 images that were never opened.')).toBeTruthy()
    expect(
      screen.getByText('The engine exports each of them once; nothing leaves this computer.'),
    ).toBeTruthy()
    expect(fake.callsOf('jobs.submit')).toEqual([])
    await userEvent.click(screen.getByRole('button', { name: 'Read their layers (up to 4.00 MB)' }))
    expect(fake.callsOf('jobs.submit')).toEqual([spec])
  })

  test('is nothing where all are known, by config or by manifest', async () => {
    const known = [
      { imageID: digestOf('1') },
      { imageID: digestOf('2') },
      { imageID: digestOf('9'), digest: digestOf('3') },
    ]
    const { fake } = renderPart(<EngineNote known={known} />, { answers: answering() })
    await waitFor(() => expect(fake.callsOf('engines.images')).toHaveLength(1))
    await act(async () => {})
    expect(screen.queryByRole('status')).toBeNull()
  })

  test('is not asked for before it is known what was opened', async () => {
    const { fake } = renderPart(<EngineNote known={undefined} />, { answers: answering() })
    await waitFor(() => expect(fake.callsOf('engines.list')).toHaveLength(1))
    await act(async () => {})
    expect(fake.callsOf('engines.images')).toEqual([])
  })

  test('is asked of engines that answer only', async () => {
    const { fake } = renderPart(<Watched known={[]} />, { answers: answering(images, [podman, docker]) })
    await screen.findByText('Docker has 3 images that were never opened.')
    expect(fake.callsOf('engines.images')).toEqual([{ socket: docker.socket }])
    expect(screen.queryByText(/^Podman/)).toBeNull()
  })

  test('while it is read, says how far, with a pause and the way to the jobs', async () => {
    const { fake } = renderPart(<Watched known={['1']} />, { answers: answering() })
    await screen.findByText(/never opened/)
    const steps = [
      { name: '1 of 2: app:2', done: 10, total: 10 },
      { name: '2 of 2: app:3', done: 5, total: 20 },
    ]
    const job = jobState({ id: 'a', spec, steps, done: 15, total: 30 })
    fake.push([job])
    expect(await screen.findByText('Reading the images of Docker, 2 of 2: app:3')).toBeTruthy()
    expect(
      screen.getByRole('progressbar', { name: 'Reading the images of Docker' }).getAttribute('aria-valuenow'),
    ).toBe('50')
    await userEvent.click(screen.getByRole('button', { name: 'Pause' }))
    expect(fake.callsOf('jobs.pause')).toEqual([{ id: 'a' }])
    fake.push([{ ...job, phase: 'paused' }])
    await userEvent.click(await screen.findByRole('button', { name: 'Resume' }))
    expect(fake.callsOf('jobs.resume')).toEqual([{ id: 'a' }])
    await userEvent.click(screen.getByRole('button', { name: 'Jobs' }))
    expect(useShell.getState().page).toBe('jobs')
    fake.push([{ ...job, phase: 'done', ended: 3, outcome: { imagesRead: 1, imagesFailed: 1 } }])
    expect(await screen.findByRole('button', { name: 'See why it failed' })).toBeTruthy()
  })
})
