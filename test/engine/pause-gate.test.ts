import { expect, test } from 'vitest'
import { PauseGate } from '../../main/engine/pause-gate.ts'

/** Whether it has settled by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const no = Symbol('not settled')
  await new Promise((resolve) => setImmediate(resolve))
  return (await Promise.race([promise.catch(() => undefined), Promise.resolve(no)])) !== no
}

test('what passes waits while it is closed', async () => {
  const gate = new PauseGate(new AbortController().signal)
  await gate.pass()
  gate.close()
  const passing = gate.pass()
  expect(await isSettled(passing)).toBe(false)
  gate.open()
  await passing
})

test('closed again at once, it holds what had not gone on yet', async () => {
  const gate = new PauseGate(new AbortController().signal)
  gate.close()
  const passing = gate.pass()
  gate.open()
  gate.close()
  expect(await isSettled(passing)).toBe(false)
  gate.open()
  await passing
})

test('an abort opens it, for good, and fails what passes', async () => {
  const stop = new AbortController()
  const gate = new PauseGate(stop.signal)
  gate.close()
  const passing = gate.pass()
  stop.abort()
  await expect(passing).rejects.toMatchObject({ name: 'AbortError' })
  gate.close()
  await expect(gate.pass()).rejects.toMatchObject({ name: 'AbortError' })
})
