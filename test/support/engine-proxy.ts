import { createConnection, createServer, type Server, type Socket } from 'node:net'

/** A socket before an engine's own that notes which requests pass. */
export class EngineProxy implements AsyncDisposable {
  readonly socket: string
  /** Paths of the requests, in order. */
  readonly requests: string[] = []
  readonly #server: Server
  readonly #connections = new Set<Socket>()

  private constructor(socket: string, engine: string) {
    this.socket = socket
    this.#server = createServer((client) => {
      const upstream = createConnection(engine)
      for (const connection of [client, upstream]) {
        this.#connections.add(connection)
        connection.on('close', () => this.#connections.delete(connection))
      }
      // Requests are small and have a connection each: one piece, with its first line.
      client.on('data', (piece: Buffer) => {
        const path = /^GET (\S+) HTTP/.exec(piece.toString('latin1'))?.[1]
        if (path !== undefined) this.requests.push(path)
      })
      client.pipe(upstream).pipe(client)
      client.on('error', () => upstream.destroy())
      upstream.on('error', () => client.destroy())
    })
  }

  static async start(socket: string, engine: string): Promise<EngineProxy> {
    const proxy = new EngineProxy(socket, engine)
    await new Promise<void>((resolve) => proxy.#server.listen(socket, resolve))
    return proxy
  }

  get exports(): number {
    return this.requests.filter((path) => /\/get(?:\?|$)/.test(path)).length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections) connection.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
