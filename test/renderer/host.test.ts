import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createHost } from '../../renderer/host.ts'
import type { Bridge } from '../../renderer/wires.ts'
import { useJobStore } from '../../renderer/jobs/job-store.ts'
import { fakeClient, fakeInfo, jobState } from '../support/fake-client.ts'

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
    await expect(host.pathOf(file)).resolves.toBe('/tmp/up/my image&.tar')
    expect(fetched).toHaveBeenCalledOnce()
    const [url, init] = fetched.mock.calls[0] ?? []
    expect(url).toBe('/upload?name=my+image%26.tar&size=5')
    expect(init).toMatchObject({
      method: 'PUT',
      body: file,
      headers: { 'x-occystrap-secret': 's3cret' },
    })
  })

  test('stopped, it is cancelled as the job it is, and the request ends', async () => {
    const fake = fakeClient()
    const spec = { kind: 'upload', name: file.name, size: file.size } as const
    useJobStore.getState().replace([jobState({ id: 'u', spec })])
    fetched.mockImplementation(
      (_, init) =>
        new Promise((_resolve, reject) => {
          init?.signal?.addEventListener('abort', () => reject(new DOMException('ended', 'AbortError')))
        }),
    )
    const stop = new AbortController()
    const sent = createHost(fake.client, fakeInfo, undefined).pathOf(file, stop.signal)
    await vi.waitFor(() => expect(fetched).toHaveBeenCalledOnce())
    stop.abort()
    await expect(sent).rejects.toThrow('ended')
    expect(fake.callsOf('jobs.cancel')).toEqual([{ id: 'u' }])
  })

  test.each([
    ['cancelled', 'cancelled'],
    ['failed', 'io'],
  ] as const)('a broken request of a job that was %s is told as %s', async (phase, code) => {
    const spec = { kind: 'upload', name: file.name, size: file.size } as const
    useJobStore.getState().replace([jobState({ id: 'u', spec, phase, ended: 3 })])
    fetched.mockRejectedValue(new TypeError('Failed to fetch'))
    await expect(host.pathOf(file)).rejects.toMatchObject({ code })
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
