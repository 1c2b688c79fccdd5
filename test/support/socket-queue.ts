import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

/**
 * Resolves once the other side's kernel has all that was written: RST takes along what still waits here, up to megabytes where the client
 * reads slowly. Where the kernel does not say (other systems than Linux), and where nobody reads for ten seconds, after a moment.
 */
export async function delivered(socket: Socket): Promise<void> {
  const deadline = performance.now() + 10_000
  await wait(20)
  while (!socket.destroyed && performance.now() < deadline) {
    if (socket.writableLength === 0 && (await waiting(socket)) === 0) return
    await wait(5)
  }
}

/** Bytes that the kernel has not seen acknowledged: the fifth column of /proc/net/tcp (proc(5)), IPv4 only. */
async function waiting({ localPort = 0, remotePort = 0 }: Socket): Promise<number> {
  const table = await readFile('/proc/net/tcp', 'latin1').catch(() => '')
  const inHex = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0')
  const line = new RegExp(`:${inHex(localPort)} [0-9A-F]{8}:${inHex(remotePort)} [0-9A-F]{2} ([0-9A-F]{8}):`)
  return Number.parseInt(line.exec(table)?.[1] ?? '0', 16)
}
