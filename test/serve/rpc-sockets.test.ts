import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { RpcSockets } from '../../main/serve/rpc-sockets.ts'
import { Session } from '../../main/serve/session.ts'
import { fakeServices } from '../support/fake-services.ts'

async function connect(
  autoPong: boolean,
  pingInterval: number,
): Promise<{ socket: WebSocket; end: () => void }> {
  const sockets = new RpcSockets(new Session(1), fakeServices('/nowhere'), { pingInterval })
  const server = createServer().listen(0, '127.0.0.1')
  server.on('upgrade', (request, socket, head) => sockets.upgrade(request, socket, head))
  await once(server, 'listening')
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`, { autoPong })
  await once(socket, 'open')
  return {
    socket,
    end: () => {
      sockets[Symbol.dispose]()
      server.close()
    },
  }
}

test('a window that answers pings stays', async () => {
  const { socket, end } = await connect(true, 500)
  for (let pings = 0; pings < 3; pings++) await once(socket, 'ping')
  expect(socket.readyState).toBe(WebSocket.OPEN)
  end()
  const [code] = (await once(socket, 'close')) as [number]
  expect(code).toBe(1001)
})

test('one that is gone without a word is let go', async () => {
  const { socket, end } = await connect(false, 20)
  const [code] = (await once(socket, 'close')) as [number]
  expect(code).toBe(1006)
  end()
})
