import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BrowserHost } from '../../main/serve/browser-host.ts'
import { Uploads } from '../../main/serve/upload.ts'
import type { StaticFile } from '../../main/static-files.ts'
import { BrowserClient, cookieOf, rawStatus } from '../support/browser-client.ts'
import { fakeServices, type FakeServices } from '../support/fake-services.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

const FILES = new Map<string, StaticFile>([
  ['/', { mediaType: 'text/html; charset=utf-8', bytes: Buffer.from('<!doctype html><title>page</title>') }],
  ['/assets/index-1.js', { mediaType: 'text/javascript; charset=utf-8', bytes: Buffer.from('1') }],
])

let folder: TemporaryFolder
let services: FakeServices
let uploads: Uploads
let host: BrowserHost
let browser: BrowserClient

beforeAll(async () => {
  folder = await TemporaryFolder.make()
  services = fakeServices(folder.path)
  uploads = new Uploads(services.engine, folder.at('temporary'))
  host = await BrowserHost.listen(0, services, uploads, FILES)
  browser = await BrowserClient.open(host.newUrl())
})

afterAll(async () => {
  browser[Symbol.dispose]()
  await host[Symbol.asyncDispose]()
  await uploads[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

/** The lines of a request; a header given as undefined is left out. */
function request(line: string, headers: Record<string, string | undefined>, ...more: string[]): string {
  const given = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`],
  )
  return [line, ...given, ...more, 'Connection: close', '', ''].join('\r\n')
}

describe('every shape of request gets its answer', () => {
  const get = 'GET / HTTP/1.1'
  const put = 'PUT /upload?name=a&size=0 HTTP/1.1'
  const upgrade = 'GET /rpc HTTP/1.1'
  const evil = 'http://evil.example'
  // host, origin and cookie are ours unless the row says otherwise; a row is: what it is, first line, headers, status.
  const rows: [string, string, Record<string, string | undefined>, number][] = [
    ['our page', get, {}, 200],
    ['our page by HEAD', 'HEAD / HTTP/1.1', {}, 200],
    ['an asset', 'GET /assets/index-1.js HTTP/1.1', {}, 200],
    ['under another port, as through ssh -L', get, { Host: 'localhost:9999' }, 200],
    ['without a port', get, { Host: '127.0.0.1' }, 200],
    ['by its IPv6 name', get, { Host: '[::1]:8080' }, 200],
    ['in capitals', get, { Host: 'LOCALHOST' }, 200],
    ['a name bound to 127.0.0.1', get, { Host: 'evil.example' }, 421],
    ['a name that begins like ours', get, { Host: 'localhost.evil.example' }, 421],
    ['a name that ends like ours', get, { Host: 'evil-localhost' }, 421],
    ['another loopback address', get, { Host: '127.0.0.2' }, 421],
    ['the unspecified address', get, { Host: '0.0.0.0' }, 421],
    ['a host with a user', get, { Host: 'me@localhost' }, 421],
    ['an empty host', get, { Host: '' }, 421],
    ['no host', get, { Host: undefined }, 400],
    ['no cookie', get, { Cookie: undefined }, 403],
    ['a wrong cookie', get, { Cookie: 'occystrap-1=x' }, 403],
    ['an asset without a cookie', 'GET /assets/index-1.js HTTP/1.1', { Cookie: undefined }, 403],
    ['a link on another site', get, { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' }, 200],
    ['a script on another site', get, { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors' }, 403],
    ['a script on another port', get, { 'Sec-Fetch-Site': 'same-site', 'Sec-Fetch-Mode': 'cors' }, 403],
    ['an unknown file', 'GET /nothing.js HTTP/1.1', {}, 404],
    ['a way out', 'GET /../package.json HTTP/1.1', {}, 404],
    ['an encoded way out', 'GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1', {}, 404],
    ['a doubled slash', 'GET //evil.example/ HTTP/1.1', {}, 400],
    ['an absolute target', 'GET http://evil.example/ HTTP/1.1', {}, 400],
    ['our absolute target', 'GET http://localhost/ HTTP/1.1', {}, 400],
    ['an asterisk', 'OPTIONS * HTTP/1.1', {}, 400],
    ['a preflight', 'OPTIONS / HTTP/1.1', { Origin: evil, 'Access-Control-Request-Method': 'PUT' }, 405],
    ['POST', 'POST / HTTP/1.1', { 'Content-Length': '0' }, 405],
    ['DELETE', 'DELETE / HTTP/1.1', {}, 405],
    ['TRACE', 'TRACE / HTTP/1.1', {}, 405],
    ['a wrong token', 'GET /?token=wrong HTTP/1.1', { Cookie: undefined }, 403],
    ['an empty token', 'GET /?token= HTTP/1.1', { Cookie: undefined }, 403],
    ['a wrong token with a wrong cookie', 'GET /?token=wrong HTTP/1.1', { Cookie: 'occystrap-1=x' }, 403],
    ['a spent token with the cookie it bought', 'GET /?token=wrong HTTP/1.1', {}, 303],
    ['the socket’s address without an upgrade', 'GET /rpc HTTP/1.1', {}, 405],
    ['the upload’s address by GET', 'GET /upload HTTP/1.1', {}, 405],
    ['the session by navigation', 'GET /session HTTP/1.1', { 'Sec-Fetch-Mode': 'navigate' }, 403],
    ['the session without a cookie', 'GET /session HTTP/1.1', { Cookie: undefined }, 403],
    ['an upload without a secret', put, { Origin: 'own' }, 403],
    ['an upload with a wrong secret', put, { Origin: 'own', 'X-Occystrap-Secret': 'x' }, 403],
    ['an upload without an origin', put, { 'X-Occystrap-Secret': 'own' }, 403],
    ['an upload from another origin', put, { Origin: evil, 'X-Occystrap-Secret': 'own' }, 403],
    [
      'an upload from an origin that begins like ours',
      put,
      { Origin: 'longer', 'X-Occystrap-Secret': 'own' },
      403,
    ],
    ['an upload from nowhere', put, { Origin: 'null', 'X-Occystrap-Secret': 'own' }, 403],
    ['an upload from https', put, { Origin: 'secure', 'X-Occystrap-Secret': 'own' }, 403],
    [
      'an upload from another port',
      put,
      { Origin: 'own', 'X-Occystrap-Secret': 'own', 'Sec-Fetch-Site': 'same-site' },
      403,
    ],
    [
      'an upload without a cookie',
      put,
      { Origin: 'own', 'X-Occystrap-Secret': 'own', Cookie: undefined },
      403,
    ],
    ['an upload to another place', 'PUT / HTTP/1.1', { Origin: 'own', 'X-Occystrap-Secret': 'own' }, 405],
    [
      'an upload of no size',
      'PUT /upload?name=a HTTP/1.1',
      { Origin: 'own', 'X-Occystrap-Secret': 'own' },
      400,
    ],
    [
      'an upload of a negative size',
      'PUT /upload?name=a&size=-1 HTTP/1.1',
      { Origin: 'own', 'X-Occystrap-Secret': 'own' },
      400,
    ],
    [
      'an upload larger than the disk',
      'PUT /upload?name=a&size=9007199254740991 HTTP/1.1',
      { Origin: 'own', 'X-Occystrap-Secret': 'own' },
      507,
    ],
    [
      'an upload as it should be',
      put,
      { Origin: 'own', 'X-Occystrap-Secret': 'own', 'Sec-Fetch-Site': 'same-origin' },
      200,
    ],
    ['a socket without an origin', upgrade, { Upgrade: 'own' }, 403],
    ['a socket from another origin', upgrade, { Upgrade: 'own', Origin: evil }, 403],
    ['a socket from another port', upgrade, { Upgrade: 'own', Origin: 'http://127.0.0.1:1' }, 403],
    [
      'a socket from another site, in the browser’s words',
      upgrade,
      { Upgrade: 'own', Origin: 'own', 'Sec-Fetch-Site': 'cross-site' },
      403,
    ],
    ['a socket without a cookie', upgrade, { Upgrade: 'own', Origin: 'own', Cookie: undefined }, 403],
    ['a socket under another name', upgrade, { Upgrade: 'own', Origin: evil, Host: 'evil.example' }, 421],
    ['a socket elsewhere', 'GET / HTTP/1.1', { Upgrade: 'own', Origin: 'own' }, 404],
    ['a socket by POST', 'POST /rpc HTTP/1.1', { Upgrade: 'own', Origin: 'own' }, 405],
    ['a socket as it should be', upgrade, { Upgrade: 'own', Origin: 'own' }, 101],
    ['headers of 20 KiB', get, { 'X-Long': 'x'.repeat(20_000) }, 431],
  ]

  test.for(rows)('%s', async ([, line, given, status]) => {
    const Host = 'Host' in given ? given['Host'] : `127.0.0.1:${host.port}`
    const own = { own: `http://${Host}`, longer: `http://${Host}.evil.example`, secure: `https://${Host}` }
    const headers: Record<string, string | undefined> = { Cookie: browser.cookie, ...given, Host }
    const origin = given['Origin']
    if (origin !== undefined) headers['Origin'] = own[origin as keyof typeof own] ?? origin
    if (given['X-Occystrap-Secret'] === 'own') headers['X-Occystrap-Secret'] = browser.secret
    if (line.startsWith('PUT')) headers['Content-Length'] = '0'
    const isUpgrade = given['Upgrade'] === 'own'
    const text = isUpgrade
      ? request(line, {
          ...headers,
          Upgrade: 'websocket',
          'Sec-WebSocket-Version': '13',
          'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
        }).replace('Connection: close', 'Connection: Upgrade')
      : request(line, headers)
    expect(await rawStatus(host.port, text)).toBe(status)
  })

  test('two hosts', async () => {
    const line = `Host: 127.0.0.1\r\nHost: evil.example\r\nCookie: ${browser.cookie}`
    expect(await rawStatus(host.port, `GET / HTTP/1.1\r\n${line}\r\n\r\n`)).toBe(400)
  })

  test('two origins', async () => {
    const own = `http://127.0.0.1:${host.port}`
    const headers = { Host: `127.0.0.1:${host.port}`, Cookie: browser.cookie, 'Content-Length': '0' }
    const text = request(
      put,
      { ...headers, 'X-Occystrap-Secret': browser.secret },
      `Origin: ${own}`,
      `Origin: ${own}`,
    )
    expect(await rawStatus(host.port, text)).toBe(403)
  })

  test('what is not HTTP', async () => {
    expect(await rawStatus(host.port, 'hello\r\n\r\n')).toBe(400)
  })
})

test('every answer carries the same protections, and none of CORS', async () => {
  for (const path of ['/', '/nothing', '/session', '/assets/index-1.js']) {
    const { headers } = await fetch(`${browser.origin}${path}`, {
      headers: { cookie: browser.cookie, origin: browser.origin },
    })
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-security-policy': expect.stringContaining("default-src 'none'; script-src 'self'"),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    })
    expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
  }
})

test('the token buys a cookie once, and leaves the address', async () => {
  const url = host.newUrl()
  const first = await fetch(url, { redirect: 'manual' })
  expect([first.status, first.headers.get('location')]).toEqual([303, '/'])
  expect(first.headers.get('set-cookie')).toMatch(
    new RegExp(`^occystrap-${host.port}=[\\w-]{43}; HttpOnly; SameSite=Strict; Path=/$`),
  )
  expect((await fetch(url, { redirect: 'manual' })).status).toBe(403)
  const cookie = cookieOf(first)
  // A reload and a second tab have the cookie.
  for (let i = 0; i < 2; i++)
    expect((await fetch(`${browser.origin}/`, { headers: { cookie } })).status).toBe(200)
  // So has who clicks the printed link again.
  const again = await fetch(url, { redirect: 'manual', headers: { cookie } })
  expect([again.status, again.headers.get('location')]).toEqual([303, '/'])
})

test('the secret is handed out until a page has shown that it has it: a stolen cookie opens the page and no more', async () => {
  const response = await fetch(host.newUrl(), { redirect: 'manual' })
  const headers = { cookie: cookieOf(response) }
  const first = await fetch(`${browser.origin}/session`, { headers })
  expect(await first.json()).toEqual({ secret: browser.secret })
  await browser.client()
  expect((await fetch(`${browser.origin}/session`, { headers })).status).toBe(403)
})

test('a socket whose first message is not the secret is closed and answers nothing', async () => {
  for (const first of ['{"secret":"wrong"}', '{}', 'null', 'not json', '{"secret":["x"]}']) {
    const socket = await browser.socket()
    const messages: unknown[] = []
    socket.on('message', (message) => messages.push(message))
    socket.send(first)
    const [code] = (await once(socket, 'close')) as [number]
    expect([code, messages]).toEqual([4401, []])
  }
})

test('a message of more than a megabyte closes its socket and nothing else', async () => {
  const socket = await browser.socket()
  socket.send(JSON.stringify({ secret: browser.secret }))
  await once(socket, 'message')
  socket.send('x'.repeat(1024 ** 2 + 1))
  const [code] = (await once(socket, 'close')) as [number]
  expect(code).toBe(1009)
  expect(await (await browser.client()).settings.cacheSize()).toEqual({ bytes: 42 })
})

test('no more than sixteen sockets at once', async () => {
  using other = await BrowserClient.open(host.newUrl())
  const open = async (): Promise<boolean> =>
    other.socket().then(
      () => true,
      () => false,
    )
  const opened = await Promise.all(Array.from({ length: 20 }, open))
  expect(opened.filter(Boolean).length).toBeLessThanOrEqual(16)
  expect(opened).toContain(false)
})

test('the contract is answered over the socket, and its errors are reports', async () => {
  const client = await browser.client()
  expect(await client.app.info()).toEqual(services.info)
  expect(await client.app.sample()).toEqual({ kind: 'tar', path: '/sample.tar' })
  await expect(client.jobs.cancel({ id: 'no-such-job' })).rejects.toMatchObject({
    code: 'FAILED',
    data: { code: 'not-found', message: 'There is no such job any more.' },
  })
  await expect(client.jobs.cancel({ id: 7 } as never)).rejects.toMatchObject({
    code: 'FAILED',
    data: { code: 'usage' },
  })
  await expect(client.dialogs.folder({ purpose: 'x' })).rejects.toMatchObject({
    data: { code: 'unsupported' },
  })
})

test('a call is cancelled when its window goes away', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  services.answer = (_method, _input, signal) =>
    new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => {
        resolve()
        reject(new Error('aborted'))
      })
      leaving[Symbol.dispose]()
    })
  const leaving = await BrowserClient.open(host.newUrl())
  const client = await leaving.client()
  void client.images.recognise({ path: '/x' }).catch(() => {})
  await promise
  services.answer = () => []
})

test('an upload lies in a private folder of the session and goes with it', async () => {
  const response = await browser.upload('name=..%2F..%2Fa%20b%3A.tar&size=5', 'hello')
  const { path } = (await response.json()) as { path: string }
  expect(path.startsWith(folder.at('temporary'))).toBe(true)
  expect(path.endsWith('/a b_.tar')).toBe(true)
  expect(await readFile(path, 'utf8')).toBe('hello')
  const job = services.engine.states.at(-1)
  expect(job).toMatchObject({ phase: 'done', title: 'Upload a b_.tar', done: 5, total: 5 })
})

test.for([
  ['size=10', 'hello', 400, 'truncated'],
  ['size=3', 'hello', 413, 'limit'],
] as const)('an upload that is not as announced (%s) leaves nothing', async ([query, body, status, code]) => {
  const before = await readdir(folder.at('temporary'), { recursive: true })
  const response = await browser.upload(`name=odd.tar&${query}`, body)
  expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, code])
  expect(await readdir(folder.at('temporary'), { recursive: true })).toEqual(before)
  expect(services.engine.states.at(-1)).toMatchObject({ phase: 'failed', error: { code } })
})

test('an upload is cancelled like any job, and leaves nothing', async () => {
  const before = await readdir(folder.at('temporary'), { recursive: true })
  const upload = httpRequest(`${browser.origin}/upload?name=endless.tar&size=100000`, {
    method: 'PUT',
    headers: {
      cookie: browser.cookie,
      origin: browser.origin,
      'x-occystrap-secret': browser.secret,
      'content-length': 100_000,
    },
  })
  upload.on('error', () => {})
  upload.write(Buffer.alloc(1024))
  await expect.poll(() => services.engine.openJobs.length).toBe(1)
  const id = services.engine.openJobs[0]!.id
  services.engine.cancel(id)
  await expect.poll(() => services.engine.states.find((state) => state.id === id)?.phase).toBe('cancelled')
  expect(await readdir(folder.at('temporary'), { recursive: true })).toEqual(before)
})
