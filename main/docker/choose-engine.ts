import { ImageError } from '../../shared/errors.ts'
import { engineHosts, identityOf, surroundings, type EngineHost, type Surroundings } from './docker-hosts.ts'
import { parseEngineAddress } from './engine-address.ts'
import { EngineClient } from './engine-client.ts'
import { probe } from './probe.ts'

/** A connection to the engine that a source means: the one at `socket`, or else the default one. */
export async function connectEngine(
  socket: string | undefined,
  signal: AbortSignal,
  around: Surroundings = surroundings(),
): Promise<EngineClient> {
  const host = socket === undefined ? await defaultHost(around, signal) : hostAt(socket, around)
  return EngineClient.to(host)
}

/** The address of the engine that is meant where none is named. Fails with 'engine' where there is none. */
export async function defaultEngine(
  signal: AbortSignal,
  around: Surroundings = surroundings(),
): Promise<string> {
  return (await defaultHost(around, signal)).address.text
}

/** Fails with the reason where the engine at an address does not answer. */
export async function assertAnswers(
  socket: string,
  signal: AbortSignal,
  around: Surroundings = surroundings(),
): Promise<void> {
  const outcome = await probe(hostAt(socket, around), signal)
  if ('error' in outcome) throw outcome.error
}

/** The place at an address; where the user's settings know it, with the certificates that they have for it. */
export function hostAt(socket: string, around: Surroundings): EngineHost {
  const address = parseEngineAddress(socket)
  const identity = identityOf(address, around.files)
  const known = engineHosts(around).find((host) => identityOf(host.address, around.files) === identity)
  return known ?? { address, name: address.text, origin: 'socket', isConfigured: true, isPreferred: false }
}

/** What DOCKER_HOST or the current context names, whatever its state; else the first place that answers. */
async function defaultHost(around: Surroundings, signal: AbortSignal): Promise<EngineHost> {
  const hosts = engineHosts(around)
  const preferred = hosts.find((host) => host.isPreferred)
  if (preferred) return preferred
  let failure: ImageError | undefined
  for (const host of hosts) {
    const outcome = await probe(host, signal)
    if ('version' in outcome) return host
    failure ??= outcome.error
  }
  throw (
    failure ??
    new ImageError('engine', 'No Docker or Podman engine was found.', {
      remedy: 'Start one, or say where it listens: docker://IMAGE?socket=PATH, or DOCKER_HOST.',
    })
  )
}
