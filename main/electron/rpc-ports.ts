import { RPCHandler } from '@orpc/server/message-port'
import type { BrowserWindow, IpcMain, IpcMainEvent, MessageChannelMain } from 'electron'
import type { HostServices } from '../rpc/host-services.ts'
import { createRouter, reportErrors } from '../rpc/router.ts'
import { isOwnUrl } from './app-protocol.ts'
import { CONNECT_CHANNEL, PORT_CHANNEL } from './channels.ts'

/** Hands a port to our own page and answers on it. A page that was loaded again gets a new one; the old one closes with its page. */
export function serveRpcPorts(
  ipcMain: IpcMain,
  makeChannel: () => MessageChannelMain,
  currentWindow: () => BrowserWindow | undefined,
  services: HostServices,
): void {
  const handler = new RPCHandler(createRouter(services), { clientInterceptors: [reportErrors] })
  ipcMain.on(CONNECT_CHANNEL, (event) => {
    // At once and without awaiting: later the frame may be another's (CVE-2022-29247).
    const window = currentWindow()
    if (!window || !isOurPage(event, window)) return
    const { port1, port2 } = makeChannel()
    handler.upgrade(port1)
    port1.start()
    window.webContents.postMessage(PORT_CHANNEL, null, [port2])
  })
}

function isOurPage(event: IpcMainEvent, window: BrowserWindow): boolean {
  const frame = event.senderFrame
  return frame !== null && !frame.detached && frame === window.webContents.mainFrame && isOwnUrl(frame.url)
}
