import { MantineProvider } from '@mantine/core'
import '@mantine/core/styles.layer.css'
import '@mantine/notifications/styles.layer.css'
import '@mantine/spotlight/styles.layer.css'
import { QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { ClientProvider, connect, failureOf } from './client.ts'
import './global.css'
import { createHost, HostProvider } from './host.ts'
import { ErrorNote } from './parts/error-note.tsx'
import { createQueries } from './queries.ts'
import { useShell } from './store.ts'
import { theme, variables } from './theme.ts'
import { openPort, openSocket } from './wires.ts'

const element = document.getElementById('root')
if (!element) throw new Error('the page has no root')
const root = createRoot(element)

async function start(): Promise<void> {
  const bridge = window.occystrap
  const queries = createQueries()
  const client = await connect(bridge ? () => openPort(bridge) : openSocket, (state) => {
    useShell.getState().setWire(state)
    // What was pulled over the wire that broke may have failed with it.
    if (state === 'open') void queries.invalidateQueries()
  })
  const host = createHost(client, await client.app.info(), bridge)
  root.render(
    <StrictMode>
      <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
        <ClientProvider value={client}>
          <HostProvider value={host}>
            <QueryClientProvider client={queries}>
              <App />
            </QueryClientProvider>
          </HostProvider>
        </ClientProvider>
      </MantineProvider>
    </StrictMode>,
  )
}

try {
  await start()
} catch (error) {
  root.render(
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
      <main style={{ maxWidth: 520, margin: '15vh auto', padding: 16 }}>
        <ErrorNote
          report={{
            ...failureOf(error),
            code: 'permission',
            message: 'This page has no session with Occystrap.',
            remedy: 'Open the address that occystrap serve printed when it started.',
          }}
        />
      </main>
    </MantineProvider>,
  )
}
