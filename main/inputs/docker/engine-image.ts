import type { Digest } from '../../../shared/digest.ts'
import { ImageError } from '../../../shared/errors.ts'
import type { Platform } from '../../../shared/image.ts'
import { visible } from '../../../shared/path-bytes.ts'
import { formatPlatform, matchPlatform, normalPlatform, type PlatformWish } from '../../../shared/platform.ts'
import { parseReference, fullReference } from '../../../shared/reference.ts'
import type { DockerSource } from '../../../shared/uri.ts'
import {
  historySchema,
  inspectSchema,
  takesPlatform,
  type EngineHistory,
  type EngineInspect,
  type EngineVersion,
} from '../../docker/engine-api.ts'
import type { EngineClient } from '../../docker/engine-client.ts'
import type { HistoryEntry, ParsedConfig } from '../../image/image-config.ts'

/** What an engine says of an image without exporting it. */
export interface EngineImage {
  /** As it was asked for. */
  readonly name: string
  /** The config's digest, or where containerd keeps the images that of a manifest or index. */
  readonly id: Digest
  /** Full references, the one asked for first. */
  readonly references: readonly string[]
  /** Digest of the manifest, where the image came from or went to a registry under one. */
  readonly digest?: Digest
  /** The config as far as it can be told: without its history, or with one that is partly guessed. */
  readonly config: ParsedConfig
  /** Bytes, as the engine counts them. */
  readonly statedSize?: number | undefined
  readonly format: string
  /** What to ask the export for. */
  readonly query: { readonly platform?: string }
}

export async function askForImage(
  client: EngineClient,
  spec: DockerSource,
  signal: AbortSignal,
): Promise<EngineImage> {
  const name = checkedName(spec.image)
  const wish = spec.platform
  // The API takes a whole platform or none.
  const platform = wish?.architecture === undefined ? undefined : JSON.stringify(normalPlatform(wish))
  // Only a wish needs to know beforehand what it is made to.
  const version = client.version(signal)
  const asked = async (what: 'export' | 'inspect'): Promise<{ platform?: string }> =>
    platform !== undefined && takesPlatform(await version, what) ? { platform } : {}
  const [inspect] = await Promise.all([
    asked('inspect').then((query) =>
      client.json(`/images/${name}/json`, inspectSchema, signal, { query, image: name }),
    ),
    version,
  ])
  const config = configOf(inspect)
  if (wish) checkPlatform(client, name, wish, config.platform)
  if (config.diffIDs.length === 0)
    throw new ImageError(
      'unsupported',
      `“${visible(name)}” has no layers; engines do not export such images.`,
    )
  const digest = digestIn(inspect)
  return {
    name,
    id: inspect.Id,
    references: referencesOf(inspect, name),
    ...(digest === undefined ? {} : { digest }),
    config,
    statedSize: inspect.Size ?? undefined,
    format: formatOf(await version),
    query: await asked('export'),
  }
}

/** The image with the steps of its build, for which its config need not be known. */
export async function withHistory(
  client: EngineClient,
  image: EngineImage,
  signal: AbortSignal,
): Promise<EngineImage> {
  const { id, name, query, config } = image
  const steps = await client.json(`/images/${id}/history`, historySchema, signal, { query, image: name })
  return { ...image, config: { ...config, history: historyOf(steps.toReversed(), config.diffIDs.length) } }
}

/** A name becomes part of a path of the API, so it must be one: a reference, or an ID. */
function checkedName(name: string): string {
  if (!/^(?:sha256:)?[0-9a-f]{4,64}$/.test(name)) parseReference(name)
  return name
}

function formatOf({ kind }: EngineVersion): string {
  return kind === 'podman' ? 'image in Podman' : 'image in Docker'
}

function referencesOf(inspect: EngineInspect, name: string): string[] {
  const known = (inspect.RepoTags ?? []).map(fullReference).filter((found) => found !== undefined)
  const asked = fullReference(name)
  // Podman finds `tiny` under `localhost/tiny`.
  const first = known.find((found) => found === asked) ?? known.find((found) => found.endsWith(`/${name}`))
  return first === undefined ? known : [first, ...known.filter((found) => found !== first)]
}

function digestIn({ RepoDigests }: EngineInspect): Digest | undefined {
  const digests = new Set((RepoDigests ?? []).map((name) => /@(sha256:[0-9a-f]{64})$/.exec(name)?.[1]))
  const [digest] = digests
  return digests.size === 1 ? (digest as Digest | undefined) : undefined
}

function checkPlatform(client: EngineClient, name: string, wish: PlatformWish, has: Platform): void {
  if (matchPlatform([has], wish) !== undefined) return
  const { os = 'any system', architecture = 'any architecture' } = wish
  const asked = [os, architecture, wish.variant].filter(Boolean).join('/')
  throw new ImageError(
    'not-found',
    `The engine at ${client.name} has “${visible(name)}” for ${visible(formatPlatform(has))}, not for ${visible(asked)}.`,
    { remedy: 'Pull it there for that platform first.' },
  )
}

function configOf(inspect: EngineInspect): ParsedConfig {
  const diffIDs = inspect.RootFS.Layers ?? []
  return {
    platform: {
      os: inspect.Os || 'linux',
      architecture: inspect.Architecture || 'amd64',
      ...(inspect.Variant ? { variant: inspect.Variant } : {}),
    },
    ...(inspect.Created ? { created: inspect.Created } : {}),
    ...(inspect.Author ? { author: inspect.Author } : {}),
    config: inspect.Config ?? {},
    diffIDs,
    history: [],
  }
}

/** What a step made, by what is known of it: a size says a layer; without one it may still have made an empty folder or file. */
type Made = 'layer' | 'nothing' | 'unknown'

/**
 * The API does not say which steps made a layer. Where the rest follows from the number of layers it is taken to be so; where it does
 * not, no step has one.
 */
function historyOf(steps: EngineHistory, layers: number): HistoryEntry[] {
  const made = steps.map(madeBy)
  const count = (what: Made): number => made.filter((item) => item === what).length
  const certain = count('layer')
  const areUnknownLayers = certain + count('unknown') === layers
  const fits = certain === layers || areUnknownLayers
  return steps.map((step, index) => ({
    ...(step.Created ? { created: new Date(step.Created * 1000).toISOString() } : {}),
    ...(step.CreatedBy ? { createdBy: step.CreatedBy } : {}),
    ...(step.Comment ? { comment: step.Comment } : {}),
    isEmpty: !fits || made[index] === 'nothing' || (made[index] === 'unknown' && !areUnknownLayers),
  }))
}

/** Instructions that never make a layer, as the classic builder (`#(nop)`) and BuildKit word them; `WORKDIR /` is there already. */
const EMPTY_STEP =
  /^(?:\/bin\/sh -c #\(nop\)\s+)?(?:ENV|CMD|ENTRYPOINT|LABEL|EXPOSE|USER|VOLUME|STOPSIGNAL|ARG|MAINTAINER|HEALTHCHECK|ONBUILD|SHELL)\b|^(?:\/bin\/sh -c #\(nop\)\s+)?WORKDIR \/$/

function madeBy({ Size, CreatedBy }: EngineHistory[number]): Made {
  if (Size > 0) return 'layer'
  return EMPTY_STEP.test(CreatedBy ?? '') ? 'nothing' : 'unknown'
}
