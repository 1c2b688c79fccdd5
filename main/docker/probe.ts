import type { EngineVersion } from './engine-api.ts'
import { EngineClient } from './engine-client.ts'
import type { EngineHost } from './docker-hosts.ts'
import { engineError } from './engine-errors.ts'
import { ImageError } from '../../shared/errors.ts'

/** An engine that is there answers in milliseconds, one over ssh in a second or two. */
const PATIENCE = 2000
const PATIENCE_OVER_SSH = 10_000

export type Probed = { readonly version: EngineVersion } | { readonly error: ImageError }

/** Whether an engine answers, and if not, why. */
export async function probe(host: EngineHost, signal: AbortSignal): Promise<Probed> {
  const patience = AbortSignal.timeout(host.address.kind === 'ssh' ? PATIENCE_OVER_SSH : PATIENCE)
  try {
    using client = await EngineClient.to(host)
    return { version: await client.version(AbortSignal.any([signal, patience])) }
  } catch (error) {
    signal.throwIfAborted()
    const subject = { engine: host.address.text, ...(/podman/i.test(host.name) ? { isPodman: true } : {}) }
    const failure = engineError(patience.aborted ? patience.reason : error, subject)
    if (failure instanceof ImageError) return { error: failure }
    throw failure
  }
}
