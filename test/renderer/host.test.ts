import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createHost } from '../../renderer/host.ts'
import type { Bridge } from '../../renderer/wires.ts'
import { fakeClient, fakeInfo } from '../support/fake-client.ts'

const file = new File(['12345'], 'my image&.tar')

describe('in Electron', () => {
  const bridgeTo = (path: string): Bridge => ({ kind: 'electron', pathOf: () => path, connect: () => {} })

  test('a dropped file is read where it lies', async () => {
    const host = createHost(fakeClient().client, fakeInfo, bridgeTo('/images/a.tar'))
    await expect(host.pathOf(file)).resolves.toBe('/images/a.tar')
  })

  test('what is dragged out of another program and is no file is refused with a remedy', async () => {
    const host = createHost(fakeClient().client, fakeInfo, bridgeTo(''))
    await expect(host.pathOf(file)).rejects.toMatchObject({
      code: 'not-found',
      message: 'my image&.tar is not a file on this computer.',
      remedy: expect.stringContaining('Save it'),
    })
  })

  test('dialogs are the system’s', async () => {
    const { client, calls } = fakeClient({
      dialogs: { open: async () => ['/a.tar'], save: async () => '/b.tar', folder: async () => null },
    })
    const host = createHost(client, { ...fakeInfo, hasDialogs: true }, bridgeTo(''))
    expect(await host.pickOpen({ folders: true, purpose: 'open' })).toEqual(['/a.tar'])
    expect(await host.pickSave({ suggestedName: 'b.tar', purpose: 'export' })).toBe('/b.tar')
    expect(await host.pickFolder({ purpose: 'export-folder' })).toBeNull()
    expect(calls.map(({ name }) => name)).toEqual(['dialogs.open', 'dialogs.save', 'dialogs.folder'])
  })
})

describe('in a browser', () => {
  const fetched = vi.fn<typeof fetch>()
  const host = createHost(fakeClient().client, fakeInfo, undefined)
  const answer = (status: number, body: unknown): Response => Response.json(body, { status })

  beforeEach(() => {
    localStorage.setItem('occystrap.secret', 's3cret')
    vi.stubGlobal('fetch', fetched)
  })
  afterEach(() => {
    vi.unstubAllGlobals()
    fetched.mockReset()
    localStorage.clear()
  })

  test('a dropped file is sent once, with its name, its size and the session’s secret', async () => {
    fetched.mockResolvedValue(answer(200, { path: '/tmp/up/my image&.tar' }))
    const { signal } = new AbortController()
    await expect(host.pathOf(file, signal)).resolves.toBe('/tmp/up/my image&.tar')
    expect(fetched).toHaveBeenCalledOnce()
    const [url, init] = fetched.mock.calls[0] ?? []
    expect(url).toBe('/upload?name=my+image%26.tar&size=5')
    expect(init).toMatchObject({
      method: 'PUT',
      body: file,
      signal,
      headers: { 'x-occystrap-secret': 's3cret' },
    })
  })

  test('the server’s reason is the one that is shown', async () => {
    fetched.mockResolvedValue(answer(507, { code: 'no-space', message: 'The server is full.' }))
    await expect(host.pathOf(file)).rejects.toMatchObject({
      code: 'no-space',
      message: 'The server is full.',
    })
  })

  test('a server that gives none is told by its status', async () => {
    fetched.mockResolvedValue(new Response('<html>', { status: 502 }))
    await expect(host.pathOf(file)).rejects.toMatchObject({ code: 'io', detail: 'HTTP 502' })
  })
})
