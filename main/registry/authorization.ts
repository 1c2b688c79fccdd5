import { z } from 'zod'
import { ImageError } from '../../shared/errors.ts'
import { visible } from '../../shared/path-bytes.ts'
import type { Challenge } from './challenge.ts'
import type { Credentials } from './credentials.ts'
import { isSameOrigin, urlOf } from './origin.ts'

/** Seconds a token is good for where the server does not say (distribution, auth/token). */
const DEFAULT_LIFE = 60
const CLIENT_ID = 'occystrap'

const tokenSchema = z.object({
  token: z.string().nullish(),
  access_token: z.string().nullish(),
  expires_in: z.number().positive().optional().catch(undefined),
})

export interface TokenRequest {
  readonly url: URL
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

export interface AuthorizationOptions {
  /** Where the registry is: what its realm is measured against. */
  readonly registry: URL
  readonly credentials: () => Promise<Credentials | undefined>
  /** Sends a request for a token; answers status and JSON. Whatever it needs to reach the server is its own. */
  readonly send: (request: TokenRequest, signal: AbortSignal) => Promise<{ status: number; body: unknown }>
}

interface Token {
  readonly value: string
  /** By performance.now(). */
  readonly expires: number
}

/** Answers the challenges of one registry, and keeps what they are answered with: credentials and a token for each scope. */
export class Authorization {
  readonly #options: AuthorizationOptions
  readonly #tokens = new Map<string, Token>()
  #challenges: readonly Challenge[] = []
  #credentials: Promise<Credentials | undefined> | undefined

  constructor(options: AuthorizationOptions) {
    this.#options = options
  }

  /** What to send with a request for that scope; undefined while the registry has not asked for anything. */
  async header(scope: string, signal: AbortSignal): Promise<string | undefined> {
    const bearer = this.#challenges.find(
      ({ scheme, parameters }) => scheme === 'bearer' && parameters.get('realm'),
    )
    if (bearer) return `Bearer ${await this.#token(bearer, scope, signal)}`
    if (!this.#challenges.some(({ scheme }) => scheme === 'basic')) {
      if (this.#challenges.length === 0) return undefined
      const names = visible(this.#challenges.map(({ scheme }) => scheme).join(', '))
      throw new ImageError(
        'sign-in',
        `${this.#host} asks to sign in by ${names.slice(0, 100)}, which is not supported.`,
        {
          remedy: 'Use a registry that takes a user and a password, or a token.',
        },
      )
    }
    const credentials = await this.credentials()
    if (!credentials || !('username' in credentials)) throw this.signInFirst()
    return basic(credentials)
  }

  /** What the registry asks for, from an answer 401. A token that was sent with the request is spent. */
  challenge(challenges: readonly Challenge[], scope: string): void {
    this.#tokens.delete(scope)
    if (challenges.length > 0) this.#challenges = challenges
  }

  /** Looked up when the registry first asks. */
  credentials(): Promise<Credentials | undefined> {
    this.#credentials ??= this.#options.credentials()
    return this.#credentials
  }

  /** The failure where credentials are missing. */
  signInFirst(): ImageError {
    return new ImageError('sign-in', `${this.#host} wants to know who you are.`, {
      remedy: 'Sign in: docker login, podman login, or --username and --password.',
    })
  }

  get #host(): string {
    return this.#options.registry.host
  }

  async #token(challenge: Challenge, scope: string, signal: AbortSignal): Promise<string> {
    const known = this.#tokens.get(scope)
    if (known && performance.now() < known.expires) return known.value
    const credentials = await this.credentials()
    if (credentials && 'registryToken' in credentials) return credentials.registryToken
    const asked = performance.now()
    const { status, body } = await this.#options.send(this.#request(challenge, scope, credentials), signal)
    if (status === 400 || status === 401 || status === 403) throw this.#refused(credentials)
    const parsed = tokenSchema.safeParse(body).data
    const value = parsed?.token || parsed?.access_token
    if (status !== 200 || !value)
      throw new ImageError('server', `The token server of ${this.#host} gave no token.`, {
        remedy: 'Try again later, or ask whoever runs the registry.',
        detail: `status ${status}`,
      })
    // A header has no line breaks, whoever wrote the token.
    if (/[\0-\x20\x7f]/.test(value))
      throw new ImageError('server', `The token server of ${this.#host} gave no token.`)
    this.#tokens.set(scope, { value, expires: asked + (parsed.expires_in ?? DEFAULT_LIFE) * 900 })
    return value
  }

  #request(challenge: Challenge, scope: string, credentials: Credentials | undefined): TokenRequest {
    const url = this.#realm(challenge)
    const service = challenge.parameters.get('service')
    if (credentials && 'identityToken' in credentials) {
      const form = new URLSearchParams({
        grant_type: 'refresh_token',
        client_id: CLIENT_ID,
        refresh_token: credentials.identityToken,
        scope,
      })
      if (service !== undefined) form.set('service', service)
      return {
        url,
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: form.toString(),
      }
    }
    if (service !== undefined) url.searchParams.set('service', service)
    if (scope !== '') url.searchParams.set('scope', scope)
    if (!credentials || !('username' in credentials)) return { url, method: 'GET', headers: {} }
    url.searchParams.set('account', credentials.username)
    url.searchParams.set('client_id', CLIENT_ID)
    return { url, method: 'GET', headers: { authorization: basic(credentials) } }
  }

  /** Where tokens are given out. Over plain HTTP only from the registry that is spoken to so itself, on the same host. */
  #realm(challenge: Challenge): URL {
    const text = challenge.parameters.get('realm') ?? ''
    const { registry } = this.#options
    const url = urlOf(text, registry)
    const isPlainAllowed = registry.protocol === 'http:' && url?.hostname === registry.hostname
    if (
      url?.protocol === 'https:' ||
      (url?.protocol === 'http:' && (isPlainAllowed || isSameOrigin(url, registry)))
    ) {
      url.username = url.password = ''
      return url
    }
    throw new ImageError('server', `${this.#host} sends to an address for sign-ins that is not safe.`, {
      remedy: 'Credentials go only over HTTPS. Ask whoever runs the registry.',
      detail: visible(url?.origin ?? 'no address'),
    })
  }

  #refused(credentials: Credentials | undefined): ImageError {
    if (!credentials) return this.signInFirst()
    return new ImageError('sign-in', `${this.#host} does not take these credentials.`, {
      remedy: 'Check the user and the password or token, then sign in again.',
    })
  }
}

function basic({ username, secret }: { readonly username: string; readonly secret: string }): string {
  return `Basic ${Buffer.from(`${username}:${secret}`).toString('base64')}`
}
