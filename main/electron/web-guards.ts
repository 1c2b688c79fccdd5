import type { App, Session, WebContents } from 'electron'
import { isOwnUrl } from './app-protocol.ts'

/** No web contents of this program ever leaves our page, opens a window, or embeds another. */
export function guardNavigation(app: App): void {
  app.on('web-contents-created', (_event, contents) => {
    const stay = (event: { preventDefault(): void; url: string }): void => {
      if (!isOwnUrl(event.url)) event.preventDefault()
    }
    contents.on('will-navigate', stay)
    contents.on('will-frame-navigate', stay)
    contents.on('will-redirect', stay)
    contents.on('will-attach-webview', (event) => event.preventDefault())
    contents.setWindowOpenHandler(() => ({ action: 'deny' }))
  })
}

/** The page gets no permission, no device, no download and no network. */
export function guardSession(session: Session, options: { readonly allowsDevTools: boolean }): void {
  session.setPermissionRequestHandler((_contents: WebContents, _permission, decide) => decide(false))
  session.setPermissionCheckHandler(() => false)
  session.setDevicePermissionHandler(() => false)
  session.on('will-download', (event) => event.preventDefault())
  session.webRequest.onBeforeRequest((details, decide) =>
    decide({ cancel: !isAllowedRequest(details.url, options.allowsDevTools) }),
  )
}

/** Our page's own files, and images it made of bytes it was given; developer tools only where they may be opened. */
function isAllowedRequest(url: string, allowsDevTools: boolean): boolean {
  if (isOwnUrl(url) || url.startsWith('blob:app://occystrap/') || url.startsWith('data:image/')) return true
  return allowsDevTools && URL.parse(url)?.protocol === 'devtools:'
}
