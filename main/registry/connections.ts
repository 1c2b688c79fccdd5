import { Agent, EnvHttpProxyAgent, type Dispatcher } from 'undici'
import { hostOf, isLoopback, leadsNear, lookupAfar, refuseNear } from './origin.ts'
import { trustFor } from './trust.ts'

/** Silence, not length: a large layer may take an hour, but no server needs a minute for its next byte. */
const SILENCE = 60_000
const CONNECT = 30_000

/** Connections to a registry and to where it leads: one pool per server, each with the trust it is due. */
export class Connections implements AsyncDisposable {
  readonly #registry: URL
  readonly #insecure: boolean
  readonly #caFile: () => Promise<string | undefined>
  readonly #pools = new Map<string, Promise<Dispatcher>>()
  #isNear: Promise<boolean> | undefined

  /** `registry` is the one that was named: `insecure` covers it, and no other server (CVE-2019-10214). */
  constructor(
    registry: URL,
    options: { readonly insecure: boolean; readonly caFile: () => Promise<string | undefined> },
  ) {
    this.#registry = registry
    this.#insecure = options.insecure
    this.#caFile = options.caFile
  }

  /** Fails with 'server' for this machine and its link, unless the registry is there itself. */
  async to(url: URL): Promise<Dispatcher> {
    const isOwn = url.host === this.#registry.host
    this.#isNear ??= leadsNear(hostOf(this.#registry))
    const isAfar = !isOwn && !(await this.#isNear)
    if (isAfar) refuseNear(url)
    const pool = this.#pools.get(url.origin) ?? this.#open(url, isOwn, isAfar)
    this.#pools.set(url.origin, pool)
    return pool
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const pools = [...this.#pools.values()]
    this.#pools.clear()
    for (const pool of pools) await (await pool.catch(() => undefined))?.destroy()
  }

  async #open(url: URL, isOwn: boolean, isAfar: boolean): Promise<Dispatcher> {
    const isTls = url.protocol === 'https:'
    const insecure = this.#insecure && isOwn
    const trust = isTls ? await trustFor(url.host, { caFile: await this.#caFile(), insecure }) : {}
    const connect = { ...trust, timeout: CONNECT, ...(isAfar ? { lookup: lookupAfar as never } : {}) }
    const options = { connect, headersTimeout: SILENCE, bodyTimeout: SILENCE, allowH2: false } as const
    // As Go's clients have it, this machine is never reached through a proxy.
    if (!hasProxy() || isLoopback(hostOf(url))) return new Agent(options)
    return new EnvHttpProxyAgent({ ...options, requestTls: trust })
  }
}

function hasProxy(): boolean {
  return ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY'].some((name) => process.env[name])
}
