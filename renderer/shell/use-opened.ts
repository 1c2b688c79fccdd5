import { useEffect } from 'react'
import { useClient, type Client } from '../client.ts'
import { useOpen, type Open } from '../use-open.ts'

/** The pause before listening again after the wire broke, in milliseconds. */
const PAUSE = 1000

/** Opens what the system hands over: open-with, a second instance's arguments, the menu. */
export function useOpened(): void {
  const client = useClient()
  const open = useOpen()
  useEffect(() => {
    const controller = new AbortController()
    void listen(client, open, controller.signal)
    return () => controller.abort()
  }, [client, open])
}

async function listen(client: Client, open: Open, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const { paths } of await client.app.opened(undefined, { signal })) void open.paths(paths)
    } catch {
      // The wire broke: listen again when it is back.
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE))
  }
}
