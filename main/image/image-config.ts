import { z } from 'zod'
import type { Digest } from '../../shared/digest.ts'
import type {
  ContainerConfig,
  HistoryStep,
  ImageInfo,
  LayerInfo,
  Platform,
  Warning,
} from '../../shared/image.ts'
import { containerConfigSchema, digestSchema } from '../../shared/schemas.ts'
import { parseDocument } from './documents.ts'

const text = z.string().nullish()

const stepSchema = z.object({
  created: text,
  created_by: text,
  author: text,
  comment: text,
  empty_layer: z.boolean().nullish(),
})

/** image-spec config.md, as far as it is read; the bytes themselves go on unchanged. */
const configSchema = z.object({
  architecture: text,
  os: text,
  variant: text,
  created: text,
  author: text,
  config: containerConfigSchema.nullish(),
  rootfs: z.object({ type: z.literal('layers').nullish(), diff_ids: z.array(digestSchema).nullish() }),
  history: z.array(stepSchema).nullish(),
})

export interface HistoryEntry {
  readonly created?: string
  readonly createdBy?: string
  readonly author?: string
  readonly comment?: string
  readonly isEmpty: boolean
}

export interface ParsedConfig {
  readonly platform: Platform
  readonly created?: string
  readonly author?: string
  readonly config: ContainerConfig
  readonly diffIDs: readonly Digest[]
  readonly history: readonly HistoryEntry[]
}

/** The image config's bytes as what the program uses of them. `what` names it in messages. */
export function parseConfig(bytes: Uint8Array, what = 'The image config'): ParsedConfig {
  const parsed = parseDocument(bytes, configSchema, what)
  return {
    platform: {
      // Engines before 1.10 left these out; there was one answer then.
      os: parsed.os || 'linux',
      architecture: parsed.architecture || 'amd64',
      ...given('variant', parsed.variant || undefined),
    },
    ...given('created', parsed.created),
    ...given('author', parsed.author),
    config: parsed.config ?? {},
    diffIDs: parsed.rootfs.diff_ids ?? [],
    history: (parsed.history ?? []).map(historyEntry),
  }
}

function historyEntry(step: z.output<typeof stepSchema>): HistoryEntry {
  return {
    ...given('created', step.created),
    ...given('createdBy', step.created_by),
    ...given('author', step.author),
    ...given('comment', step.comment),
    isEmpty: step.empty_layer ?? false,
  }
}

/**
 * Every step of the build with the layer it made. Where the history does not fit the layers (it is optional, and some builders
 * write part of it), its steps stand first, without layers, and each layer follows as a step of its own.
 */
export function historySteps(config: ParsedConfig): HistoryStep[] {
  const fits = historyFits(config)
  let layerIndex = 0
  const steps = config.history.map(({ isEmpty, ...step }) => ({
    ...step,
    layerIndex: isEmpty || !fits ? null : layerIndex++,
  }))
  return fits ? steps : [...steps, ...config.diffIDs.map((_, index) => ({ layerIndex: index }))]
}

function historyFits(config: ParsedConfig): boolean {
  return config.history.filter((step) => !step.isEmpty).length === config.diffIDs.length
}

/** One layer as its source has it. */
export interface StoredLayerInfo {
  readonly digest?: Digest
  /** Uncompressed bytes; null while nobody has inflated it. */
  readonly size: number | null
  readonly compressedSize: number | null
  readonly mediaType: string
}

/** What is known of an image, from its config and what its source says of the layers (one for each diffID, in order). */
export function imageInfoOf(parts: {
  readonly config: ParsedConfig
  readonly imageID: Digest
  readonly references: readonly string[]
  readonly digest?: Digest
  readonly format: string
  readonly layers: readonly StoredLayerInfo[]
  readonly statedSize?: number | undefined
  readonly warnings: readonly Warning[]
}): ImageInfo {
  const { config } = parts
  const history = historySteps(config)
  const steps = new Map(history.map((step) => [step.layerIndex, step]))
  const layers = parts.layers.map((layer, index) => layerInfo(layer, index, config, steps.get(index)))
  return {
    ...given('reference', parts.references[0]),
    references: [...parts.references],
    imageID: parts.imageID,
    ...given('digest', parts.digest),
    platform: config.platform,
    ...given('created', config.created),
    ...given('author', config.author),
    config: config.config,
    size: sumOf(layers.map((layer) => layer.size)),
    compressedSize: sumOf(layers.map((layer) => layer.compressedSize)),
    ...given('statedSize', parts.statedSize),
    layers,
    history,
    format: parts.format,
    warnings: [...parts.warnings],
  }
}

function layerInfo(
  layer: StoredLayerInfo,
  index: number,
  config: ParsedConfig,
  step: HistoryStep | undefined,
): LayerInfo {
  return {
    index,
    diffID: config.diffIDs[index] as Digest,
    ...given('digest', layer.digest),
    size: layer.size,
    compressedSize: layer.compressedSize,
    mediaType: layer.mediaType,
    ...given('createdBy', step?.createdBy),
    ...given('created', step?.created),
  }
}

function sumOf(sizes: readonly (number | null)[]): number | null {
  let sum = 0
  for (const size of sizes) {
    if (size === null) return null
    sum += size
  }
  return sum
}

/** `{ [key]: value }`, or nothing where there is none: what exactOptionalPropertyTypes asks for. */
function given<K extends string, V>(key: K, value: V | null | undefined): { [P in K]?: V } {
  return (value === null || value === undefined ? {} : { [key]: value }) as { [P in K]?: V }
}
