import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { Socket } from 'node:net'
import { exportForm, type EngineKind, type ExportForm } from './engine-exports.ts'
import type { BuiltImage } from './image-builder.ts'
import { packTar } from './tar-builder.ts'

export interface FakeEngineOptions {
  readonly kind?: EngineKind
  readonly apiVersion?: string
  /** What it exports in place of its own form of the image. */
  readonly form?: ExportForm
}

/** Answers an export in place of the engine. */
export type ExportHandler = (response: ServerResponse, tar: Buffer) => void | Promise<void>

interface Held {
  readonly image: BuiltImage
  readonly form: ExportForm
}

/** An engine of one image or several that speaks as much of the API as is asked of it, on a socket; and fails as it is told. */
export class FakeEngine implements AsyncDisposable {
  readonly socket: string
  /** Every request's path with its query, in order. */
  readonly requests: string[] = []
  /** Bytes of exports that were written. */
  sent = 0
  /** Set by a test that wants another end of an export than its own. */
  onExport: ExportHandler | undefined
  /** Set by a test that wants no answer to this path, or another. */
  onRequest: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined
  /** Its first image's. */
  readonly form: ExportForm
  /** For a server of another kind. */
  readonly listener: RequestListener = (request, response) => void this.#answer(request, response)
  readonly #held: readonly Held[]
  readonly #options: FakeEngineOptions
  readonly #server: Server
  readonly #connections = new Set<Socket>()
  readonly #listeners = new Set<ServerResponse>()

  private constructor(
    socket: string,
    [first, ...others]: readonly [BuiltImage, ...BuiltImage[]],
    options: FakeEngineOptions,
  ) {
    this.socket = socket
    this.#options = options
    const formOf = (image: BuiltImage): ExportForm => exportForm(image, options.kind ?? 'docker-24')
    this.form = options.form ?? formOf(first)
    this.#held = [
      { image: first, form: this.form },
      ...others.map((image) => ({ image, form: formOf(image) })),
    ]
    this.#server = createServer(this.listener)
    this.#server.on('connection', (connection) => {
      this.#connections.add(connection)
      connection.on('close', () => this.#connections.delete(connection))
    })
  }

  static async start(
    socket: string,
    image: BuiltImage | readonly [BuiltImage, ...BuiltImage[]],
    options: FakeEngineOptions = {},
  ): Promise<FakeEngine> {
    const engine = new FakeEngine(socket, 'layers' in image ? [image] : image, options)
    await new Promise<void>((resolve, reject) => {
      engine.#server.once('error', reject)
      engine.#server.listen(socket, resolve)
    })
    return engine
  }

  get exports(): number {
    return this.requests.filter((path) => path.includes('/get')).length
  }

  /** Tells those who listen that an image changed. */
  emit(): void {
    for (const response of this.#listeners) response.write('{"Type":"image","Action":"tag"}\n')
  }

  /** Ends every connection at once, as a killed engine does; nobody listens any more. */
  async kill(): Promise<void> {
    for (const connection of this.#connections) connection.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? ''
    this.requests.push(path)
    if (this.onRequest?.(request, response)) return
    const [, name, what] = /^\/images\/(.+)\/(json|history|get)(?:\?|$)/.exec(path) ?? []
    const held = this.#held.find(
      ({ image, form }) => form.id === name || image.references.includes(name ?? ''),
    )
    if (path.startsWith('/_ping')) this.#ping(response)
    else if (path.startsWith('/images/json')) json(response, this.#held.map(listed))
    else if (path.startsWith('/events')) this.#listen(response)
    else if (held === undefined) json(response, { message: `No such image: ${name}` }, 404)
    else if (what === 'json') json(response, inspected(held))
    else if (what === 'history') json(response, historyOf(held.image))
    else await this.#export(held, response)
  }

  #ping(response: ServerResponse): void {
    const isPodman = this.#options.kind === 'podman'
    response.writeHead(200, {
      'api-version': this.#options.apiVersion ?? '1.41',
      server: isPodman ? 'Libpod/5.3.1 (linux)' : 'Docker/28.0.4 (linux)',
      ...(isPodman ? { 'libpod-api-version': '5.3.1' } : {}),
    })
    response.end('OK')
  }

  #listen(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
    this.#listeners.add(response)
    response.on('close', () => this.#listeners.delete(response))
  }

  async #export({ form }: Held, response: ServerResponse): Promise<void> {
    const tar = packTar(form.members)
    response.writeHead(200, { 'content-type': 'application/x-tar' })
    if (this.onExport) await this.onExport(response, tar)
    else await this.#send(response, tar)
  }

  /** In pieces, and no faster than they are taken. */
  async #send(response: ServerResponse, tar: Buffer): Promise<void> {
    const piece = 32 * 1024
    for (let at = 0; at < tar.length && !response.destroyed; at += piece) {
      const chunk = tar.subarray(at, at + piece)
      this.sent += chunk.length
      if (!response.write(chunk))
        await new Promise<void>((resolve) => {
          response.once('drain', resolve)
          response.once('close', resolve)
        })
    }
    response.end()
  }
}

function listed({ image, form }: Held): unknown {
  return {
    Id: form.id,
    RepoTags: image.references,
    Created: 1_714_979_289,
    Size: sizeOf(image),
    Containers: -1,
  }
}

function inspected({ image, form }: Held): unknown {
  const config = JSON.parse(String(image.config)) as Record<string, unknown>
  return {
    Id: form.id,
    RepoTags: image.references,
    RepoDigests: [],
    Created: config['created'],
    Config: config['config'],
    Architecture: config['architecture'],
    ...(config['variant'] === undefined ? {} : { Variant: config['variant'] }),
    Os: config['os'],
    Size: sizeOf(image),
    RootFS: { Type: 'layers', Layers: image.layers.map(({ diffID }) => diffID) },
  }
}

function historyOf(image: BuiltImage): unknown {
  const config = JSON.parse(String(image.config)) as {
    history: { created: string; created_by: string; empty_layer?: boolean }[]
  }
  let layer = 0
  const steps = config.history.map((step) => ({
    Id: '<missing>',
    Created: Date.parse(step.created) / 1000,
    CreatedBy: step.created_by,
    Comment: '',
    Tags: null,
    Size: step.empty_layer ? 0 : (image.layers[layer++]?.tar.length ?? 0),
  }))
  return steps.reverse()
}

function sizeOf(image: BuiltImage): number {
  return image.layers.reduce((sum, { tar }) => sum + tar.length, 0)
}

function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(value))
}
