import { EventEmitter } from 'node:events'
import { vi } from 'vitest'

/** A frame of the page, as far as a sender is checked. */
export interface FakeFrame {
  url: string
  detached: boolean
}

export class FakeWebContents extends EventEmitter {
  mainFrame: FakeFrame = { url: 'app://occystrap/', detached: false }
  windowOpenHandler: ((details: { url: string }) => { action: string }) | undefined
  readonly posted: { channel: string; message: unknown; ports: unknown[] }[] = []
  reload = vi.fn()
  forcefullyCrashRenderer = vi.fn()

  setWindowOpenHandler(handler: (details: { url: string }) => { action: string }): void {
    this.windowOpenHandler = handler
  }

  postMessage(channel: string, message: unknown, ports: unknown[]): void {
    this.posted.push({ channel, message, ports })
  }
}

export class FakeBrowserWindow extends EventEmitter {
  static readonly all: FakeBrowserWindow[] = []
  readonly webContents = new FakeWebContents()
  readonly options: Record<string, unknown>
  bounds = { x: 10, y: 20, width: 1000, height: 700 }
  isMax = false
  show = vi.fn()
  focus = vi.fn()
  restore = vi.fn()
  /** The page asks for its port while it is loaded. */
  loadURL = vi.fn(async (_url: string) => {
    electron.ipcMain.emit('occystrap:connect', { senderFrame: this.webContents.mainFrame })
  })
  maximize = vi.fn(() => {
    this.isMax = true
  })

  constructor(options: Record<string, unknown>) {
    super()
    this.options = options
    FakeBrowserWindow.all.push(this)
    electron.app.emit('web-contents-created', {}, this.webContents)
  }

  getNormalBounds(): { x: number; y: number; width: number; height: number } {
    return this.bounds
  }

  isMaximized(): boolean {
    return this.isMax
  }

  isMinimized(): boolean {
    return false
  }
}

class FakeApp extends EventEmitter {
  isPackaged = true
  hasLock = true
  /** What was called, in order: some of it must come before the app is ready. */
  readonly calls: string[] = []
  lockData: unknown
  readonly #ready = Promise.withResolvers<void>()
  quit = vi.fn()
  exit = vi.fn()

  enableSandbox(): void {
    this.calls.push('enableSandbox')
  }

  requestSingleInstanceLock(data: unknown): boolean {
    this.calls.push('requestSingleInstanceLock')
    this.lockData = data
    return this.hasLock
  }

  whenReady(): Promise<void> {
    this.calls.push('whenReady')
    return this.#ready.promise
  }

  becomeReady(): void {
    this.#ready.resolve()
  }
}

class FakeSession extends EventEmitter {
  permissionRequest:
    | ((
        contents: unknown,
        permission: string,
        decide: (allowed: boolean) => void,
        details: { requestingUrl: string },
      ) => void)
    | undefined
  permissionCheck:
    | ((
        contents: unknown,
        permission: string,
        origin: string,
        details: { requestingUrl?: string },
      ) => boolean)
    | undefined
  devicePermission: (() => boolean) | undefined
  beforeRequest:
    | ((details: { url: string }, decide: (answer: { cancel: boolean }) => void) => void)
    | undefined
  readonly webRequest = {
    onBeforeRequest: (handler: NonNullable<FakeSession['beforeRequest']>): void => {
      this.beforeRequest = handler
    },
  }

  setPermissionRequestHandler(handler: NonNullable<FakeSession['permissionRequest']>): void {
    this.permissionRequest = handler
  }

  setPermissionCheckHandler(handler: NonNullable<FakeSession['permissionCheck']>): void {
    this.permissionCheck = handler
  }

  setDevicePermissionHandler(handler: () => boolean): void {
    this.devicePermission = handler
  }
}

class FakeProtocol {
  schemes: unknown
  readonly handlers = new Map<string, (request: Request) => Response>()

  registerSchemesAsPrivileged(schemes: unknown): void {
    electron.app.calls.push('registerSchemesAsPrivileged')
    this.schemes = schemes
  }

  handle(scheme: string, handler: (request: Request) => Response): void {
    this.handlers.set(scheme, handler)
  }
}

export class FakeUtilityProcess extends EventEmitter {
  static readonly all: FakeUtilityProcess[] = []
  readonly stderr = new EventEmitter()
  readonly pid = 2 ** 22 + 1
  readonly posted: unknown[] = []
  readonly entry: string
  readonly options: Record<string, unknown>
  kill = vi.fn(() => true)

  constructor(entry: string, options: Record<string, unknown>) {
    super()
    this.entry = entry
    this.options = options
    FakeUtilityProcess.all.push(this)
  }

  postMessage(message: unknown): void {
    this.posted.push(message)
  }
}

/** As much of Electron as the shell touches; what it was told can be read, what it would do can be played. */
export const electron = {
  app: new FakeApp(),
  BrowserWindow: FakeBrowserWindow,
  contextBridge: { exposeInMainWorld: vi.fn() },
  dialog: {
    showOpenDialog: vi.fn<(...args: unknown[]) => Promise<{ canceled: boolean; filePaths: string[] }>>(
      async () => ({ canceled: true, filePaths: [] }),
    ),
    showSaveDialog: vi.fn<(...args: unknown[]) => Promise<{ canceled: boolean; filePath: string }>>(
      async () => ({ canceled: true, filePath: '' }),
    ),
    showMessageBox: vi.fn<(...args: unknown[]) => Promise<{ response: number }>>(async () => ({
      response: 0,
    })),
    showErrorBox: vi.fn(),
  },
  ipcMain: new EventEmitter(),
  ipcRenderer: Object.assign(new EventEmitter(), { send: vi.fn() }),
  Menu: {
    buildFromTemplate: vi.fn((template: unknown) => template),
    setApplicationMenu: vi.fn(),
  },
  MessageChannelMain: MessageChannel,
  protocol: new FakeProtocol(),
  /** Turns texts round: not safe, but not plain either. */
  safeStorage: {
    isAsyncEncryptionAvailable: vi.fn(async () => true),
    getSelectedStorageBackend: vi.fn(() => 'gnome_libsecret'),
    encryptStringAsync: vi.fn(async (text: string) => Buffer.from(text).reverse()),
    decryptStringAsync: vi.fn(async (sealed: Buffer) => ({
      result: Buffer.from(sealed).reverse().toString(),
      shouldReEncrypt: false,
    })),
  },
  screen: { getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }] },
  session: { defaultSession: new FakeSession() },
  shell: { showItemInFolder: vi.fn() },
  utilityProcess: {
    fork: (entry: string, _args: string[], options: Record<string, unknown>) =>
      new FakeUtilityProcess(entry, options),
  },
  webUtils: { getPathForFile: vi.fn(() => '/home/me/image.tar') },
}
