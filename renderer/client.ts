import { createORPCClient, DynamicLink, ORPCError, type ClientContext, type ClientLink } from '@orpc/client'
import type { ContractRouterClient } from '@orpc/contract'
import { createContext, useContext } from 'react'
import type { contract } from '../shared/contract.ts'
import { errorReportSchema, reportOf, type ErrorReport } from '../shared/errors.ts'

/** Everything the window may ask of the main process. */
export type Client = ContractRouterClient<typeof contract>

/** One live connection; `closed` settles when the other side is gone. */
export interface Wire {
  readonly link: ClientLink<ClientContext>
  readonly closed: Promise<void>
}

export type WireState = 'open' | 'lost'

/** The longest pause between two attempts, in milliseconds: short enough that a restarted server is found at once. */
const LONGEST_PAUSE = 5000

/**
 * A client over a wire that may break and come back: calls made while it is broken wait for the next connection, calls in flight at
 * the break fail. Rejects where the first connection cannot be made.
 */
export async function connect(
  open: () => Promise<Wire>,
  onState: (state: WireState) => void,
): Promise<Client> {
  let current = Promise.resolve(await open())

  const keep = async (): Promise<void> => {
    for (;;) {
      await (
        await current
      ).closed
      onState('lost')
      current = openAgain(open)
      await current
      onState('open')
    }
  }
  void keep()

  return createORPCClient(new DynamicLink<ClientContext>(async () => (await current).link))
}

async function openAgain(open: () => Promise<Wire>): Promise<Wire> {
  for (let pause = 250; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    try {
      return await open()
    } catch {
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }
}

/** What a failed call is to be shown as; `cancelled` is never shown. */
export function failureOf(error: unknown): ErrorReport {
  if (error instanceof ORPCError) {
    const report = errorReportSchema.safeParse(error.data)
    return report.success
      ? report.data
      : { code: 'internal', message: 'The request failed.', detail: error.message }
  }
  return reportOf(error)
}

export const ClientProvider = createContext<Client | null>(null)

export function useClient(): Client {
  const client = useContext(ClientProvider)
  if (!client) throw new Error('useClient outside ClientProvider')
  return client
}
