import {
  app,
  dialog,
  ipcMain,
  Menu,
  MessageChannelMain,
  protocol,
  safeStorage,
  session,
  shell,
  type BrowserWindow,
} from 'electron'
import { z } from 'zod'
import { RENDERER_FOLDER } from './built-files.ts'
import { APP_ORIGIN, APP_SCHEME, handleAppProtocol } from './electron/app-protocol.ts'
import { argumentPaths } from './electron/argument-paths.ts'
import { NativeDialogs } from './electron/dialogs.ts'
import { DragOut } from './electron/drag-out.ts'
import { QuitGuard } from './electron/quit-guard.ts'
import { serveRpcPorts } from './electron/rpc-ports.ts'
import { systemVault } from './electron/system-vault.ts'
import { UtilityHost } from './electron/utility-host.ts'
import { guardNavigation, guardSession } from './electron/web-guards.ts'
import { menuTemplate } from './menu.ts'
import { PathQueue } from './rpc/path-queue.ts'
import { createServices } from './services.ts'
import { readStaticFiles } from './static-files.ts'
import { openWorkspace } from './store/workspace.ts'
import { createWindow } from './window.ts'

const handedOverSchema = z.object({ paths: z.array(z.string()) })

const opened = new PathQueue()
const ownPaths = argumentPaths(process.argv.slice(app.isPackaged ? 1 : 2), process.cwd())
let window: BrowserWindow | undefined

app.enableSandbox()
protocol.registerSchemesAsPrivileged([APP_SCHEME])
guardNavigation(app)

// The paths go as data of their own: Chromium reorders a second instance's arguments.
if (app.requestSingleInstanceLock({ paths: ownPaths })) start()
else app.quit()

function start(): void {
  opened.push(ownPaths)
  app.on('second-instance', (_event, _argv, _folder, data) => {
    const handedOver = handedOverSchema.safeParse(data)
    if (handedOver.success) opened.push(handedOver.data.paths)
    if (window?.isMinimized()) window.restore()
    window?.focus()
  })
  app.on('open-file', (event, path) => {
    event.preventDefault()
    opened.push([path])
  })
  app.whenReady().then(run, fail)
}

async function run(): Promise<void> {
  const workspace = openWorkspace()
  const dialogs = new NativeDialogs(dialog, () => window, workspace.settings)
  const dragOut = new DragOut(workspace.tempDir, async (file) => {
    const icon = await app.getFileIcon(file)
    window?.webContents.startDrag({ file, icon })
  })
  app.on('will-quit', () => dragOut[Symbol.dispose]())
  const services = createServices({
    kind: 'electron',
    processes: new UtilityHost(),
    workspace,
    opened,
    canReveal: true,
    vault: systemVault(safeStorage),
    dialogs,
    isTemporary: () => false,
    reveal: async (path) => shell.showItemInFolder(path),
    dragOut: (file) => dragOut.start(file),
    quit: () => app.quit(),
  })
  const quitGuard = new QuitGuard(app, dialog, services, () => window)
  const hasDevTools = !app.isPackaged
  guardSession(session.defaultSession, { allowsDevTools: hasDevTools })
  handleAppProtocol(protocol, readStaticFiles(RENDERER_FOLDER))
  serveRpcPorts(
    ipcMain,
    () => new MessageChannelMain(),
    () => window,
    services,
  )

  const choose = (folders: boolean): void =>
    void dialogs.open({ folders, purpose: 'open' }).then((paths) => opened.push(paths ?? []), fail)
  const actions = { openImage: () => choose(false), openFolder: () => choose(true) }
  Menu.setApplicationMenu(
    Menu.buildFromTemplate(menuTemplate(actions, { isMac: process.platform === 'darwin', hasDevTools })),
  )

  const show = async (): Promise<void> => {
    window = await createWindow(workspace.settings, (event) => quitGuard.holdsWindow(event))
    window.once('closed', () => (window = undefined))
    // Only now, for the page asks for its port before it is wholly loaded.
    await window.loadURL(`${APP_ORIGIN}/`)
  }
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit()
  })
  app.on('activate', () => {
    if (!window) show().catch(fail)
  })
  await show()
}

function fail(error: unknown): void {
  dialog.showErrorBox('Occystrap could not start', error instanceof Error ? error.message : String(error))
  app.exit(1)
}
