import { createServer, type Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { rawGet } from '../../main/docker/raw-get.ts'
import { bytesOf } from '../support/collect.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

const { signal } = new AbortController()

/** Asks a server that says these pieces one by one, and then hangs up; answers the status and the body. */
async function got(pieces: readonly (string | Buffer)[]): Promise<{ status: number; body: Buffer }> {
  await using folder = await TemporaryFolder.make()
  const server = createServer((socket) => void say(socket, pieces))
  await new Promise<void>((resolve) => server.listen(folder.at('socket'), resolve))
  try {
    using answer = await rawGet(folder.at('socket'), '/x', signal)
    return { status: answer.status, body: await bytesOf(answer.bytes) }
  } finally {
    server.close()
  }
}

async function say(socket: Socket, pieces: readonly (string | Buffer)[]): Promise<void> {
  socket.on('error', () => {})
  await new Promise((resolve) => socket.once('data', resolve))
  for (const piece of pieces) {
    socket.write(piece)
    await new Promise((resolve) => setImmediate(resolve))
  }
  socket.end()
}

const CHUNKED = 'HTTP/1.1 200 OK\r\nContent-Type: x\r\nTransfer-Encoding: chunked\r\n\r\n'

describe('an answer', () => {
  test.each([
    ['in chunks', `${CHUNKED}5\r\nhello\r\n6;note=1\r\n world\r\n0\r\nTrailer: x\r\n\r\n`],
    ['of a given length', 'HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\nhello world, and more'],
    ['up to the end of the connection', 'HTTP/1.0 200 OK\r\n\r\nhello world'],
  ])('%s is read, however it is cut', async (_, text) => {
    expect(await got([text])).toEqual({ status: 200, body: Buffer.from('hello world') })
    expect(String((await got(text.split(''))).body)).toBe('hello world')
  })

  test('of many megabytes comes whole, at its reader’s pace', async () => {
    const chunk = Buffer.alloc(0x8000, 'some bytes and other bytes;')
    const framed = Buffer.concat([Buffer.from('8000\r\n'), chunk, Buffer.from('\r\n')])
    const pieces = Array.from({ length: 300 }, () => framed)
    const { body } = await got([CHUNKED, ...pieces, '0\r\n\r\n'])
    expect(body.equals(Buffer.concat(Array.from({ length: 300 }, () => chunk)))).toBe(true)
  })

  test('may be a refusal', async () => {
    expect((await got(['HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno'])).status).toBe(404)
  })
})

describe('what is no whole answer', () => {
  test.each([
    ['nothing', ''],
    ['half a head', 'HTTP/1.1 200 OK\r\nContent-'],
    ['a chunk cut short', `${CHUNKED}5\r\nhel`],
    ['no last chunk', `${CHUNKED}5\r\nhello\r\n`],
    ['fewer bytes than said', 'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhello'],
  ])('%s was cut off', async (_, text) => {
    await expect(got([text])).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  test.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['a size that is none', `${CHUNKED}five\r\nhello\r\n`],
    ['a size without end', CHUNKED + '0'.repeat(5000)],
    ['a chunk longer than said', `${CHUNKED}2\r\nhello\r\n`],
    ['a head without end', `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(20_000)}`],
  ])('%s is not HTTP', async (_, text) => {
    await expect(got([text])).rejects.toMatchObject({ code: 'HPE_INVALID' })
  })
})
