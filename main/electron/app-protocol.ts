import type { Protocol, CustomScheme } from 'electron'
import { SECURITY_HEADERS } from '../content-security.ts'
import type { StaticFile } from '../static-files.ts'

/** The one origin that is ever loaded. */
export const APP_ORIGIN = 'app://occystrap'

/** Registered before the app is ready. No bypassCSP, no CORS: the page is as confined as one from the network. */
export const APP_SCHEME: CustomScheme = {
  scheme: 'app',
  privileges: { standard: true, secure: true, supportFetchAPI: true },
}

/** Whether a URL is ours, by its parts and not by its beginning. */
export function isOwnUrl(url: string): boolean {
  const parsed = URL.parse(url)
  return parsed !== null && parsed.protocol === 'app:' && parsed.host === 'occystrap'
}

/** Serves the built files and nothing else: there is no way from a URL to a path. */
export function handleAppProtocol(protocol: Protocol, files: ReadonlyMap<string, StaticFile>): void {
  protocol.handle('app', (request) => {
    const file = isOwnUrl(request.url) ? files.get(new URL(request.url).pathname) : undefined
    if (request.method !== 'GET') return new Response(null, { status: 405, headers: SECURITY_HEADERS })
    if (!file) return new Response(null, { status: 404, headers: SECURITY_HEADERS })
    return new Response(file.bytes, { headers: { ...SECURITY_HEADERS, 'content-type': file.mediaType } })
  })
}
