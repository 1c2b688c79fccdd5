import { act, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { useFollowEngines } from '../../renderer/engines/follow-engines.ts'
import { Header } from '../../renderer/shell/header.tsx'
import { LiveRegion } from '../../renderer/shell/live-region.tsx'
import { Sidebar } from '../../renderer/shell/sidebar.tsx'
import { WireBanner } from '../../renderer/shell/wire-banner.tsx'
import { useShell } from '../../renderer/store.ts'
import { useJobStore } from '../../renderer/jobs/job-store.ts'
import { keyOfSource } from '../../shared/source-name.ts'
import { settingsSchema } from '../../shared/settings.ts'
import type { SourceSpec } from '../../shared/uri.ts'
import { debian, debianRecent, docker, jobState, podman } from '../support/fake-client.ts'
import { renderPart, resetWindow } from '../support/render.tsx'

afterEach(() => {
  vi.useRealTimers()
  resetWindow()
})

const shell = () => useShell.getState()
const alpine: SourceSpec = { kind: 'tar', path: '/images/alpine.tar' }

describe('the sidebar', () => {
  test('goes to its pages and says which is shown', async () => {
    const user = userEvent.setup()
    renderPart(<Sidebar />)
    const nav = screen.getByRole('navigation', { name: 'Main' })
    expect(within(nav).getByText('No image is open')).toBeTruthy()
    for (const [name, page] of [
      [/^Settings/, 'settings'],
      [/^Jobs/, 'jobs'],
      [/^Home/, 'home'],
    ] as const) {
      await user.click(within(nav).getByRole('button', { name }))
      expect(shell().page).toBe(page)
      expect(within(nav).getByRole('button', { current: 'page' })).toBe(
        within(nav).getByRole('button', { name }),
      )
    }
  })

  test('lists what is open, shows it, and closes it', async () => {
    const user = userEvent.setup()
    shell().showImage(debian, 'debian:12')
    shell().showImage(alpine, 'alpine:3')
    renderPart(<Sidebar />)
    await user.click(screen.getByRole('button', { name: 'debian:12' }))
    expect(shell().activeImage).toBe(keyOfSource(debian))
    expect(screen.getByRole('button', { current: 'page' }).textContent).toContain('debian')
    await user.click(screen.getByRole('button', { name: 'Close debian:12' }))
    expect(shell().openImages.map((image) => image.title)).toEqual(['alpine:3'])
    expect(screen.queryByRole('button', { name: 'debian:12' })).toBeNull()
  })

  test('recent images are those that are there and not open already, by their short names', async () => {
    const recent = [debianRecent, { ...debianRecent, source: alpine, title: 'gone:1', isMissing: true }]
    renderPart(<Sidebar />, { answers: { images: { recent: async () => recent } } })
    const section = await screen.findByRole('region', { name: 'Recent' })
    expect(within(section).getAllByRole('button')).toHaveLength(1)
    expect(within(section).getByRole('button', { name: 'debian:12' })).toBeTruthy()
    act(() => shell().showImage(debian, 'debian:12'))
    expect(screen.queryByRole('region', { name: 'Recent' })).toBeNull()
  })

  test('what is being opened is named and can be stopped', async () => {
    const user = userEvent.setup()
    const cancel = vi.fn()
    shell().addOpening({ id: 1, name: 'large\u202e.tar', cancel })
    renderPart(<Sidebar />)
    expect(screen.getByRole('status').textContent).toBe('Opening large\\u{202e}.tar')
    await user.click(screen.getByRole('button', { name: /^Stop opening large/ }))
    expect(cancel).toHaveBeenCalledOnce()
  })

  test('engines stand there with their state in words, and open the picker on them', async () => {
    const user = userEvent.setup()
    const evil = { ...docker, socket: '/evil.sock', name: 'a\u202eb' }
    renderPart(<Sidebar />, { answers: { engines: { list: async () => [docker, podman, evil] } } })
    const section = await screen.findByRole('region', { name: 'Engines' })
    const stopped = await within(section).findByRole('button', { name: 'Podman (rootless), stopped' })
    expect(stopped.textContent).toBe('Podman (rootless)stopped')
    expect(stopped.title).toBe('Podman (rootless) is not running.')
    expect(within(section).getByRole('button', { name: 'a\\u{202e}b, ready' })).toBeTruthy()
    await user.click(stopped)
    expect(shell().engines).toEqual({ socket: podman.socket })
    await user.click(within(section).getByRole('button', { name: 'Open from an engine' }))
    expect(shell().engines).toEqual({ socket: null })
  })

  test('registries used before stand there, the last one first, and are typed in by a click', async () => {
    const user = userEvent.setup()
    const registries = [
      { name: 'lab.local', insecure: true },
      { name: 'docker.io', insecure: false },
    ]
    renderPart(<Sidebar />, {
      answers: { settings: { get: async () => settingsSchema.parse({ registries }) } },
    })
    const section = await screen.findByRole('region', { name: 'Registries' })
    await within(section).findByRole('button', { name: 'lab.local, not checked' })
    await user.click(within(section).getByRole('button', { name: 'docker.io' }))
    expect(shell().registries).toEqual({ text: 'docker.io/', isWhole: false })
  })

  test('where there are none, that is said quietly', async () => {
    renderPart(<Sidebar />)
    expect(await screen.findByText('None found')).toBeTruthy()
    expect(screen.getByText('None used yet')).toBeTruthy()
  })

  test('jobs that run are counted where they are gone to', () => {
    useJobStore.getState().replace([jobState({ id: '1' }), jobState({ id: '2', phase: 'done' })])
    renderPart(<Sidebar />)
    expect(screen.getByRole('button', { name: /^Jobs/ }).textContent).toContain('1')
  })
})

describe('the header', () => {
  test('names the page, and offers no export where no image is shown', () => {
    shell().go('settings')
    renderPart(<Header />)
    expect(screen.getByRole('heading', { level: 1 }).textContent).toBe('Settings')
    expect(screen.queryByRole('button', { name: 'Export…' })).toBeNull()
  })

  test('names the image and its file, and exports it', async () => {
    const user = userEvent.setup()
    shell().showImage(debian, 'debian:12')
    renderPart(<Header />)
    expect(screen.getByRole('heading', { level: 1 }).textContent).toBe('debian:12')
    expect(screen.getByRole('banner').textContent).toContain('debian.tar')
    await user.click(screen.getByRole('button', { name: 'Export…' }))
    expect(shell().exporting).toEqual(debian)
  })

  test('hides the sidebar and shows it again', async () => {
    const user = userEvent.setup()
    renderPart(<Header />)
    await user.click(screen.getByRole('button', { name: 'Hide sidebar', expanded: true }))
    expect(shell().isSidebarHidden).toBe(true)
    await user.click(screen.getByRole('button', { name: 'Show sidebar', expanded: false }))
    expect(shell().isSidebarHidden).toBe(false)
  })
})

test('a banner says that nobody answers, until somebody does', () => {
  renderPart(<WireBanner />)
  expect(screen.queryByRole('status')).toBeNull()
  act(() => shell().setWire('lost'))
  expect(screen.getByRole('status').textContent).toContain('does not answer; trying again')
  act(() => shell().setWire('open'))
  expect(screen.queryByRole('status')).toBeNull()
})

describe('what is announced', () => {
  test('is said politely and whole, once it rests', () => {
    vi.useFakeTimers()
    renderPart(<LiveRegion />)
    const region = screen.getByRole('status')
    expect([region.getAttribute('aria-live'), region.getAttribute('aria-atomic')]).toEqual(['polite', 'true'])
    act(() => shell().announce('2 results'))
    act(() => void vi.advanceTimersByTime(400))
    act(() => shell().announce('20 results'))
    act(() => void vi.advanceTimersByTime(400))
    expect(region.textContent).toBe('')
    act(() => void vi.advanceTimersByTime(200))
    expect(region.textContent).toBe('20 results')
  })

  test('twice the same is a change, or it would not be heard again', async () => {
    renderPart(<LiveRegion />)
    act(() => shell().announce('Done'))
    await waitFor(() => expect(screen.getByRole('status').textContent).toBe('Done'))
    act(() => shell().announce('Done'))
    await waitFor(() => expect(screen.getByRole('status').textContent).toBe('Done\u00a0'))
  })
})

test('engines are asked for again when the window gets the focus, and every half minute', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true })
  function Followed() {
    useFollowEngines()
    return <Sidebar />
  }
  const { fake } = renderPart(<Followed />)
  await waitFor(() => expect(fake.callsOf('engines.list')).toHaveLength(1))
  await screen.findByText('None found')
  act(() => void window.dispatchEvent(new Event('focus')))
  await waitFor(() => expect(fake.callsOf('engines.list')).toHaveLength(2))
  await act(() => vi.advanceTimersByTimeAsync(30_000))
  await waitFor(() => expect(fake.callsOf('engines.list')).toHaveLength(3))
})
