import { act, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ImagePage } from '../../renderer/image/image-page.tsx'
import { readLabel } from '../../renderer/image/pending-line.tsx'
import { useJobStore } from '../../renderer/jobs/job-store.ts'
import { titleOf } from '../../renderer/names.ts'
import { placeText } from '../../renderer/source-place.tsx'
import { useActiveImage, useShell } from '../../renderer/store.ts'
import type { SourceSpec } from '../../shared/uri.ts'
import { digestOf, docker, jobState, type Answers } from '../support/fake-client.ts'
import { entry } from '../support/entries.ts'
import { fakeImage, stubViewport } from '../support/fake-image.ts'
import { renderPart, resetWindow } from '../support/render.tsx'

const source: SourceSpec = { kind: 'registry', image: 'lab.local/team/app:1.0' }
const ofEngine: SourceSpec = { kind: 'docker', image: 'debian:12', socket: docker.socket }
const { info, answers } = fakeImage([
  { createdBy: 'ADD rootfs.tar /', entries: [entry('a', { size: 1000 })], isPending: true },
  { createdBy: 'RUN make', entries: [entry('b', { size: 10 })], isPending: true },
])
const unread = {
  ...info,
  size: null,
  compressedSize: 120_000_000,
  layers: info.layers.map((layer, at) =>
    Object.assign({ ...layer }, { size: null, compressedSize: [100_000_000, 20_000_000][at] ?? null }),
  ),
}
const reading = { id: 'a', spec: { kind: 'index' as const, input: source } }

beforeEach(() => stubViewport())
afterEach(resetWindow)

function Active() {
  const image = useActiveImage()
  return image ? <ImagePage image={image} /> : null
}

function open(image: SourceSpec = source, more: Answers = {}) {
  useShell.getState().showImage(image, titleOf(image))
  return renderPart(<Active />, {
    answers: {
      ...answers,
      images: { inspect: async () => unread },
      engines: { list: async () => [docker] },
      ...more,
    },
  })
}

test('it opens on manifest and config: no layer is asked for', async () => {
  const { fake } = open()
  expect(await screen.findByText(/as stored in the registry/)).toBeTruthy()
  expect(screen.getByRole('region', { name: 'Identity' }).textContent).toContain('Registrylab.local')
  expect(screen.getByRole('region', { name: 'Size' }).textContent).toContain('120 MB')
  expect(fake.callsOf('jobs.submit')).toEqual([])
  expect(fake.callsOf('files.rows')).toEqual([])
})

test('the layers tab offers to read them and says how many bytes that is; it starts nothing of itself', async () => {
  const user = userEvent.setup()
  const { fake } = open()
  await user.click(await screen.findByRole('tab', { name: 'Layers' }))
  expect(await screen.findByText('2 layers of 2 not read yet')).toBeTruthy()
  expect(screen.getByRole('grid', { name: 'Layers' }).textContent).toContain('100 MB')
  expect(fake.callsOf('jobs.submit')).toEqual([])
  expect(fake.callsOf('files.rows')).toEqual([])
  await user.click(screen.getByRole('button', { name: 'Read the layers (120 MB)' }))
  expect(fake.callsOf('jobs.submit')).toEqual([{ kind: 'index', input: source }])
})

test('the files tab has them fetched, and shows bytes and a way to stop', async () => {
  const user = userEvent.setup()
  const { fake } = open()
  await user.click(await screen.findByRole('tab', { name: 'Files' }))
  expect(await screen.findByText('Fetching layers: 1 of 2')).toBeTruthy()
  await waitFor(() => expect(fake.callsOf('jobs.submit')).toEqual([{ kind: 'index', input: source }]))
  act(() =>
    useJobStore.getState().update([jobState({ ...reading, done: 30_000_000, total: 120_000_000 })], []),
  )
  expect(screen.getByText('30.0 MB of 120 MB')).toBeTruthy()
  expect(screen.getByRole('progressbar', { name: 'Reading layers' }).getAttribute('aria-valuenow')).toBe('25')
  await user.click(screen.getByRole('button', { name: 'Cancel' }))
  expect(fake.callsOf('jobs.cancel')).toEqual([{ id: 'a' }])
})

test('a path that is asked for meanwhile is come to once its layer is read', async () => {
  const user = userEvent.setup()
  const read = fakeImage([
    { createdBy: 'ADD rootfs.tar /', entries: [entry('a', { size: 1000 })] },
    { createdBy: 'RUN make', entries: [entry('b', { size: 10 })] },
  ])
  let now = answers.files
  open(source, {
    files: {
      rows: (...input) => now?.rows?.(...input) as never,
      locate: (...input) => now?.locate?.(...input) as never,
    },
  })
  await user.click(await screen.findByRole('tab', { name: 'Files' }))
  await user.click(await screen.findByRole('button', { name: 'Type or paste a path' }))
  await user.type(screen.getByRole('textbox', { name: 'Go to path' }), '/b{Enter}')
  expect(await screen.findByText('/b is not in the layers read so far')).toBeTruthy()
  now = read.answers.files
  act(() => useJobStore.getState().update([jobState({ ...reading, phase: 'running' })], []))
  act(() => useJobStore.getState().update([jobState({ ...reading, phase: 'done' })], []))
  await waitFor(() => expect(screen.getByRole('row', { selected: true }).textContent).toMatch(/^b/))
  expect(screen.queryByText(/is not in the layers/)).toBeNull()
})

test('what was stopped is not started again by itself, and says that something is missing', async () => {
  const user = userEvent.setup()
  useJobStore.getState().update([jobState({ ...reading, phase: 'cancelled' })], [])
  const { fake } = open()
  await user.click(await screen.findByRole('tab', { name: 'Files' }))
  expect(await screen.findByText(/2 layers of 2 not read; what they hold is missing here/)).toBeTruthy()
  expect(await screen.findByText('The layers have not been read.')).toBeTruthy()
  expect(fake.callsOf('jobs.submit')).toEqual([])
  await user.click(screen.getByRole('button', { name: 'Read the layers (120 MB)' }))
  expect(fake.callsOf('jobs.submit')).toHaveLength(1)
})

test('a registry that wants a sign-in meanwhile leads to it', async () => {
  const user = userEvent.setup()
  const error = { code: 'sign-in', message: 'lab.local wants to know who asks.' } as const
  useJobStore.getState().update([jobState({ ...reading, phase: 'failed', error })], [])
  open()
  await user.click(await screen.findByRole('tab', { name: 'Files' }))
  expect(await screen.findByText(/lab\.local wants to know who asks/)).toBeTruthy()
  await user.click(screen.getByRole('button', { name: 'Sign in…' }))
  expect(useShell.getState().registries).toEqual({ text: 'lab.local/team/app:1.0', isWhole: true })
})

test('a search has them fetched once something is searched for', async () => {
  const user = userEvent.setup()
  const { fake } = open()
  await user.click(await screen.findByRole('tab', { name: 'Search' }))
  await screen.findByText('Find a path in any layer')
  expect(fake.callsOf('jobs.submit')).toEqual([])
  await user.type(screen.getByRole('searchbox'), 'passwd')
  await waitFor(() => expect(fake.callsOf('jobs.submit')).toEqual([{ kind: 'index', input: source }]))
})

test('an image of an engine names it and its socket', async () => {
  open(ofEngine)
  const identity = await screen.findByRole('region', { name: 'Identity' })
  await waitFor(() => expect(identity.textContent).toContain('EngineDocker/var/run/docker.sock'))
})

test('a registry that is not checked is said to be so', async () => {
  open({ ...source, insecure: true })
  const identity = await screen.findByRole('region', { name: 'Identity' })
  expect(within(identity).getByText('its certificate is not checked')).toBeTruthy()
})

test('the button says bytes only where all are known, or what the engine says of the whole', () => {
  expect(readLabel([1], unread)).toBe('Read the layers (20.0 MB)')
  const partly = {
    ...unread,
    layers: [unread.layers[0]!, { ...unread.layers[1]!, compressedSize: null }],
  }
  expect(readLabel([0, 1], partly)).toBe('Read the layers')
  expect(readLabel([0, 1], { ...partly, statedSize: 30e6 })).toBe('Read the layers (about 30.0 MB)')
  expect(readLabel([1], { ...partly, statedSize: 30e6 })).toBe('Read the layers')
})

test.each<[SourceSpec, string[], string]>([
  [source, ['lab.local/team/other:1'], 'lab.local/team/app:1.0'],
  [{ kind: 'registry', image: 'docker.io/library/debian:12' }, [], 'debian:12'],
  [ofEngine, ['docker.io/library/debian:bookworm'], 'debian:12'],
  [{ kind: 'docker', image: digestOf('c') }, ['docker.io/library/debian:12'], 'debian:12'],
  [{ kind: 'docker', image: digestOf('c') }, [], 'cccccccccccc'],
  [{ kind: 'tar', path: '/x/a.tar' }, [], 'a.tar'],
  [{ kind: 'tar', path: '/x/a.tar' }, ['docker.io/library/debian:12'], 'debian:12'],
])('%j with the names %j is called %s', (source, references, title) => {
  expect(titleOf(source, references)).toBe(title)
})

test.each<[SourceSpec, string]>([
  [{ ...source, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } }, 'lab.local · linux/arm64'],
  [ofEngine, 'Docker'],
  [{ kind: 'docker', image: 'a' }, 'Docker'],
  [{ kind: 'docker', image: 'a', socket: '/gone\u202e.sock' }, '/gone\\u{202e}.sock'],
  [{ kind: 'tar', path: '/x/a.tar' }, '/x/a.tar'],
])('%j is at %s', (source, place) => {
  expect(placeText(source, [docker])).toBe(place)
})
