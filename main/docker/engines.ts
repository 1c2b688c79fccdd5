import type { Digest } from '../../shared/digest.ts'
import { reportOf } from '../../shared/errors.ts'
import type { Platform } from '../../shared/image.ts'
import type { EngineImage, EngineInfo } from '../../shared/remote.ts'
import { hostAt } from './choose-engine.ts'
import { engineHosts, surroundings, type EngineHost, type Surroundings } from './docker-hosts.ts'
import { inspectSchema, listSchema } from './engine-api.ts'
import { EngineClient } from './engine-client.ts'
import { engineError, stateOf } from './engine-errors.ts'
import { probe, type Probed } from './probe.ts'

/** How long a question for news stays open. */
const NEWS_SECONDS = 50
/** Images looked at one by one, at once. */
const INSPECTED = 8

/** Every engine that is said to be or usually is somewhere, with its state. */
export async function listEngines(
  signal: AbortSignal,
  around: Surroundings = surroundings(),
): Promise<EngineInfo[]> {
  const hosts = engineHosts(around)
  const outcomes = await Promise.all(hosts.map((host) => probe(host, signal)))
  const preferred = hosts.findIndex((host) => host.isPreferred)
  const chosen = preferred >= 0 ? preferred : outcomes.findIndex((outcome) => 'version' in outcome)
  return hosts.map((host, index) => infoOf(host, outcomes[index] as Probed, index === chosen))
}

function infoOf(host: EngineHost, outcome: Probed, isDefault: boolean): EngineInfo {
  const found = { socket: host.address.text, name: host.name, origin: host.origin, isDefault }
  if ('error' in outcome) return { ...found, state: stateOf(outcome.error), problem: reportOf(outcome.error) }
  const { version } = outcome
  return {
    ...found,
    state: 'ready',
    kind: version.kind,
    ...(version.version === undefined ? {} : { version: version.version }),
  }
}

/** The engine's images, the newest first. */
export async function engineImages(socket: string, signal: AbortSignal): Promise<EngineImage[]> {
  using client = await EngineClient.to(hostAt(socket, surroundings()))
  const listed = await client.json('/images/json', listSchema, signal)
  const platforms = await platformsOf(
    client,
    listed.map(({ Id }) => Id),
    signal,
  )
  return listed
    .map((image) => ({
      id: image.Id,
      references: (image.RepoTags ?? []).filter((name) => !name.startsWith('<none>')),
      size: image.Size,
      created: image.Created * 1000,
      platform: platforms.get(image.Id) ?? null,
      // -1 is Docker's way to say that it did not count.
      containers: image.Containers == null || image.Containers < 0 ? null : image.Containers,
    }))
    .sort((a, b) => b.created - a.created)
}

/** The list says nothing of platforms. An image that went meanwhile, or makes no sense, has none. */
async function platformsOf(
  client: EngineClient,
  ids: readonly Digest[],
  signal: AbortSignal,
): Promise<ReadonlyMap<Digest, Platform>> {
  const platforms = new Map<Digest, Platform>()
  const waiting = [...new Set(ids)].values()
  const work = async (): Promise<void> => {
    for (const id of waiting) {
      const image = await client.json(`/images/${id}/json`, inspectSchema, signal).catch(() => undefined)
      signal.throwIfAborted()
      if (!image?.Os || !image.Architecture) continue
      const { Os: os, Architecture: architecture, Variant: variant } = image
      platforms.set(id, { os, architecture, ...(variant ? { variant } : {}) })
    }
  }
  await Promise.all(Array.from({ length: INSPECTED }, work))
  return platforms
}

/** Waits for news of the engine's images; fails when the engine goes away. */
export async function engineChange(
  socket: string,
  signal: AbortSignal,
  seconds = NEWS_SECONDS,
): Promise<{ isChanged: boolean }> {
  const patience = AbortSignal.timeout(seconds * 1000)
  using client = await EngineClient.to(hostAt(socket, surroundings()))
  try {
    const query = { filters: JSON.stringify({ type: ['image'] }) }
    const events = await client.stream('/events', AbortSignal.any([signal, patience]), { query })
    for await (const _ of events) return { isChanged: true }
  } catch (error) {
    signal.throwIfAborted()
    if (patience.aborted) return { isChanged: false }
    throw engineError(error, { engine: client.name })
  }
  // An engine that shuts down ends the answer in good order.
  const gone = Object.assign(new Error('the events ended'), { code: 'ECONNRESET' })
  throw engineError(gone, { engine: client.name })
}
