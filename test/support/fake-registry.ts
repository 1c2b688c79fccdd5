import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { Digest } from '../../shared/digest.ts'
import { isDigest } from '../../shared/digest.ts'
import { FakeRepository } from './fake-repository.ts'
import { FakeServer, sendJson, type RecordedRequest, type ServerOptions } from './fake-server.ts'

/** Who may come in, and what the others are told. */
export interface RegistryAuth {
  /** The values of WWW-Authenticate, one header each, exactly as they are sent. */
  readonly challenges: (request: RecordedRequest) => readonly string[]
  /** Whether the Authorization header, or that there is none, is good enough for the request. */
  readonly accepts: (authorization: string | undefined, request: RecordedRequest) => boolean
}

export interface FakeRegistryOptions extends ServerOptions {
  readonly auth?: RegistryAuth
  /** Names in a page of the catalog or of tags where the client asks for no fewer; all unless said. */
  readonly pageSize?: number
}

/** Basic authentication for one user. */
export function basicAuth(username: string, password: string): RegistryAuth {
  const expected = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  return {
    challenges: () => ['Basic realm="fake"'],
    accepts: (authorization) => authorization === expected,
  }
}

/** What a request must be met with instead: a URL for a blob that lies elsewhere. */
export type BlobRedirect = (digest: Digest, request: RecordedRequest) => string | undefined

/** A registry in memory: what distribution-spec 1.1 says of pulling, and a record of what it was asked. */
export class FakeRegistry implements AsyncDisposable {
  /** Tests may change these while it runs. */
  auth: RegistryAuth | undefined
  pageSize: number
  redirectBlobs: BlobRedirect | undefined
  /** What `/v2/_catalog` answers where a registry has none: 401, 404, 405, … */
  catalogStatus = 200
  /** Body bytes of each blob handed to the network so far. */
  readonly bytesSent = new Map<Digest, number>()
  readonly #repositories = new Map<string, FakeRepository>()
  #server: FakeServer | undefined

  private constructor(options: FakeRegistryOptions) {
    this.auth = options.auth
    this.pageSize = options.pageSize ?? Infinity
  }

  static async start(options: FakeRegistryOptions = {}): Promise<FakeRegistry> {
    const registry = new FakeRegistry(options)
    registry.#server = await FakeServer.start(
      (request, response) => registry.#answer(request, response),
      options,
    )
    return registry
  }

  get server(): FakeServer {
    if (!this.#server) throw new Error('the registry has not started')
    return this.#server
  }

  get host(): string {
    return this.server.host
  }

  get url(): string {
    return this.server.url
  }

  get requests(): readonly RecordedRequest[] {
    return this.server.requests
  }

  /** The repository of that name, made on first use. */
  repository(name: string): FakeRepository {
    const known = this.#repositories.get(name) ?? new FakeRepository(name)
    this.#repositories.set(name, known)
    return known
  }

  /** A server of its own that has the same blobs, at any path with the digest in it: where `redirectBlobs` may lead. */
  async startBlobServer(options: ServerOptions = {}): Promise<FakeServer> {
    return FakeServer.start(async (request, response) => {
      const digest = /sha256:[0-9a-f]{64}/.exec(decodeURIComponent(request.url))?.[0] as Digest | undefined
      const blob = digest && this.#anyBlob(digest)
      if (blob) await this.#sendBlob(request, response, blob, digest)
      else response.writeHead(404).end()
    }, options)
  }

  #anyBlob(digest: Digest): Buffer | undefined {
    return [...this.#repositories.values()].find(({ blobs }) => blobs.has(digest))?.blobs.get(digest)
  }

  async #answer(request: RecordedRequest, response: ServerResponse): Promise<void> {
    const { auth } = this
    response.setHeader('docker-distribution-api-version', 'registry/2.0')
    if (auth && !auth.accepts(request.headers.authorization, request)) {
      const headers = { 'www-authenticate': [...auth.challenges(request)] }
      sendJson(response, 401, problem('UNAUTHORIZED', 'authentication required'), headers)
      return
    }
    const url = new URL(request.url, this.url)
    if (!['GET', 'HEAD'].includes(request.method)) {
      sendJson(response, 405, problem('UNSUPPORTED', 'this registry is only read'))
      return
    }
    if (url.pathname === '/v2/') {
      sendJson(response, 200, {})
      return
    }
    if (url.pathname === '/v2/_catalog') {
      if (this.catalogStatus === 200) this.#sendPage(url, response, 'repositories', this.#repositories.keys())
      else sendJson(response, this.catalogStatus, problem('UNAUTHORIZED', 'no catalog here'))
      return
    }
    const [, name = '', kind, reference = ''] =
      /^\/v2\/(.+)\/(manifests|blobs|tags)\/([^/]+)$/.exec(decodeURIComponent(url.pathname)) ?? []
    const repository = this.#repositories.get(name)
    if (!repository) {
      sendJson(response, 404, problem('NAME_UNKNOWN', 'repository name not known to registry'))
    } else if (kind === 'manifests') {
      sendManifest(request, response, repository, reference)
    } else if (kind === 'blobs') {
      await this.#answerBlob(request, response, repository, reference)
    } else {
      this.#sendPage(url, response, 'tags', repository.tags.keys(), { name })
    }
  }

  async #answerBlob(
    request: RecordedRequest,
    response: ServerResponse,
    { blobs }: FakeRepository,
    digest: string,
  ): Promise<void> {
    const blob = blobs.get(digest)
    if (!blob || !isDigest(digest)) {
      sendJson(response, 404, problem('BLOB_UNKNOWN', 'blob unknown to registry'))
      return
    }
    const location = this.redirectBlobs?.(digest, request)
    if (location === undefined) await this.#sendBlob(request, response, blob, digest)
    else response.writeHead(307, { location, 'content-length': 0 }).end()
  }

  async #sendBlob(
    request: RecordedRequest,
    response: ServerResponse,
    blob: Buffer,
    digest: Digest,
  ): Promise<void> {
    const { status, headers, body } = rangeOf(request, blob, `"${digest}"`)
    response.writeHead(status, {
      'content-type': 'application/octet-stream',
      'content-length': body.length,
      'docker-content-digest': digest,
      'accept-ranges': 'bytes',
      ...headers,
    })
    if (request.method === 'HEAD') {
      response.end()
      return
    }
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    for (let at = 0; at < body.length && !gone.signal.aborted; at += 65536) {
      const chunk = body.subarray(at, at + 65536)
      const isFull = !response.write(chunk)
      if (status < 300) this.bytesSent.set(digest, (this.bytesSent.get(digest) ?? 0) + chunk.length)
      if (isFull) await once(response, 'drain', { signal: gone.signal }).catch(() => {})
    }
    response.end()
  }

  /** distribution-spec, listing tags: names in order after `last`, and a Link where more follow. */
  #sendPage(
    url: URL,
    response: ServerResponse,
    key: string,
    names: Iterable<string>,
    more: Readonly<Record<string, string>> = {},
  ): void {
    const count = Math.min(Number(url.searchParams.get('n') ?? Infinity), this.pageSize)
    const last = url.searchParams.get('last')
    const rest = [...names].sort().filter((name) => last === null || name > last)
    const page = rest.slice(0, count)
    const query = new URLSearchParams({ last: page.at(-1) ?? '', n: String(count) })
    const link = rest.length > page.length ? { link: `<${url.pathname}?${query}>; rel="next"` } : {}
    sendJson(response, 200, { ...more, [key]: page }, link)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]()
  }
}

function sendManifest(
  request: RecordedRequest,
  response: ServerResponse,
  repository: FakeRepository,
  reference: string,
): void {
  const manifest = repository.manifest(reference)
  const accept = request.headers.accept ?? '*/*'
  if (!manifest || !(accept.includes(manifest.mediaType) || accept.includes('*/*'))) {
    // As distribution answers a client that did not say that it knows the type.
    const reason = manifest ? `accept header does not support ${manifest.mediaType}` : 'manifest unknown'
    sendJson(response, 404, problem('MANIFEST_UNKNOWN', reason))
    return
  }
  response.writeHead(200, {
    'content-type': manifest.mediaType,
    'content-length': manifest.bytes.length,
    'docker-content-digest': manifest.digest,
    etag: `"${manifest.digest}"`,
  })
  response.end(manifest.bytes)
}

/** RFC 9110, section 14: one range of bytes, given that it is still the same representation. */
function rangeOf(
  { headers: { range, 'if-range': condition } }: RecordedRequest,
  bytes: Buffer,
  etag: string,
): { status: number; headers: Record<string, string>; body: Buffer } {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(range ?? '') ?? []
  if ((first === '' && last === '') || (condition !== undefined && condition !== etag))
    return { status: 200, headers: { etag }, body: bytes }
  const start = first === '' ? Math.max(bytes.length - Number(last), 0) : Number(first)
  const end = first === '' || last === '' ? bytes.length : Math.min(Number(last) + 1, bytes.length)
  if (start >= end)
    return { status: 416, headers: { 'content-range': `bytes */${bytes.length}` }, body: Buffer.alloc(0) }
  const contentRange = `bytes ${start}-${end - 1}/${bytes.length}`
  return { status: 206, headers: { etag, 'content-range': contentRange }, body: bytes.subarray(start, end) }
}

function problem(code: string, message: string): unknown {
  return { errors: [{ code, message, detail: null }] }
}
