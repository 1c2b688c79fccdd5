import type { App, Session } from 'electron'
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

/** What `navigator.clipboard.writeText` asks for; it works only under a click or a key. */
const COPYING = 'clipboard-sanitized-write'
/** What our page makes itself, in its memory. */
const OWN_BLOB = 'blob:app://occystrap/'

/** Our page may copy, and save what it makes itself where its user chooses; no other permission, device, download or network. */
export function guardSession(session: Session, options: { readonly allowsDevTools: boolean }): void {
  session.setPermissionRequestHandler((_contents, permission, decide, { requestingUrl }) =>
    decide(permission === COPYING && isOwnUrl(requestingUrl)),
  )
  session.setPermissionCheckHandler(
    (_contents, permission, origin, { requestingUrl }) =>
      permission === COPYING && isOwnUrl(requestingUrl ?? origin),
  )
  session.setDevicePermissionHandler(() => false)
  session.on('will-download', (event, item) => {
    // Electron asks where to.
    if (!item.getURL().startsWith(OWN_BLOB)) event.preventDefault()
  })
  session.webRequest.onBeforeRequest((details, decide) =>
    decide({ cancel: !isAllowedRequest(details.url, options.allowsDevTools) }),
  )
}

/** Our page's own files, and what it made of bytes it was given; developer tools only where they may be opened. */
function isAllowedRequest(url: string, allowsDevTools: boolean): boolean {
  if (isOwnUrl(url) || url.startsWith(OWN_BLOB) || url.startsWith('data:image/')) return true
  return allowsDevTools && URL.parse(url)?.protocol === 'devtools:'
}
