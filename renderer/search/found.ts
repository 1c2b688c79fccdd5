import type {
  ContentHit,
  ContentWindow,
  EverywhereHit,
  EverywhereWindow,
  KnownImage,
  SearchHit,
  SearchWindow,
} from '../../shared/query.ts'
import type { Section } from './result-lines.ts'

export type Hit = SearchHit | ContentHit | EverywhereHit

/** Lines of files, of which the engine keeps so many only. */
export interface Inside {
  /** Lines that match, kept or not. */
  readonly lines: number
  readonly files: number
  readonly binaryFiles: number
  readonly isRunning: boolean
  readonly done: number
  readonly size: number
}

/** A window of answers, of whatever question. */
export interface Found {
  /** Hits that can be asked for. */
  readonly total: number
  readonly hits: readonly Hit[]
  /** Those of each layer; of all layers, whichever were asked for. Empty for all images. */
  readonly perLayer: readonly number[]
  readonly pendingLayers: readonly number[]
  readonly inside?: Inside
  readonly images?: readonly (KnownImage & { readonly count: number })[]
}

export function foundNames({ total, hits, perLayer, pendingLayers }: SearchWindow): Found {
  return { total, hits, perLayer, pendingLayers }
}

export function foundLines(window: ContentWindow): Found {
  const { kept, hits, perLayer, pendingLayers, total, ...inside } = window
  return { total: kept, hits, perLayer, pendingLayers, inside: { lines: total, ...inside } }
}

export function foundEverywhere({ total, hits, images }: EverywhereWindow): Found {
  return { total, hits, perLayer: [], pendingLayers: [], images }
}

/** What the hits are numbered by, in their order. */
export function sectionsOf({ perLayer, images }: Found, layers: readonly number[]): readonly Section[] {
  if (images) return images.map(({ imageID, count }) => ({ key: imageID, count }))
  return perLayer.flatMap((count, layer) =>
    count === 0 || (layers.length > 0 && !layers.includes(layer)) ? [] : [{ key: String(layer), count }],
  )
}
