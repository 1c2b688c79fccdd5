import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  type KeyObject,
} from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import type { KeyPair } from './certificates.ts'
import type { RegistryAuth } from './fake-registry.ts'
import { FakeServer, sendJson, type RecordedRequest, type ServerOptions } from './fake-server.ts'
import { base64url, libtrustKeyID, signES256 } from './schema-1.ts'

export interface TokenServerOptions extends ServerOptions {
  /** Passwords by user. */
  readonly users?: Readonly<Record<string, string>>
  /** Whether nobody in particular may pull; so unless said. */
  readonly allowsAnonymous?: boolean
  /** Which member the token is answered in: `token` (Docker's own), `access_token` (OAuth2), or both, as unless said. */
  readonly answers?: 'token' | 'access_token' | 'both'
  /** Seconds; 300 unless said. Null leaves it out, which means 60. */
  readonly expiresIn?: number | null
  /** Whether it knows the OAuth2 form; many answer POST with 404 or 405. */
  readonly hasPost?: boolean
  /** Signs what docker-registry verifies against the certificate; a key of its own unless said. */
  readonly signer?: KeyPair
}

interface Access {
  readonly type: string
  readonly name: string
  readonly actions: readonly string[]
}

/** Who `iss` and `aud` name; docker-registry is told the same. */
export const ISSUER = 'Test token server'
export const SERVICE = 'test-registry'

/** A token server after distribution's docs/spec/auth: GET with Basic, and POST with a password or an identity token. */
export class TokenServer implements AsyncDisposable {
  /** Tests may change these while it runs. */
  answers: 'token' | 'access_token' | 'both'
  expiresIn: number | null
  allowsAnonymous: boolean
  /** Every token handed out, in order. */
  readonly issued: string[] = []
  readonly #options: TokenServerOptions
  readonly #key: KeyObject
  readonly #keyID: string
  /** When a token ends, in milliseconds, and what it is for. */
  readonly #tokens = new Map<string, { ends: number; access: readonly Access[] }>()
  readonly #identities = new Map<string, string>()
  #server: FakeServer | undefined

  private constructor(options: TokenServerOptions) {
    this.#options = options
    this.answers = options.answers ?? 'both'
    this.expiresIn = options.expiresIn === undefined ? 300 : options.expiresIn
    this.allowsAnonymous = options.allowsAnonymous ?? true
    this.#key = options.signer
      ? createPrivateKey(readFileSync(options.signer.key))
      : generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    this.#keyID = libtrustKeyID(createPublicKey(this.#key))
  }

  static async start(options: TokenServerOptions = {}): Promise<TokenServer> {
    const tokens = new TokenServer(options)
    tokens.#server = await FakeServer.start((request, response) => tokens.#answer(request, response), options)
    return tokens
  }

  get server(): FakeServer {
    if (!this.#server) throw new Error('the token server has not started')
    return this.#server
  }

  get url(): string {
    return this.server.url
  }

  get requests(): readonly RecordedRequest[] {
    return this.server.requests
  }

  /** What a challenge names. */
  get realm(): string {
    return `${this.url}/token`
  }

  /** A token for these scopes, as `user` would be given one. */
  tokenFor(user: string, ...scopes: string[]): string {
    return this.#issue(user, scopes.flatMap(accessOf))
  }

  /** What a credential store keeps under the user name `<token>`: it is exchanged for tokens by POST. */
  identityTokenFor(user: string): string {
    const identity = randomUUID()
    this.#identities.set(identity, user)
    return identity
  }

  /** For a FakeRegistry: Bearer challenges that lead here, and nothing but its tokens while they last. */
  auth(realm = this.realm): RegistryAuth {
    const wanted = ({ url }: RecordedRequest): string | undefined => {
      const name = /^\/v2\/(.+)\/(?:manifests|blobs|tags)\//.exec(decodeURIComponent(url))?.[1]
      if (name !== undefined) return `repository:${name}:pull`
      return url.startsWith('/v2/_catalog') ? 'registry:catalog:*' : undefined
    }
    return {
      challenges: (request) => {
        const scope = wanted(request)
        return [`Bearer realm="${realm}",service="${SERVICE}"${scope ? `,scope="${scope}"` : ''}`]
      },
      accepts: (authorization, request) =>
        this.#allows(authorization?.replace(/^Bearer /i, ''), wanted(request)),
    }
  }

  #allows(token: string | undefined, scope: string | undefined): boolean {
    const known = this.#tokens.get(token ?? '')
    if (!known || known.ends <= Date.now()) return false
    const [wanted] = scope === undefined ? [] : accessOf(scope)
    return (
      !wanted ||
      known.access.some(
        ({ type, name, actions }) =>
          type === wanted.type &&
          name === wanted.name &&
          wanted.actions.every((action) => actions.includes(action)),
      )
    )
  }

  #answer(request: RecordedRequest, response: ServerResponse): void {
    const url = new URL(request.url, this.url)
    if (url.pathname !== '/token') {
      response.writeHead(404).end()
    } else if (request.method === 'POST' && (this.#options.hasPost ?? true)) {
      this.#answerForm(new URLSearchParams(request.body), response)
    } else if (request.method === 'GET') {
      const user = this.#userOf(request.headers.authorization)
      if (user === undefined) refuse(response)
      else this.#grant(response, user, url.searchParams, url.searchParams.get('offline_token') === 'true')
    } else {
      response.writeHead(405).end()
    }
  }

  #answerForm(form: URLSearchParams, response: ServerResponse): void {
    const isPassword = form.get('grant_type') === 'password'
    const username = form.get('username') ?? ''
    const user = isPassword
      ? this.#isUser(username, form.get('password') ?? '') && username
      : this.#identities.get(form.get('refresh_token') ?? '')
    if (user) this.#grant(response, user, form, form.get('access_type') === 'offline')
    else sendJson(response, 401, { error: 'invalid_grant', error_description: 'no such user or token' })
  }

  /** The user of a Basic header; an empty name is nobody in particular, undefined nobody to be served. */
  #userOf(authorization: string | undefined): string | undefined {
    if (authorization === undefined) return this.allowsAnonymous ? '' : undefined
    const [, encoded = ''] = /^Basic (.+)$/i.exec(authorization) ?? []
    const [, name = '', password = ''] =
      /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? []
    return this.#isUser(name, password) ? name : undefined
  }

  #isUser(name: string, password: string): boolean {
    return name !== '' && this.#options.users?.[name] === password
  }

  #grant(response: ServerResponse, user: string, query: URLSearchParams, isOffline: boolean): void {
    const access = query.getAll('scope').flatMap((scopes) => scopes.split(' ').flatMap(accessOf))
    const granted = user === '' ? access.map((one) => ({ ...one, actions: ['pull'] })) : access
    const token = this.#issue(user, granted)
    sendJson(response, 200, {
      ...(this.answers === 'access_token' ? {} : { token }),
      ...(this.answers === 'token' ? {} : { access_token: token }),
      ...(this.expiresIn === null ? {} : { expires_in: this.expiresIn, issued_at: new Date().toISOString() }),
      ...(isOffline && user !== '' ? { refresh_token: this.identityTokenFor(user) } : {}),
    })
  }

  #issue(user: string, access: readonly Access[]): string {
    const now = Math.floor(Date.now() / 1000)
    const lifetime = this.expiresIn ?? 60
    const head = { typ: 'JWT', alg: 'ES256', kid: this.#keyID }
    const claims = {
      iss: ISSUER,
      sub: user,
      aud: SERVICE,
      exp: now + lifetime,
      nbf: now - 10,
      iat: now,
      jti: randomUUID(),
      access,
    }
    const payload = `${base64url(JSON.stringify(head))}.${base64url(JSON.stringify(claims))}`
    const token = `${payload}.${signES256(payload, this.#key)}`
    this.issued.push(token)
    this.#tokens.set(token, { ends: Date.now() + lifetime * 1000, access })
    return token
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]()
  }
}

/** `repository:NAME:ACTIONS`; the name may hold a port, and colons with it. */
function accessOf(scope: string): Access[] {
  const [, type, name, actions] = /^([^:]+):(.+):([^:]*)$/.exec(scope) ?? []
  return type && name ? [{ type, name, actions: (actions ?? '').split(',') }] : []
}

function refuse(response: ServerResponse): void {
  const headers = { 'www-authenticate': `Basic realm="${ISSUER}"` }
  sendJson(response, 401, { errors: [{ code: 'UNAUTHORIZED', message: 'wrong user or password' }] }, headers)
}
