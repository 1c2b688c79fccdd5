/** A request as it came, before anything believes it. */
export interface RequestShape {
  readonly method: string
  /** The request target, as it stands in the first line. */
  readonly target: string
  /** Names and values, one after the other. */
  readonly rawHeaders: readonly string[]
}

export interface Refusal {
  readonly status: number
  readonly reason: string
}

export type Guarded = { readonly refusal: Refusal } | { readonly host: string; readonly url: URL }

/** Any port: behind a forwarded one (ssh -L) the browser's differs from ours. */
const LOOPBACK = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{1,5})?$/i

/**
 * The checks that need no secret. The Host must be a loopback name (else a name that was rebound to 127.0.0.1 could talk to us:
 * CVE-2025-66414), stand there once, and the target must be a path.
 */
export function guardRequest({ method, target, rawHeaders }: RequestShape): Guarded {
  const hosts = headerValues(rawHeaders, 'host')
  const host = hosts[0]
  if (hosts.length !== 1 || host === undefined) return refuse(400, 'One Host header is needed.')
  if (!LOOPBACK.test(host)) return refuse(421, 'This host is not served here.')
  if (!target.startsWith('/') || target.startsWith('//')) return refuse(400, 'The target must be a path.')
  if (!['GET', 'HEAD', 'PUT'].includes(method)) return refuse(405, 'This method is not known here.')
  const url = URL.parse(target, `http://${host}`)
  if (!url) return refuse(400, 'The target must be a path.')
  return { host, url }
}

/**
 * Whether a request that changes something, or opens the WebSocket, comes from our own page: the Origin equal to the whole of ours, not
 * a prefix of it (CVE-2026-40110), and no word of the browser that another site, or another port of this host, is behind it.
 */
export function guardOrigin({ rawHeaders }: RequestShape, host: string): Refusal | undefined {
  const origins = headerValues(rawHeaders, 'origin')
  if (origins.length !== 1 || origins[0] !== `http://${host}`)
    return { status: 403, reason: 'This request comes from another origin.' }
  const sites = headerValues(rawHeaders, 'sec-fetch-site')
  if (sites.some((site) => site !== 'same-origin'))
    return { status: 403, reason: 'This request comes from another site.' }
  return undefined
}

/** Whether a plain read may be answered: a page of another site gets nothing, not even whether a file is there. */
export function guardRead({ rawHeaders }: RequestShape): Refusal | undefined {
  const sites = headerValues(rawHeaders, 'sec-fetch-site')
  const modes = headerValues(rawHeaders, 'sec-fetch-mode')
  // A link somewhere else may lead here; the cookie (SameSite=Strict) does not come along then.
  const isNavigation = modes.length === 1 && modes[0] === 'navigate'
  if (isNavigation || sites.every((site) => site === 'same-origin' || site === 'none')) return undefined
  return { status: 403, reason: 'This request comes from another site.' }
}

export function headerValues(rawHeaders: readonly string[], name: string): string[] {
  const values: string[] = []
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    if (rawHeaders[i]?.toLowerCase() === name) values.push(rawHeaders[i + 1] ?? '')
  return values
}

function refuse(status: number, reason: string): Guarded {
  return { refusal: { status, reason } }
}
