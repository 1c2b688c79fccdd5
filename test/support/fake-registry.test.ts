import { expect, test } from 'vitest'
import { DOCKER_MANIFEST, OCI_INDEX } from '../../shared/media-types.ts'
import { sha256 } from './digests.ts'
import { basicAuth, FakeRegistry } from './fake-registry.ts'
import { SCHEMA_1 } from './fake-repository.ts'
import { sampleImage } from './image-builder.ts'
import { TokenServer } from './token-server.ts'

test('gives manifests to those who know their type', async () => {
  await using registry = await FakeRegistry.start()
  const pushed = registry.repository('team/app').push(sampleImage(), { format: 'docker', tag: '1' })
  const url = `${registry.url}/v2/team/app/manifests/1`
  expect((await fetch(url, { headers: { accept: OCI_INDEX } })).status).toBe(404)
  const answer = await fetch(url, { headers: { accept: `${OCI_INDEX}, ${DOCKER_MANIFEST}` } })
  expect(answer.headers.get('docker-content-digest')).toBe(pushed.digest)
  expect(sha256(await answer.bytes())).toBe(pushed.digest)
  expect((await fetch(url, { method: 'HEAD' })).headers.get('content-type')).toBe(DOCKER_MANIFEST)
})

test('names a schema 1 manifest by its payload', async () => {
  await using registry = await FakeRegistry.start()
  const pushed = registry.repository('old').push(sampleImage(), { format: 'schema1' })
  const answer = await fetch(`${registry.url}/v2/old/manifests/${pushed.digest}`)
  expect(answer.headers.get('content-type')).toBe(SCHEMA_1)
  const text = await answer.text()
  const payload = `${text.slice(0, text.indexOf(',\n   "signatures"'))}\n}`
  expect(sha256(payload)).toBe(pushed.digest)
  // Two layers and the empty one of the command.
  expect(pushed.layers).toHaveLength(3)
})

test('serves ranges while nothing has changed', async () => {
  await using registry = await FakeRegistry.start()
  const bytes = Buffer.from('0123456789')
  const digest = registry.repository('app').putBlob(bytes)
  const ask = async (range: string, condition?: string): Promise<unknown[]> => {
    const headers = { range, ...(condition === undefined ? {} : { 'if-range': condition }) }
    const answer = await fetch(`${registry.url}/v2/app/blobs/${digest}`, { headers })
    return [answer.status, answer.headers.get('content-range'), await answer.text()]
  }
  expect(await ask('bytes=2-4')).toEqual([206, 'bytes 2-4/10', '234'])
  expect(await ask('bytes=7-', `"${digest}"`)).toEqual([206, 'bytes 7-9/10', '789'])
  expect(await ask('bytes=-2')).toEqual([206, 'bytes 8-9/10', '89'])
  expect(await ask('bytes=7-', '"another"')).toEqual([200, null, '0123456789'])
  expect(await ask('bytes=10-')).toEqual([416, 'bytes */10', ''])
  expect(registry.bytesSent.get(digest)).toBe(3 + 3 + 2 + 10)
})

test('lists by pages', async () => {
  await using registry = await FakeRegistry.start({ pageSize: 2 })
  const repository = registry.repository('team/app')
  for (const tag of ['c', 'a', 'b']) repository.push(sampleImage(), { tag })
  const first = await fetch(`${registry.url}/v2/team/app/tags/list`)
  expect(await first.json()).toEqual({ name: 'team/app', tags: ['a', 'b'] })
  const next = /^<(.+)>; rel="next"$/.exec(first.headers.get('link') ?? '')?.[1] ?? ''
  const second = await fetch(new URL(next, registry.url))
  expect([await second.json(), second.headers.get('link')]).toEqual([{ name: 'team/app', tags: ['c'] }, null])
})

test('sends for blobs elsewhere, and asks who comes', async () => {
  await using registry = await FakeRegistry.start({ auth: basicAuth('user', 'secret') })
  await using elsewhere = await registry.startBlobServer()
  const digest = registry.repository('app').putBlob(Buffer.from('blob'))
  registry.redirectBlobs = (digest) => `${elsewhere.url}/storage/${digest}?signature=x`
  const url = `${registry.url}/v2/app/blobs/${digest}`
  const refused = await fetch(url)
  expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="fake"'])
  const authorization = `Basic ${Buffer.from('user:secret').toString('base64')}`
  const answer = await fetch(url, { headers: { authorization } })
  expect([answer.url.startsWith(elsewhere.url), await answer.text()]).toEqual([true, 'blob'])
  expect(elsewhere.requests[0]?.headers.authorization).toBeUndefined()
})

test('takes the tokens of its server until they end', async () => {
  await using tokens = await TokenServer.start({
    users: { user: 'secret' },
    allowsAnonymous: false,
    expiresIn: 1,
  })
  await using registry = await FakeRegistry.start({ auth: tokens.auth() })
  const repository = registry.repository('team/app')
  repository.push(sampleImage())
  const url = `${registry.url}/v2/team/app/manifests/latest`
  const challenge = (await fetch(url)).headers.get('www-authenticate') ?? ''
  expect(challenge).toBe(
    `Bearer realm="${tokens.realm}",service="test-registry",scope="repository:team/app:pull"`,
  )
  const scope = 'repository:team/app:pull'
  expect((await fetch(`${tokens.realm}?scope=${scope}`)).status).toBe(401)

  const basic = { authorization: `Basic ${Buffer.from('user:secret').toString('base64')}` }
  const got = await fetch(`${tokens.realm}?scope=${scope}&offline_token=true`, { headers: basic })
  const { token, refresh_token } = (await got.json()) as { token: string; refresh_token: string }
  const pull = async (token: string): Promise<number> =>
    (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status
  expect(await pull(token)).toBe(200)
  expect(await pull(tokens.tokenFor('user', 'repository:other:pull'))).toBe(401)
  await expect.poll(async () => pull(token), { timeout: 3000 }).toBe(401)

  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token,
    scope,
    service: 'test-registry',
  })
  const again = await fetch(tokens.realm, { method: 'POST', body: form })
  const { access_token } = (await again.json()) as { access_token: string }
  expect(await pull(access_token)).toBe(200)
})
