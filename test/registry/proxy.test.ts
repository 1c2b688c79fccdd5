import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { sampleImage } from '../support/image-builder.ts'
import { testContext } from '../support/context.ts'
import { FakeRegistry } from '../support/fake-registry.ts'
import { inspect } from '../support/conversion.ts'

interface Proxy extends AsyncDisposable {
  readonly url: string
  /** Targets asked for, in order: tunnels and plain requests. */
  readonly asked: string[]
}

/** A proxy that tunnels nothing, and takes plain requests of any host to one port of this machine. */
async function startProxy(port: number): Promise<Proxy> {
  const asked: string[] = []
  const server: Server = createServer((incoming, outgoing) => {
    const url = new URL(incoming.url ?? '')
    asked.push(`${incoming.method} ${url.origin}${url.pathname}`)
    const { method, headers } = incoming
    request({ host: '127.0.0.1', port, path: url.pathname + url.search, method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(outgoing)
    }).end()
  })
  server.on('connect', (incoming, socket) => {
    asked.push(`CONNECT ${incoming.url}`)
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  return {
    asked,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function useProxy(url: string): void {
  for (const name of ['http_proxy', 'https_proxy', 'no_proxy', 'NO_PROXY']) vi.stubEnv(name, undefined)
  vi.stubEnv('HTTP_PROXY', url)
  vi.stubEnv('HTTPS_PROXY', url)
}

afterEach(() => vi.unstubAllEnvs())

describe('through a proxy', () => {
  test('an image is fetched; a tunnel that is refused is no cancel', async () => {
    await using registry = await FakeRegistry.start()
    const pushed = registry.repository('team/app').push(sampleImage(), { tag: '1' })
    await using proxy = await startProxy(registry.server.port)
    useProxy(proxy.url)
    await using context = await testContext()
    const source = { kind: 'registry', image: 'registry.test/team/app:1' } as const
    expect((await inspect(context, { ...source, insecure: true })).imageID).toBe(pushed.imageID)
    expect(proxy.asked.slice(0, 2)).toEqual(['CONNECT registry.test:443', 'GET http://registry.test/v2/'])
    await expect(inspect(context, source)).rejects.toMatchObject({
      code: 'network',
      message: 'registry.test cannot be reached through the proxy that this computer is set to use.',
    })
  })

  test('nothing of this machine goes', async () => {
    await using registry = await FakeRegistry.start()
    registry.repository('team/app').push(sampleImage(), { tag: '1' })
    await using proxy = await startProxy(registry.server.port)
    useProxy(proxy.url)
    await using context = await testContext()
    await inspect(context, { kind: 'registry', image: `${registry.host}/team/app:1` })
    expect(proxy.asked).toEqual([])
  })
})
