import { mkdir, writeFile } from 'node:fs/promises'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { argumentPaths } from '../../main/electron/argument-paths.ts'
import { NativeDialogs } from '../../main/electron/dialogs.ts'
import { QuitGuard } from '../../main/electron/quit-guard.ts'
import { binaryIn } from '../../main/electron/run-electron.ts'
import { UtilityHost } from '../../main/electron/utility-host.ts'
import { storeBounds, storedBounds } from '../../main/electron/window-bounds.ts'
import type { SettingsStore } from '../../main/rpc/host-services.ts'
import { settingsSchema, type Settings } from '../../shared/settings.ts'
import { electron, FakeBrowserWindow, FakeUtilityProcess } from '../support/fake-electron.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

vi.mock('electron', async () => (await import('../support/fake-electron.ts')).electron)

const { app, dialog } = electron

function fakeSettings(): SettingsStore & { current: Settings } {
  const store = {
    current: settingsSchema.parse({}),
    get: async () => store.current,
    set: async (change: Partial<Settings>) => (store.current = { ...store.current, ...change }),
  }
  return store
}

beforeEach(() => {
  vi.clearAllMocks()
  app.removeAllListeners()
})

describe('the paths on a command line', () => {
  test.for([
    [
      ['/a.tar', 'b.tar'],
      ['/a.tar', '/here/b.tar'],
    ],
    [['--no-sandbox', '--x=/etc', '/a.tar'], ['/a.tar']],
    [['--', '--b.tar'], ['/here/--b.tar']],
    [['-psn_0_1', '', '/a.tar'], ['/a.tar']],
    [['file:///a%20b.tar'], ['/a b.tar']],
    [['file://evil.example/share/a.tar'], []],
    [[], []],
  ] as const)('%o are %o', ([argv, paths]) => {
    expect(argumentPaths(argv, '/here')).toEqual(paths)
  })
})

describe('the system’s dialogs', () => {
  test('each purpose remembers its folder', async () => {
    const settings = fakeSettings()
    const dialogs = new NativeDialogs(dialog as never, () => undefined, settings)
    dialog.showSaveDialog.mockResolvedValueOnce({ canceled: false, filePath: '/out/a.tar' })
    expect(await dialogs.save({ suggestedName: 'a.tar', purpose: 'export' })).toBe('/out/a.tar')
    expect(dialog.showSaveDialog).toHaveBeenLastCalledWith({ defaultPath: 'a.tar' })
    await dialogs.save({ suggestedName: 'b.tar', purpose: 'export' })
    expect(dialog.showSaveDialog).toHaveBeenLastCalledWith({ defaultPath: '/out/b.tar' })
    await dialogs.save({ suggestedName: 'c.tar', purpose: 'save-layer' })
    expect(dialog.showSaveDialog).toHaveBeenLastCalledWith({ defaultPath: 'c.tar' })
  })

  test('what was dismissed is null and remembers nothing', async () => {
    const settings = fakeSettings()
    const dialogs = new NativeDialogs(dialog as never, () => undefined, settings)
    expect(await dialogs.open({ folders: false, purpose: 'open' })).toBeNull()
    expect(await dialogs.folder({ purpose: 'export' })).toBeNull()
    expect(await dialogs.save({ suggestedName: 'a', purpose: 'export' })).toBeNull()
    expect(settings.current.folders).toEqual({})
  })

  test('several files may be opened, one folder chosen', async () => {
    const dialogs = new NativeDialogs(dialog as never, () => undefined, fakeSettings())
    dialog.showOpenDialog.mockResolvedValueOnce({ canceled: false, filePaths: ['/a.tar', '/b.tar'] })
    expect(await dialogs.open({ folders: false, purpose: 'open' })).toEqual(['/a.tar', '/b.tar'])
    dialog.showOpenDialog.mockResolvedValueOnce({ canceled: false, filePaths: ['/images'] })
    expect(await dialogs.folder({ purpose: 'export' })).toBe('/images')
    expect(dialog.showOpenDialog).toHaveBeenLastCalledWith({
      properties: ['openDirectory', 'createDirectory'],
    })
  })
})

describe('quitting', () => {
  const job = { phase: 'running' } as never
  const quitEvent = (): { preventDefault: ReturnType<typeof vi.fn> } => {
    const event = { preventDefault: vi.fn() }
    app.emit('before-quit', event)
    return event
  }
  function makeGuard(openJobs: never[]): { guard: QuitGuard; dispose: ReturnType<typeof vi.fn> } {
    const dispose = vi.fn(async () => {})
    const services = { engine: { openJobs }, [Symbol.asyncDispose]: dispose }
    return { guard: new QuitGuard(app as never, dialog as never, services, () => undefined), dispose }
  }

  test('with nothing running ends everything first, then goes', async () => {
    const { dispose } = makeGuard([])
    expect(quitEvent().preventDefault).toHaveBeenCalled()
    await vi.waitFor(() => expect(app.quit).toHaveBeenCalledOnce())
    expect(dispose).toHaveBeenCalledOnce()
    expect(dialog.showMessageBox).not.toHaveBeenCalled()
    expect(quitEvent().preventDefault).not.toHaveBeenCalled()
  })

  test('with jobs running asks once, and stays if they shall go on', async () => {
    const { dispose } = makeGuard([job, job])
    quitEvent()
    quitEvent()
    await vi.waitFor(() => expect(dialog.showMessageBox).toHaveBeenCalledOnce())
    expect(dialog.showMessageBox.mock.lastCall?.[0]).toMatchObject({
      message: '2 jobs are still running.',
      cancelId: 0,
    })
    expect([dispose.mock.calls.length, app.quit.mock.calls.length]).toEqual([0, 0])
    dialog.showMessageBox.mockResolvedValueOnce({ response: 1 })
    await Promise.resolve()
    quitEvent()
    await vi.waitFor(() => expect(dispose).toHaveBeenCalledOnce())
    await vi.waitFor(() => expect(app.quit).toHaveBeenCalledOnce())
  })

  test('closing the window asks while there is a window', () => {
    const { guard } = makeGuard([job])
    const event = { preventDefault: vi.fn() }
    guard.holdsWindow(event)
    expect(event.preventDefault).toHaveBeenCalled()
    expect(app.quit).toHaveBeenCalledOnce()
  })
})

describe('the window’s place', () => {
  const screens = [{ x: 0, y: 0, width: 1920, height: 1080 }]

  test('is the default until it was somewhere', async () => {
    expect(await storedBounds(fakeSettings(), screens)).toEqual({ width: 1280, height: 820 })
  })

  test('is where it was, maximised if it was', async () => {
    const settings = fakeSettings()
    settings.current.view['rows'] = 'kept'
    const window = new FakeBrowserWindow({})
    window.maximize()
    await storeBounds(settings, window as never)
    expect(await storedBounds(settings, screens)).toEqual({ ...window.bounds, isMaximized: true })
    expect(settings.current.view['rows']).toBe('kept')
  })

  test('is in the middle when that screen is gone, and the default when it was damaged', async () => {
    const settings = fakeSettings()
    settings.current.view['window'] = { x: 5000, y: 0, width: 900, height: 600, isMaximized: false }
    expect(await storedBounds(settings, screens)).toEqual({ width: 900, height: 600, isMaximized: false })
    settings.current.view['window'] = { x: 0, y: 0, width: 1, height: 'tall' }
    expect(await storedBounds(settings, screens)).toEqual({ width: 1280, height: 820 })
  })
})

describe('utility processes', () => {
  test('run the same entries, and speak the same way', () => {
    const child = new UtilityHost().spawn('job-process')
    const process = FakeUtilityProcess.all.at(-1)!
    expect(process.entry).toMatch(/main\/engine\/job-process\.ts$/)
    expect(process.options).toMatchObject({
      serviceName: 'Occystrap job',
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const messages: unknown[] = []
    const exits: unknown[] = []
    child.onMessage((message) => messages.push(message))
    child.onExit((exit) => exits.push(exit))
    child.send({ type: 'cancel' })
    process.emit('message', { type: 'done' })
    process.stderr.emit('data', Buffer.from('last words'))
    process.emit('exit', 134)
    child.send({ type: 'cancel' })
    expect(process.posted).toEqual([{ type: 'cancel' }])
    expect(messages).toEqual([{ type: 'done' }])
    expect(exits).toEqual([{ code: 134, signal: null, lastWords: 'last words' }])
  })

  test('one that does not go when it is asked is killed by the system', () => {
    vi.useFakeTimers()
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true)
    const child = new UtilityHost().spawn('reader-process')
    const utility = FakeUtilityProcess.all.at(-1)!
    child.onExit(() => {})
    child.kill()
    expect(utility.kill).toHaveBeenCalledOnce()
    vi.advanceTimersByTime(1000)
    expect(kill).toHaveBeenCalledWith(utility.pid, 'SIGKILL')
    kill.mockClear()
    child.kill()
    utility.emit('exit', 0)
    vi.advanceTimersByTime(1000)
    expect(kill).not.toHaveBeenCalled()
    kill.mockRestore()
    vi.useRealTimers()
  })
})

test('the preload script gives the page a path, a port, and nothing else', async () => {
  const posted: unknown[][] = []
  vi.stubGlobal('window', { postMessage: (...message: unknown[]) => posted.push(message) })
  await import('../../main/preload.ts')
  expect(electron.contextBridge.exposeInMainWorld).toHaveBeenCalledOnce()
  const [name, bridge] = electron.contextBridge.exposeInMainWorld.mock.calls[0] as [
    string,
    Record<string, unknown>,
  ]
  expect([name, Object.keys(bridge).sort(), bridge['kind']]).toEqual([
    'occystrap',
    ['connect', 'kind', 'pathOf'],
    'electron',
  ])
  expect((bridge['pathOf'] as (file: unknown) => string)({})).toBe('/home/me/image.tar')
  expect((bridge['connect'] as () => unknown)()).toBeUndefined()
  expect(electron.ipcRenderer.send).toHaveBeenCalledWith('occystrap:connect')
  electron.ipcRenderer.emit('occystrap:port', { ports: ['a port'] })
  electron.ipcRenderer.emit('occystrap:port', { ports: [] })
  expect(posted).toEqual([['occystrap:port', '*', ['a port']]])
  vi.unstubAllGlobals()
})

test('Electron’s binary is found where its package says it is, and nowhere else', async () => {
  await using folder = await TemporaryFolder.make()
  expect(binaryIn(folder.path, {})).toBeUndefined()
  await writeFile(folder.at('path.txt'), 'electron')
  expect(binaryIn(folder.path, {})).toBeUndefined()
  await mkdir(folder.at('dist'))
  await writeFile(folder.at('dist/electron'), '')
  expect(binaryIn(folder.path, {})).toBe(folder.at('dist/electron'))
  await mkdir(folder.at('other'))
  expect(binaryIn(folder.path, { ELECTRON_OVERRIDE_DIST_PATH: folder.at('other') })).toBeUndefined()
})
