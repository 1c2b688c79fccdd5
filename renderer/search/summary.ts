/** What all windows of one search say alike. */
export interface Summary {
  readonly total: number
  readonly perLayer: readonly number[]
  readonly pendingLayers: readonly number[]
  readonly isStale: boolean
}

export const nothing: Summary = { total: 0, perLayer: [], pendingLayers: [], isStale: true }
