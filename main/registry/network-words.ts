import { ImageError, isCancelled } from '../../shared/errors.ts'

/** What a failed connection or a failed read of one means, in words. `server` is host and port. Other errors stay as they are. */
export function networkError(error: unknown, server: string): unknown {
  const code = codeOf(error)
  // A proxy's refusal has the name of an abort, which nobody asked for.
  if (error instanceof ImageError || (isCancelled(error) && code !== PROXY_REFUSAL)) return error
  const trust = TRUST[code]
  if (trust !== undefined)
    return new ImageError('certificate', `${server} cannot be trusted: ${trust}.`, {
      remedy:
        'Add the certificate of its authority (Settings, or certs.d), or trust it without checking if you know it.',
      detail: code,
    })
  const words = wordsOf(code)
  if (words === undefined) return error
  return new ImageError('network', `${server} ${words}.`, {
    remedy: REMEDIES[code] ?? 'Check the network and try again.',
    detail: code,
  })
}

/** Whether the server was not reached at all, so that trying again at once is vain. */
export function isUnreached(error: unknown): boolean {
  return error instanceof ImageError && error.code === 'network' && UNREACHED.has(error.detail ?? '')
}

/** Whether another try may fare better: cut or silent. Who speaks another protocol will do so again. */
export function isPassing(error: unknown): boolean {
  return (
    error instanceof ImageError && error.code === 'network' && !isUnreached(error) && !speaksOtherwise(error)
  )
}

function speaksOtherwise({ detail = '' }: ImageError): boolean {
  return detail === 'EPROTO' || PROTOCOLS.some(([start]) => detail.startsWith(start))
}

/** The code of the error or of what caused it: undici wraps some. */
function codeOf(error: unknown): string {
  for (
    let current = error, depth = 0;
    current instanceof Error && depth < 4;
    current = current.cause, depth++
  ) {
    const inner = current instanceof AggregateError ? current.errors[0] : undefined
    for (const candidate of [current, inner])
      if (
        candidate instanceof Error &&
        'code' in candidate &&
        typeof candidate.code === 'string' &&
        (candidate.code in TRUST || wordsOf(candidate.code) !== undefined)
      )
        return candidate.code
  }
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

function wordsOf(code: string): string | undefined {
  return WORDS[code] ?? PROTOCOLS.find(([start]) => code.startsWith(start))?.[1]
}

const PROXY_REFUSAL = 'UND_ERR_ABORTED'

const UNREACHED: ReadonlySet<string> = new Set([
  PROXY_REFUSAL,
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
])

const WORDS: Readonly<Record<string, string>> = {
  [PROXY_REFUSAL]: 'cannot be reached through the proxy that this computer is set to use',
  ECONNREFUSED: 'refuses connections',
  ENOTFOUND: 'is not known to the name service',
  EAI_AGAIN: 'cannot be looked up: the name service does not answer',
  EHOSTUNREACH: 'cannot be reached from this network',
  ENETUNREACH: 'cannot be reached: there is no network',
  ETIMEDOUT: 'does not answer',
  ECONNRESET: 'cut the connection',
  ECONNABORTED: 'cut the connection',
  EPIPE: 'cut the connection',
  UND_ERR_SOCKET: 'cut the connection',
  UND_ERR_CONNECT_TIMEOUT: 'does not answer',
  UND_ERR_HEADERS_TIMEOUT: 'does not answer',
  UND_ERR_BODY_TIMEOUT: 'went silent',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'sent fewer or more bytes than it said',
  UND_ERR_HEADERS_OVERFLOW: 'sent a header that is too long',
  UND_ERR_PRX_TLS: 'cannot be reached through the proxy',
  ERR_SSL_WRONG_VERSION_NUMBER: 'does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'does not speak TLS',
  EPROTO: 'does not speak TLS as it should',
  HPE_INVALID_CONSTANT: 'does not speak HTTP',
}

/** What OpenSSL's and the HTTP parser's many other codes come to. */
const PROTOCOLS: readonly (readonly [start: string, words: string])[] = [
  ['ERR_SSL_', 'does not speak TLS as it should'],
  ['HPE_', 'does not speak HTTP as it should'],
]

const REMEDIES: Readonly<Record<string, string>> = {
  [PROXY_REFUSAL]: 'Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY, or ask whoever runs the proxy.',
  ECONNREFUSED: 'Check its name and port, and that it is running.',
  ENOTFOUND: 'Check its name, and that this computer is online.',
  ERR_SSL_WRONG_VERSION_NUMBER:
    'If it is meant to be without TLS, allow that: --insecure, or ?insecure=true.',
  ERR_SSL_PACKET_LENGTH_TOO_LONG:
    'If it is meant to be without TLS, allow that: --insecure, or ?insecure=true.',
}

/** What OpenSSL and Node say of certificates. */
const TRUST: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it signed its certificate itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate comes from an authority that this computer does not know',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate comes from an authority that this computer does not know',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate comes from an authority that this computer does not know',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'its certificate comes from an authority that this computer does not know',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet (check the clock of this computer)',
  CERT_REVOKED: 'its certificate was revoked',
  CERT_UNTRUSTED: 'its certificate is not trusted for servers',
  CERT_REJECTED: 'its certificate is not trusted for servers',
  INVALID_PURPOSE: 'its certificate is not for servers',
  INVALID_CA: 'its certificate comes from somebody who may not give any',
  PATH_LENGTH_EXCEEDED: 'its certificate comes from somebody who may not give any',
  CERT_CHAIN_TOO_LONG: 'its certificate comes from an authority that is too far away',
  CERT_SIGNATURE_FAILURE: 'its certificate is not signed as it says',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'it asks for a certificate of yours',
  // What Go's servers say instead.
  'ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE': 'it asks for a certificate of yours',
  'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_UNKNOWN': 'it does not know the certificate that it was shown',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'it does not know the certificate that it was shown',
  'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED': 'the certificate that it was shown has expired',
  'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE': 'it has no way of encryption in common with this computer',
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: 'it has no way of encryption in common with this computer',
}
