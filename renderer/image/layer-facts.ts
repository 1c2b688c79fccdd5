import type { HistoryStep, ImageInfo, LayerInfo } from '../../shared/image.ts'

/** One part of the layer strip; the fractions of a strip add up to 1. */
export interface StripSegment {
  readonly layer: LayerInfo
  readonly fraction: number
}

/** So much of the strip every layer gets however small it is: enough to be seen and pointed at. */
const LEAST_FRACTION = 0.012

/** A layer's weight: its uncompressed bytes, or its stored ones where nobody has inflated it yet. */
export function layerWeight(layer: LayerInfo): number {
  return layer.size ?? layer.compressedSize ?? 0
}

export function stripSegments(layers: readonly LayerInfo[]): readonly StripSegment[] {
  const total = layers.reduce((sum, layer) => sum + layerWeight(layer), 0)
  const least = Math.min(LEAST_FRACTION, 1 / Math.max(1, layers.length))
  const shares = layers.map((layer) => Math.max(least, total === 0 ? least : layerWeight(layer) / total))
  const sum = shares.reduce((a, b) => a + b, 0)
  return layers.map((layer, i) => ({ layer, fraction: (shares[i] ?? 0) / sum }))
}

/** A line of the Layers tab: a layer, or an empty step such as ENV. `runningTotal` is null from the first unknown size on. */
export type LayerLine =
  | {
      readonly kind: 'layer'
      readonly layer: LayerInfo
      readonly step: HistoryStep | undefined
      readonly runningTotal: number | null
    }
  | { readonly kind: 'step'; readonly step: HistoryStep; readonly position: number }

/** The build in its own order, base first; layers the history does not mention stand at the end. */
export function layerLines(info: ImageInfo): readonly LayerLine[] {
  const lines: LayerLine[] = []
  const seen = new Set<number>()
  let total: number | null = 0
  const push = (layer: LayerInfo, step: HistoryStep | undefined): void => {
    seen.add(layer.index)
    total = total === null || layer.size === null ? null : total + layer.size
    lines.push({ kind: 'layer', layer, step, runningTotal: total })
  }
  info.history.forEach((step, position) => {
    if (step.layerIndex === null) lines.push({ kind: 'step', step, position })
    const layer = step.layerIndex === null ? undefined : info.layers[step.layerIndex]
    if (layer && !seen.has(layer.index)) push(layer, step)
  })
  for (const layer of info.layers) if (!seen.has(layer.index)) push(layer, undefined)
  return lines
}

/** The command that made a layer: its own, or that of its step. */
export function layerCommand(info: ImageInfo, index: number): string | undefined {
  return info.layers[index]?.createdBy ?? info.history.find((step) => step.layerIndex === index)?.createdBy
}
