import { app, BrowserWindow, dialog, screen } from 'electron'
import { PRELOAD_FILE } from './built-files.ts'
import { storeBounds, storedBounds } from './electron/window-bounds.ts'
import type { SettingsStore } from './rpc/host-services.ts'

/** A renderer that dies again and again is not brought back. */
const MAX_REVIVALS = 3
const REVIVAL_WINDOW = 60_000

/** What the page may do: nothing but render (docs/tutorial/security.md of Electron, items 2 to 9). */
const WEB_PREFERENCES = {
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
} as const

/** The window, where it was last time and back after a crash; nothing is loaded in it yet. */
export async function createWindow(
  settings: SettingsStore,
  holdClose: (event: { preventDefault(): void }) => void,
): Promise<BrowserWindow> {
  const screens = screen.getAllDisplays().map((display) => display.workArea)
  const { isMaximized, ...bounds } = await storedBounds(settings, screens)
  const window = new BrowserWindow({
    ...bounds,
    minWidth: 720,
    minHeight: 480,
    show: false,
    title: 'Occystrap',
    webPreferences: { ...WEB_PREFERENCES, preload: PRELOAD_FILE, devTools: !app.isPackaged },
  })
  if (isMaximized) window.maximize()
  window.once('ready-to-show', () => window.show())
  window.on('close', (event) => {
    void storeBounds(settings, window).catch(() => {})
    holdClose(event)
  })
  revive(window)
  return window
}

/** The page holds nothing that main does not: after a crash it is loaded again and finds its jobs and images as they were. */
function revive(window: BrowserWindow): void {
  let revivals: number[] = []
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason === 'clean-exit') return
    revivals = [...revivals.filter((at) => at > Date.now() - REVIVAL_WINDOW), Date.now()]
    if (revivals.length <= MAX_REVIVALS) window.webContents.reload()
    else
      dialog.showErrorBox('Occystrap', 'The window failed several times. Jobs go on; start Occystrap again.')
  })
  window.on('unresponsive', () => {
    void dialog
      .showMessageBox(window, {
        type: 'warning',
        message: 'The window does not answer.',
        detail: 'Jobs go on. Reloading brings the window back.',
        buttons: ['Wait', 'Reload'],
        defaultId: 0,
        cancelId: 0,
      })
      .then(({ response }) => {
        if (response === 1) window.webContents.forcefullyCrashRenderer()
      })
  })
}
