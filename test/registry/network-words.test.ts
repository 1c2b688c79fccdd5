import { expect, test } from 'vitest'
import { ImageError } from '../../shared/errors.ts'
import { isPassing, isUnreached, networkError } from '../../main/registry/network-words.ts'

/** As Node and undici make them: a code, perhaps under another error. */
function failed(code: string, wrap = 0): Error {
  let error: Error = Object.assign(new Error(`${code} 10.0.0.1:443`), { code })
  for (let count = 0; count < wrap; count++) error = new TypeError('fetch failed', { cause: error })
  return error
}

function words(error: unknown): ImageError {
  const found = networkError(error, 'registry.example:5000')
  if (found instanceof ImageError) return found
  throw new Error('has no words for it', { cause: found })
}

test.each([
  ['ECONNREFUSED', 'registry.example:5000 refuses connections.'],
  ['ENOTFOUND', 'registry.example:5000 is not known to the name service.'],
  ['ECONNRESET', 'registry.example:5000 cut the connection.'],
  ['UND_ERR_SOCKET', 'registry.example:5000 cut the connection.'],
  ['UND_ERR_BODY_TIMEOUT', 'registry.example:5000 went silent.'],
  ['UND_ERR_HEADERS_TIMEOUT', 'registry.example:5000 does not answer.'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'registry.example:5000 does not speak TLS.'],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'registry.example:5000 does not speak TLS as it should.'],
  ['HPE_INVALID_CONSTANT', 'registry.example:5000 does not speak HTTP.'],
  ['HPE_INVALID_CHUNK_SIZE', 'registry.example:5000 does not speak HTTP as it should.'],
  ['HPE_UNEXPECTED_CONTENT_LENGTH', 'registry.example:5000 does not speak HTTP as it should.'],
])('%s is a sentence, however deep it lies', (code, message) => {
  for (const depth of [0, 1, 2])
    expect(words(failed(code, depth))).toMatchObject({
      code: 'network',
      message,
      detail: code,
      remedy: expect.any(String),
    })
})

test.each([
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'it signed its certificate itself'],
  ['CERT_HAS_EXPIRED', 'its certificate has expired'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another name'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'an authority that this computer does not know'],
  ['INVALID_PURPOSE', 'its certificate is not for servers'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'it asks for a certificate of yours'],
  ['ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE', 'it asks for a certificate of yours'],
])('%s is a matter of trust', (code, why) => {
  expect(words(failed(code, 1))).toMatchObject({ code: 'certificate', message: expect.stringContaining(why) })
})

test('the first of several addresses says why none could be reached', () => {
  const several = new AggregateError([failed('ECONNREFUSED'), failed('ENETUNREACH')], '')
  expect(words(Object.assign(several, { code: 'ECONNREFUSED' }))).toMatchObject({ detail: 'ECONNREFUSED' })
  expect(words(new AggregateError([failed('ENETUNREACH')]))).toMatchObject({ detail: 'ENETUNREACH' })
})

test('what is none of the network stays as it is', () => {
  const own = new ImageError('no-space', 'There is no room.')
  const abort = new DOMException('stop', 'AbortError')
  const fault = new RangeError('ours')
  const full = failed('ENOSPC')
  for (const error of [own, abort, fault, full]) expect(networkError(error, 'x')).toBe(error)
})

test('a cut may pass; a server that is not there, or speaks otherwise, does not', () => {
  for (const code of ['ECONNRESET', 'UND_ERR_SOCKET', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT', 'EPIPE'])
    expect([code, isPassing(words(failed(code))), isUnreached(words(failed(code)))]).toEqual([
      code,
      true,
      false,
    ])
  for (const code of ['ECONNREFUSED', 'ENOTFOUND', 'ENETUNREACH'])
    expect([code, isPassing(words(failed(code))), isUnreached(words(failed(code)))]).toEqual([
      code,
      false,
      true,
    ])
  for (const code of ['ERR_SSL_WRONG_VERSION_NUMBER', 'HPE_INVALID_CONSTANT', 'CERT_HAS_EXPIRED'])
    expect([code, isPassing(words(failed(code)))]).toEqual([code, false])
  expect(isPassing(new Error('any'))).toBe(false)
})
