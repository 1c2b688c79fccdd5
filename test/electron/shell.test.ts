import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import type { ContractRouterClient } from '@orpc/contract'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { contract } from '../../shared/contract.ts'
import { electron, FakeBrowserWindow, FakeWebContents } from '../support/fake-electron.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

vi.mock('electron', async () => (await import('../support/fake-electron.ts')).electron)

const { app, ipcMain, dialog, protocol, Menu } = electron
const session = electron.session.defaultSession

let folder: TemporaryFolder
let callsBeforeReady: string[]

/** The window of the running shell. */
const shown = (): FakeBrowserWindow => FakeBrowserWindow.all.at(-1)!

beforeAll(async () => {
  folder = await TemporaryFolder.make()
  vi.stubEnv('XDG_CONFIG_HOME', folder.at('config'))
  vi.stubEnv('XDG_CACHE_HOME', folder.at('cache'))
  vi.stubGlobal(
    'process',
    Object.assign(process, { argv: ['/opt/occystrap', '--enable-logging', '/images/a.tar'] }),
  )
  await import('../../main/index.ts')
  callsBeforeReady = [...app.calls]
  app.becomeReady()
  await vi.waitFor(() => expect(FakeBrowserWindow.all[0]?.loadURL).toHaveBeenCalled())
})

afterAll(async () => {
  vi.unstubAllEnvs()
  vi.unstubAllGlobals()
  await folder[Symbol.asyncDispose]()
})

describe('before the app is ready', () => {
  test('the sandbox is on for everything, and our scheme is an ordinary secure one', () => {
    expect(callsBeforeReady).toEqual([
      'enableSandbox',
      'registerSchemesAsPrivileged',
      'requestSingleInstanceLock',
      'whenReady',
    ])
    expect(protocol.schemes).toEqual([
      { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } },
    ])
  })

  test('the first instance hands over its paths, not its switches', () => {
    expect(app.lockData).toEqual({ paths: ['/images/a.tar'] })
  })
})

describe('the window', () => {
  test('may do nothing but render', () => {
    expect(shown().options['webPreferences']).toEqual({
      preload: expect.stringMatching(/out\/preload\/preload\.cjs$/),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      webviewTag: false,
      navigateOnDragDrop: false,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      spellcheck: false,
      devTools: false,
    })
    expect(shown().loadURL).toHaveBeenCalledWith('app://occystrap/')
  })

  test('is shown when it has something to show', () => {
    expect(shown().show).not.toHaveBeenCalled()
    shown().emit('ready-to-show')
    expect(shown().show).toHaveBeenCalledOnce()
  })

  test.for(['will-navigate', 'will-frame-navigate', 'will-redirect'])(
    '%s goes nowhere but to our page',
    (event) => {
      const contents = shown().webContents
      const goes = (url: string): boolean => {
        const preventDefault = vi.fn()
        contents.emit(event, { url, preventDefault })
        return preventDefault.mock.calls.length === 0
      }
      expect(goes('app://occystrap/')).toBe(true)
      for (const url of [
        'https://evil.example/',
        'app://occystrap.evil.example/',
        'app://evil/',
        'file:///etc/passwd',
        'javascript:alert(1)',
        'data:text/html,x',
        'not a url',
      ])
        expect(goes(url), url).toBe(false)
    },
  )

  test('opens no other window and embeds nothing, whichever contents ask', () => {
    const contents = new FakeWebContents()
    app.emit('web-contents-created', {}, contents)
    expect(contents.windowOpenHandler?.({ url: 'app://occystrap/' })).toEqual({ action: 'deny' })
    const preventDefault = vi.fn()
    contents.emit('will-attach-webview', { preventDefault })
    expect(preventDefault).toHaveBeenCalled()
  })

  test('comes back after its renderer died, but not for ever', () => {
    const { webContents } = shown()
    webContents.emit('render-process-gone', {}, { reason: 'clean-exit' })
    expect(webContents.reload).not.toHaveBeenCalled()
    for (let i = 0; i < 4; i++) webContents.emit('render-process-gone', {}, { reason: 'crashed' })
    expect(webContents.reload).toHaveBeenCalledTimes(3)
    expect(dialog.showErrorBox).toHaveBeenCalledOnce()
  })

  test('that hangs may be waited for or brought back', async () => {
    shown().emit('unresponsive')
    await vi.waitFor(() => expect(dialog.showMessageBox).toHaveBeenCalledTimes(1))
    expect(shown().webContents.forcefullyCrashRenderer).not.toHaveBeenCalled()
    dialog.showMessageBox.mockResolvedValueOnce({ response: 1 })
    shown().emit('unresponsive')
    await vi.waitFor(() => expect(shown().webContents.forcefullyCrashRenderer).toHaveBeenCalled())
  })
})

describe('the session', () => {
  test.for([
    ['clipboard-sanitized-write', 'app://occystrap/', true],
    ['clipboard-sanitized-write', 'https://evil.example/', false],
    ['clipboard-sanitized-write', 'app://evil/', false],
    ['clipboard-read', 'app://occystrap/', false],
    ['media', 'app://occystrap/', false],
    ['geolocation', 'app://occystrap/', false],
    ['fullscreen', 'app://occystrap/', false],
    ['openExternal', 'app://occystrap/', false],
  ] as const)('%s of %s is permitted: %s', ([permission, requestingUrl, isAllowed]) => {
    const decide = vi.fn()
    session.permissionRequest?.({}, permission, decide, { requestingUrl })
    expect(decide.mock.calls).toEqual([[isAllowed]])
    expect(session.permissionCheck?.(null, permission, '', { requestingUrl })).toBe(isAllowed)
    expect(session.permissionCheck?.(null, permission, requestingUrl, {})).toBe(isAllowed)
  })

  test('gives no device', () => {
    expect(session.devicePermission?.()).toBe(false)
  })

  test.for([
    ['blob:app://occystrap/1234', true],
    ['blob:https://evil.example/1234', false],
    ['app://occystrap/index.html', false],
    ['https://evil.example/a.exe', false],
    ['data:text/plain,x', false],
  ] as const)('a download of %s is allowed: %s', ([url, isAllowed]) => {
    const preventDefault = vi.fn()
    session.emit('will-download', { preventDefault }, { getURL: () => url })
    expect(preventDefault).toHaveBeenCalledTimes(isAllowed ? 0 : 1)
  })

  test.for([
    ['app://occystrap/assets/index.js', true],
    ['blob:app://occystrap/1234', true],
    ['data:image/png;base64,AA==', true],
    ['app://evil/', false],
    ['http://127.0.0.1:8080/', false],
    ['https://evil.example/', false],
    ['ws://127.0.0.1/', false],
    ['file:///etc/passwd', false],
    ['data:text/html,x', false],
    ['devtools://devtools/', false],
  ] as const)('a request for %s is allowed: %s', ([url, isAllowed]) => {
    const decide = vi.fn()
    session.beforeRequest?.({ url }, decide)
    expect(decide).toHaveBeenCalledWith({ cancel: !isAllowed })
  })
})

describe('the app: protocol', () => {
  const ask = (url: string, method = 'GET'): Response =>
    protocol.handlers.get('app')!(new Request(url, { method }))

  test('serves the built page with its policy', async () => {
    const response = ask('app://occystrap/')
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(response.headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; " +
        "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
    )
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(await response.text()).toContain('<div id="root">')
  })

  test.for([
    ['app://occystrap/nothing.js', 'GET', 404],
    ['app://occystrap/../../package.json', 'GET', 404],
    ['app://occystrap/%2e%2e/%2e%2e/package.json', 'GET', 404],
    ['app://occystrap//etc/passwd', 'GET', 404],
    ['app://evil/', 'GET', 404],
    ['app://occystrap/', 'POST', 405],
  ] as const)('%s by %s is %i', ([url, method, status]) => {
    expect(ask(url, method).status).toBe(status)
  })
})

describe('the wire', () => {
  const connectFrom = (senderFrame: unknown): void => void ipcMain.emit('occystrap:connect', { senderFrame })

  const portsGiven = (): number => shown().webContents.posted.length

  test('the page that is loaded gets its port at once', () => {
    expect(portsGiven()).toBe(1)
  })

  test.for<[who: string, frame: () => unknown]>([
    ['nobody', () => null],
    ['a frame that is gone', () => ({ ...shown().webContents.mainFrame, detached: true })],
    ['another frame of our origin', () => ({ url: 'app://occystrap/', detached: false })],
  ])('%s gets no port', ([, frame]) => {
    connectFrom(frame())
    expect(portsGiven()).toBe(1)
  })

  test('our frame gets none while it shows something else', () => {
    const { mainFrame } = shown().webContents
    for (const url of ['https://evil.example/', 'app://occystrap.evil.example/', 'about:blank']) {
      mainFrame.url = url
      connectFrom(mainFrame)
    }
    mainFrame.url = 'app://occystrap/'
    expect(portsGiven()).toBe(1)
  })

  test('our page gets a port on which the contract is answered', async () => {
    const { channel, ports } = shown().webContents.posted[0]!
    expect(channel).toBe('occystrap:port')
    const port = ports[0] as MessagePort
    const client: ContractRouterClient<typeof contract> = createORPCClient(new RPCLink({ port }))
    port.start()
    expect(await client.app.info()).toMatchObject({ host: 'electron', hasDialogs: true, canReveal: true })
    await expect(client.jobs.cancel({ id: 'no-such-job' })).rejects.toMatchObject({
      data: { code: 'not-found' },
    })
    await expect(client.picker.choose({ path: '/' })).rejects.toMatchObject({ data: { code: 'unsupported' } })

    const opened = await client.app.opened()
    expect(await opened.next()).toMatchObject({ value: { paths: ['/images/a.tar'] } })
    app.emit('second-instance', {}, ['--evil'], '/', { paths: ['/images/b.tar'] })
    expect(await opened.next()).toMatchObject({ value: { paths: ['/images/b.tar'] } })
    expect(shown().focus).toHaveBeenCalled()
    app.emit('second-instance', {}, [], '/', { paths: 'no list' })
    const preventDefault = vi.fn()
    app.emit('open-file', { preventDefault }, '/images/c.tar')
    expect(await opened.next()).toMatchObject({ value: { paths: ['/images/c.tar'] } })
    expect(preventDefault).toHaveBeenCalled()
    port.close()
  })

  test('a job may only write what a dialog gave', async () => {
    connectFrom(shown().webContents.mainFrame)
    const port = shown().webContents.posted.at(-1)!.ports[0] as MessagePort
    const client: ContractRouterClient<typeof contract> = createORPCClient(new RPCLink({ port }))
    port.start()
    const path = folder.at('out.tar')
    const spec = {
      kind: 'convert' as const,
      input: { kind: 'tar' as const, path: '/images/a.tar' },
      output: { kind: 'tar' as const, path },
    }
    await expect(client.jobs.submit(spec)).rejects.toMatchObject({ data: { code: 'permission' } })
    dialog.showSaveDialog.mockResolvedValueOnce({ canceled: false, filePath: path })
    expect(await client.dialogs.save({ suggestedName: 'out.tar', purpose: 'export' })).toBe(path)
    const { id } = await client.jobs.submit(spec)
    // Utility processes are not played here: the job waits for one that never speaks, until quitting ends it.
    expect(await client.jobs.cancel({ id })).toBeUndefined()
    port.close()
  })
})

test('the menus open images by the system’s dialog, over the window', async () => {
  const template = Menu.buildFromTemplate.mock.calls[0]![0] as {
    label?: string
    submenu?: { label?: string; accelerator?: string; role?: string; click?: () => void }[]
  }[]
  const file = template.find((item) => item.label === '&File')?.submenu
  const open = file?.find((item) => item.accelerator === 'CmdOrCtrl+O')
  open?.click?.()
  await vi.waitFor(() => expect(dialog.showOpenDialog).toHaveBeenCalled())
  expect(dialog.showOpenDialog.mock.lastCall).toEqual([
    shown(),
    { properties: ['openFile', 'multiSelections'], filters: expect.any(Array) },
  ])
  const roles = template.flatMap((item) => item.submenu?.map((entry) => entry.role) ?? [])
  expect(roles).not.toContain('toggleDevTools')
})
