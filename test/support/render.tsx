import { MantineProvider } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { QueryClientProvider } from '@tanstack/react-query'
import { cleanup, render, type RenderResult } from '@testing-library/react'
import type { ReactElement } from 'react'
import type { AppInfo } from '../../shared/contract.ts'
import { ClientProvider } from '../../renderer/client.ts'
import { HostProvider, type Host } from '../../renderer/host.ts'
import { useJobStore } from '../../renderer/jobs/job-store.ts'
import { createQueries } from '../../renderer/queries.ts'
import { useShell } from '../../renderer/store.ts'
import { theme } from '../../renderer/theme.ts'
import { fakeClient, fakeInfo, type Answers, type FakeClient } from './fake-client.ts'

/** What jsdom lacks and Mantine asks for. */
function stubBrowser(): void {
  window.matchMedia ??= ((query: string) => ({
    matches: false,
    media: query,
    onchange: null,
    addEventListener: () => {},
    removeEventListener: () => {},
    addListener: () => {},
    removeListener: () => {},
    dispatchEvent: () => false,
  })) as typeof window.matchMedia
  window.ResizeObserver ??= class {
    observe(): void {}
    unobserve(): void {}
    disconnect(): void {}
  }
  Object.defineProperty(Element.prototype, 'scrollIntoView', { configurable: true, value: () => {} })
  // Nothing has a size in jsdom: a list that draws what is in view would draw nothing.
  for (const [name, size] of [
    ['clientWidth', 800],
    ['clientHeight', 600],
  ] as const) {
    Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get: () => size })
  }
}

export interface RenderOptions {
  readonly answers?: Answers
  readonly host?: Partial<Omit<Host, 'info'>>
  readonly info?: Partial<AppInfo>
}

export interface Rendered extends RenderResult {
  readonly fake: FakeClient
}

const emptyShell = useShell.getInitialState()

/** Draws a part of the window over a fake main process; call `resetWindow` after each test. */
export function renderPart(part: ReactElement, { answers, host, info }: RenderOptions = {}): Rendered {
  stubBrowser()
  const fake = fakeClient(answers)
  const dismissed = (): Promise<null> => Promise.resolve(null)
  const fullHost: Host = {
    info: { ...fakeInfo, ...info },
    pathOf: (file) => Promise.resolve(`/dropped/${file.name}`),
    pickOpen: dismissed,
    pickSave: dismissed,
    pickFolder: dismissed,
    ...host,
  }
  const result = render(
    <MantineProvider theme={theme} env="test">
      <ClientProvider value={fake.client}>
        <HostProvider value={fullHost}>
          <QueryClientProvider client={createQueries()}>{part}</QueryClientProvider>
        </HostProvider>
      </ClientProvider>
    </MantineProvider>,
  )
  return Object.assign(result, { fake })
}

/** The window as it is at the start of a session. */
export function resetWindow(): void {
  cleanup()
  notifications.clean()
  useShell.setState(emptyShell, true)
  useJobStore.setState({ jobs: new Map() })
  sessionStorage.clear()
}
