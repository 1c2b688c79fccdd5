import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openPort, openSocket } from '../../renderer/wires.ts'

/** A WebSocket that answers the secret it is given as its server would. */
class FakeSocket extends EventTarget {
  static good = 'new'
  static readonly sent: unknown[] = []
  readonly url: URL
  binaryType = ''
  readyState = 1

  constructor(url: URL) {
    super()
    this.url = url
    queueMicrotask(() => this.dispatchEvent(new Event('open')))
  }

  send(text: string): void {
    FakeSocket.sent.push(JSON.parse(text))
    const isGood = text === JSON.stringify({ secret: FakeSocket.good })
    const answer = isGood ? new MessageEvent('message', { data: '{"ok":true}' }) : new Event('close')
    queueMicrotask(() => this.dispatchEvent(answer))
  }
}

const fetched = vi.fn<typeof fetch>()

beforeEach(() => {
  vi.stubGlobal('WebSocket', FakeSocket)
  vi.stubGlobal('fetch', fetched)
  FakeSocket.sent.length = 0
})
afterEach(() => {
  vi.unstubAllGlobals()
  fetched.mockReset()
  localStorage.clear()
})

test('a first visit fetches the secret, keeps it, and proves it in the first message', async () => {
  fetched.mockResolvedValue(Response.json({ secret: 'new' }))
  await openSocket()
  expect(FakeSocket.sent).toEqual([{ secret: 'new' }])
  expect(localStorage.getItem('occystrap.secret')).toBe('new')
})

test('a secret of an earlier server is replaced once', async () => {
  localStorage.setItem('occystrap.secret', 'old')
  fetched.mockResolvedValue(Response.json({ secret: 'new' }))
  await openSocket()
  expect(FakeSocket.sent).toEqual([{ secret: 'old' }, { secret: 'new' }])
})

test('a page without a session is refused, and keeps nothing', async () => {
  fetched.mockResolvedValue(new Response('', { status: 403 }))
  await expect(openSocket()).rejects.toThrow('the server refused this page (403)')
  expect(localStorage.getItem('occystrap.secret')).toBeNull()
})

test('a secret that is wrong every time ends in a refusal, not in a loop', async () => {
  fetched.mockImplementation(async () => Response.json({ secret: 'wrong' }))
  await expect(openSocket()).rejects.toThrow('refused the connection')
  expect(FakeSocket.sent).toHaveLength(2)
})

test('in Electron the port is taken from the page’s own message only', async () => {
  const { port1, port2 } = new MessageChannel()
  const forged = new MessageChannel()
  const send = (source: Window | null, data: string, port: MessagePort): void => {
    const event = new MessageEvent('message', { data, source })
    Object.defineProperty(event, 'ports', { value: [port] })
    window.dispatchEvent(event)
  }
  const wire = await openPort({
    kind: 'electron',
    pathOf: () => '',
    connect: () => {
      send(null, 'occystrap:port', forged.port1)
      send(window, 'something else', forged.port1)
      send(window, 'occystrap:port', port1)
    },
  })
  const asked = new Promise((resolve) => {
    port2.addEventListener('message', (event) => resolve(event.data))
    port2.start()
  })
  void wire.link.call(['app', 'info'], undefined, { context: {} }).catch(() => undefined)
  expect(await asked).toBeTruthy()
  for (const port of [port1, port2, forged.port1, forged.port2]) port.close()
})
