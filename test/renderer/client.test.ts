import { ORPCError } from '@orpc/client'
import { expect, test, vi } from 'vitest'
import { connect, failureOf, type Wire } from '../../renderer/client.ts'

/** A wire whose calls are answered with its own name. */
function wire(name: string): Wire & { break(): void } {
  const { promise: closed, resolve } = Promise.withResolvers<void>()
  return { link: { call: async () => ({ version: name }) }, closed, break: () => resolve() }
}

test('a call made while the wire is broken waits for the next one', async () => {
  const first = wire('first')
  const second = wire('second')
  const open = vi.fn<() => Promise<Wire>>()
  open.mockResolvedValueOnce(first).mockRejectedValueOnce(new Error('not yet')).mockResolvedValueOnce(second)
  const states: string[] = []
  const client = await connect(open, (state) => states.push(state))
  expect((await client.app.info()).version).toBe('first')

  first.break()
  await vi.waitFor(() => expect(states).toEqual(['lost']))
  expect((await client.app.info()).version).toBe('second')
  await vi.waitFor(() => expect(states).toEqual(['lost', 'open']))
  expect(open).toHaveBeenCalledTimes(3)
})

test('without a first connection there is no client', async () => {
  await expect(
    connect(
      () => Promise.reject(new Error('refused')),
      () => {},
    ),
  ).rejects.toThrow('refused')
})

test('a failed call carries the report of the other side', () => {
  const report = { code: 'truncated', message: 'a.tar ends early.', remedy: 'Copy it again.' } as const
  expect(failureOf(new ORPCError('FAILED', { data: report }))).toEqual(report)
})

test('a failure without a report is ours, with its text as the detail', () => {
  expect(failureOf(new ORPCError('BAD_GATEWAY', { message: 'gone' }))).toMatchObject({
    code: 'internal',
    detail: 'gone',
  })
})

test('an aborted call is cancelled, which is no error to show', () => {
  expect(failureOf(AbortSignal.abort().reason)).toMatchObject({ code: 'cancelled' })
})
