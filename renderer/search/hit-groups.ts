/** A line of the results: the head of a layer's group, or the nth hit of the window query. */
export type HitLine =
  | { readonly kind: 'group'; readonly layer: number; readonly count: number; readonly isCollapsed: boolean }
  | { readonly kind: 'hit'; readonly layer: number; readonly hit: number }

interface Group {
  readonly layer: number
  readonly count: number
  readonly isCollapsed: boolean
  /** Line of its head. */
  readonly line: number
  /** Number of its first hit. */
  readonly hit: number
}

/** Hits come by layer, base first; with the counts alone every line is known before its hit is. */
export interface HitGroups {
  /** Lines in all, heads included. */
  readonly total: number
  /** Layers with hits. */
  readonly layers: number
  readonly lineAt: (line: number) => HitLine | undefined
}

export function hitGroups(
  perLayer: readonly number[],
  shownLayers: readonly number[],
  collapsed: ReadonlySet<number>,
): HitGroups {
  const groups: Group[] = []
  let line = 0
  let hit = 0
  perLayer.forEach((count, layer) => {
    if (count === 0 || (shownLayers.length > 0 && !shownLayers.includes(layer))) return
    const isCollapsed = collapsed.has(layer)
    groups.push({ layer, count, isCollapsed, line, hit })
    line += 1 + (isCollapsed ? 0 : count)
    hit += count
  })
  return {
    total: line,
    layers: groups.length,
    lineAt: (at) => {
      const group = groups.findLast((candidate) => candidate.line <= at)
      if (group === undefined || at < 0 || at >= line) return undefined
      if (at === group.line) return { kind: 'group', ...pick(group) }
      return { kind: 'hit', layer: group.layer, hit: group.hit + at - group.line - 1 }
    },
  }
}

function pick({ layer, count, isCollapsed }: Group): { layer: number; count: number; isCollapsed: boolean } {
  return { layer, count, isCollapsed }
}
