import type { Digest } from '../../shared/digest.ts'
import { ImageError, isCancelled } from '../../shared/errors.ts'
import type { Warning } from '../../shared/image.ts'
import { formatReference, type Reference } from '../../shared/reference.ts'
import type { DocumentStore } from '../image/cache.ts'
import { sha256Of } from '../image/hashing.ts'
import { DOCUMENT_LIMIT } from '../image/documents.ts'
import type { BlobSource } from './blob-request.ts'
import { locationsOf, type Location } from './registries-conf.ts'
import type { RegistryAccess } from './registry-access.ts'
import { discard, type Answer } from './registry-answer.ts'
import { RegistryClient } from './registry-client.ts'
import { fetchManifest, pullScope, refuseEncoded, type RemoteManifest } from './remote-manifest.ts'

export interface RepositoryOptions {
  readonly access: RegistryAccess
  /** Asked for by the user, for the registry itself; its mirrors have their own settings. */
  readonly insecure: boolean
  /** Where documents may be known from. */
  readonly documents?: DocumentStore
  readonly onWarning: (warning: Warning) => void
}

/** A repository wherever it may be fetched from: its mirrors in turn, then itself. */
export class Repository implements AsyncDisposable {
  readonly reference: Reference
  readonly #locations: readonly Location[]
  readonly #options: RepositoryOptions
  readonly #clients = new Map<Location, Promise<RegistryClient>>()
  readonly #stack = new AsyncDisposableStack()
  /** The place that gave the manifest is asked first for what it names. */
  #first = 0

  private constructor(reference: Reference, locations: readonly Location[], options: RepositoryOptions) {
    this.reference = reference
    this.#locations = locations
    this.#options = options
  }

  static async of(reference: Reference, options: RepositoryOptions): Promise<Repository> {
    const found = await locationsOf(reference.domain, reference.path)
    const own = found.at(-1) as Location
    const locations = [...found.slice(0, -1), { ...own, insecure: own.insecure || options.insecure }]
    return new Repository(reference, locations, { ...options, access: accessTo(reference, options.access) })
  }

  /** By tag or digest. */
  async manifest(reference: string, signal: AbortSignal): Promise<RemoteManifest> {
    return this.#fromAny(signal, async (client) => fetchManifest(client, reference, signal))
  }

  /** A small blob whole, checked against its digest; from here, where it was fetched before. */
  async document(digest: Digest, what: string, signal: AbortSignal): Promise<Uint8Array> {
    const { documents } = this.#options
    const known = await documents?.get(digest)
    if (known) return known
    const bytes = await this.#fetchDocument(digest, what, signal)
    // Where it cannot be kept it is fetched again the next time.
    await documents?.put(digest, bytes).catch(() => {})
    return bytes
  }

  /** A blob as it comes. `urls` are where its maker offers it, tried where no registry has it. */
  blob(digest: Digest, what: string, urls: readonly URL[] = []): BlobSource {
    return async (headers, signal) => {
      const ask = async (client: RegistryClient): Promise<Answer> => {
        const path = `${client.location.repository}/blobs/${digest}`
        return client.send({ path, headers, scope: pullScope(client), what }, signal)
      }
      const last = await this.#fromAny(signal, async (client, isLast) => {
        const answer = await ask(client)
        if (isLast || OK.has(answer.status)) return answer
        await discard(answer)
        throw new ImageError('not-found', `${what} is not in ${client.location.registry}.`)
      })
      const [url] = urls
      if (url === undefined || OK.has(last.status)) return last
      await discard(last)
      return (await this.#client(this.#locations.at(-1) as Location, signal)).foreign(url, headers, signal)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#clients.values())
    await this.#stack.disposeAsync()
  }

  async #fetchDocument(digest: Digest, what: string, signal: AbortSignal): Promise<Uint8Array> {
    return this.#fromAny(signal, async (client) => {
      const path = `${client.location.repository}/blobs/${digest}`
      const { bytes, answer } = await client.document(
        { path, scope: pullScope(client), what, limit: DOCUMENT_LIMIT },
        signal,
      )
      refuseEncoded(answer, what)
      const found = sha256Of(bytes)
      if (found === digest) return bytes
      throw new ImageError('digest-mismatch', `${what} is not what its digest says.`, {
        remedy: 'The registry, or something on the way, damaged or altered it; try again.',
        detail: `expected ${digest}\nfound ${found}`,
      })
    })
  }

  /** What failed at a mirror is tried elsewhere; the registry's own failure is the one to tell. */
  async #fromAny<T>(
    signal: AbortSignal,
    work: (client: RegistryClient, isLast: boolean) => Promise<T>,
  ): Promise<T> {
    for (let i = this.#first; ; i++) {
      const location = this.#locations[i] as Location
      const isLast = i === this.#locations.length - 1
      try {
        const result = await work(await this.#client(location, signal), isLast)
        this.#first = Math.min(i, this.#locations.length - 1)
        return result
      } catch (error) {
        if (isLast || isCancelled(error)) throw error
        this.#options.onWarning({
          code: 'mirror-failed',
          message: `The mirror ${location.registry} did not give ${formatReference(this.reference)}.`,
          detail: error instanceof Error ? error.message : String(error),
        })
      }
    }
  }

  #client(location: Location, signal: AbortSignal): Promise<RegistryClient> {
    const known = this.#clients.get(location)
    if (known) return known
    const client = RegistryClient.connect(location, this.#options.access, signal).then((client) =>
      this.#stack.use(client),
    )
    this.#clients.set(location, client)
    client.catch(() => this.#clients.delete(location))
    return client
  }
}

/** Who signs in to whichever registry is named signs in to that one, not to its mirrors. */
function accessTo({ domain }: Reference, access: RegistryAccess): RegistryAccess {
  const signIns = access.signIns.map((one) => (one.registry === '*' ? { ...one, registry: domain } : one))
  return { signIns, caFile: () => access.caFile() }
}

/** What a blob is given with: whole, in part, or not from there. */
const OK: ReadonlySet<number> = new Set([200, 206, 416])
