import { contextBridge, ipcRenderer, webUtils } from 'electron'
import { CONNECT_CHANNEL, PORT_CHANNEL } from './electron/channels.ts'

/** The page's global object; the types of this folder know no DOM. */
declare const window: { postMessage(message: string, targetOrigin: string, ports: readonly unknown[]): void }

type DroppedFile = Parameters<typeof webUtils.getPathForFile>[0]

/**
 * All that the page gets from here: the path of a file its user dropped, and a port to the main process. No ipcRenderer and no event
 * crosses the bridge; the port goes by postMessage because the bridge cannot carry one.
 */
contextBridge.exposeInMainWorld('occystrap', {
  kind: 'electron',
  pathOf: (file: DroppedFile): string => webUtils.getPathForFile(file),
  connect: (): void => ipcRenderer.send(CONNECT_CHANNEL),
})

ipcRenderer.on(PORT_CHANNEL, (event) => {
  const [port] = event.ports
  if (port) window.postMessage(PORT_CHANNEL, '*', [port])
})
