import { expect, test } from 'vitest'
import { ReaderClient } from '../../main/engine/reader-client.ts'
import type { ToReader } from '../../main/engine/reader-protocol.ts'
import { FakeProcesses, type FakeChild } from '../support/fake-processes.ts'

function makeReader(stuckAfter?: number): { reader: ReaderClient; processes: FakeProcesses } {
  const processes = new FakeProcesses()
  return {
    processes,
    reader: new ReaderClient(
      processes,
      { cacheDir: '/cache' },
      stuckAfter === undefined ? {} : { stuckAfter },
    ),
  }
}

const calls = (child: FakeChild): Extract<ToReader, { type: 'call' }>[] =>
  (child.received as ToReader[]).filter((message) => message.type === 'call')

test('the process is started with the first call and told its folders', async () => {
  const { reader, processes } = makeReader()
  expect(processes.children).toHaveLength(0)
  const answer = reader.call('inspect', { source: 1 })
  expect(processes.child(0).received).toEqual([
    { type: 'open', workspace: { cacheDir: '/cache', signIns: [] } },
    { type: 'call', id: 1, method: 'inspect', input: { source: 1 } },
  ])
  processes.child(0).say({ type: 'answer', id: 1, value: { reference: 'a' } })
  expect(await answer).toEqual({ reference: 'a' })
})

test('answers find their questions in any order', async () => {
  const { reader, processes } = makeReader()
  const first = reader.call('rows', 1)
  const second = reader.call('rows', 2)
  processes.child(0).say({ type: 'answer', id: 2, value: 'second' })
  processes.child(0).say({ type: 'answer', id: 1, value: 'first' })
  expect(await Promise.all([first, second])).toEqual(['first', 'second'])
})

test('a failure arrives as the error it was', async () => {
  const { reader, processes } = makeReader()
  const answer = reader.call('inspect', {})
  processes
    .child(0)
    .say({ type: 'failed', id: 1, error: { code: 'not-an-image', message: 'No.', remedy: 'Try.' } })
  await expect(answer).rejects.toMatchObject({ code: 'not-an-image', message: 'No.', remedy: 'Try.' })
})

test('a crash fails the calls it was working on; the next call has a new process', async () => {
  const { reader, processes } = makeReader()
  const lost = reader.call('inspect', {})
  processes.child(0).exit({ code: 134, lastWords: 'JavaScript heap out of memory' })
  await expect(lost).rejects.toMatchObject({
    code: 'limit',
    message: "The reader's process ran out of memory.",
  })
  const next = reader.call('inspect', {})
  processes.child(1).say({ type: 'answer', id: 1, value: 'alive' })
  expect(await next).toBe('alive')
})

test('an answer that is none replaces the process', async () => {
  const { reader, processes } = makeReader()
  const lost = reader.call('inspect', {})
  processes.child(0).say('garbage')
  await expect(lost).rejects.toMatchObject({ code: 'internal' })
  expect(processes.child(0).isKilled).toBe(true)
})

test('a cancelled call fails at once and is cancelled in the process too', async () => {
  const { reader, processes } = makeReader()
  const cancel = new AbortController()
  const answer = reader.call('search', {}, cancel.signal)
  cancel.abort()
  await expect(answer).rejects.toMatchObject({ code: 'cancelled' })
  expect(processes.child(0).received.at(-1)).toEqual({ type: 'cancel', id: 1 })
  expect(processes.child(0).isKilled).toBe(false)
})

test('a reader that does not even answer a cancel is stuck, and is replaced', async () => {
  const { reader, processes } = makeReader(5)
  const cancel = new AbortController()
  const other = reader.call('rows', {})
  const answer = reader.call('search', {}, cancel.signal)
  cancel.abort()
  await expect(answer).rejects.toMatchObject({ code: 'cancelled' })
  await expect(other).rejects.toMatchObject({ code: 'internal' })
  expect(processes.child(0).isKilled).toBe(true)
})

test('one that answers the cancel is left alone', async () => {
  const { reader, processes } = makeReader(5)
  const cancel = new AbortController()
  const answer = reader.call('search', {}, cancel.signal)
  cancel.abort()
  processes.child(0).say({ type: 'failed', id: 1, error: { code: 'cancelled', message: 'Cancelled.' } })
  await expect(answer).rejects.toMatchObject({ code: 'cancelled' })
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(processes.child(0).isKilled).toBe(false)
  expect(calls(processes.child(0))).toHaveLength(1)
})

test('a call whose signal has aborted is not sent', async () => {
  const { reader, processes } = makeReader()
  await expect(reader.call('rows', {}, AbortSignal.abort())).rejects.toThrow()
  expect(processes.children).toHaveLength(0)
})

test('disposal ends the process, and nothing is asked after', async () => {
  const { reader, processes } = makeReader()
  const lost = reader.call('rows', {})
  await Promise.all([expect(lost).rejects.toThrow(), reader[Symbol.asyncDispose]()])
  expect(processes.child(0).isKilled).toBe(true)
  await expect(reader.call('rows', {})).rejects.toMatchObject({ code: 'busy' })
})
