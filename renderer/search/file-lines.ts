import { dismissedTest, placesOf, type Dismissed, type HitPlace } from './dismissed.ts'
import type { Hit } from './found.ts'
import { fileHead, type ResultLine, type ResultLines, type Section } from './result-lines.ts'
import { sectionHead } from './section-lines.ts'

interface Placed extends HitPlace {
  readonly hit: number
}

interface File {
  readonly key: string
  readonly path: string
  readonly hits: Placed[]
}

interface Layer {
  readonly section: string
  readonly files: Map<string, File>
  /** Hits that have been fetched, dismissed ones too; and those of them that are left. */
  fetched: number
  left: number
}

/**
 * Lines of files under a head for each file, files under the head of their layer. `sections` say how many there are of each layer, where
 * they are more than `hits`, which may be the first of them only.
 */
export function fileLines(
  hits: readonly Hit[],
  sections: readonly Section[],
  collapsed: ReadonlySet<string>,
  dismissed: Dismissed,
): ResultLines {
  const layers = layersOf(hits, sections, dismissed)
  // While more is found, layers may have moved against each other between two answers: only what is cut off is said to be missing.
  const isCut = sections.reduce((sum, { count }) => sum + count, 0) > hits.length
  const gone = new Set(dismissed.sections)
  const lines: ResultLine[] = []
  const heads: string[] = []
  /** What is below the heads, by their keys. */
  const below = new Map<string, readonly HitPlace[]>()
  for (const { key: section, count } of sections) {
    const layer = layers.get(section)
    const rest = isCut ? Math.max(0, count - (layer?.fetched ?? 0)) : 0
    if (layer && !gone.has(section) && layer.left + rest > 0) writeLayer(layer, rest)
  }
  return {
    total: lines.length,
    heads,
    lineAt: (line) => lines[line],
    placesBelow: (line) => {
      const head = lines[line]
      return head === undefined || head.kind === 'hit' ? [] : (below.get(head.key) ?? [])
    },
  }

  function writeLayer({ section, files, left }: Layer, rest: number): void {
    const key = sectionHead(section)
    const isCollapsed = collapsed.has(key)
    heads.push(key)
    below.set(
      key,
      [...files.values()].flatMap((file) => file.hits),
    )
    lines.push({ kind: 'section', key, section, count: left + rest, isCollapsed, level: 1 })
    for (const file of files.values()) {
      heads.push(file.key)
      if (!isCollapsed) writeFile(file)
    }
    if (rest > 0 && !isCollapsed)
      lines.push({ kind: 'rest', key: `rest ${section}`, section, count: rest, level: 2 })
  }

  function writeFile({ key, path, hits: [first, ...more] }: File): void {
    if (first === undefined) return
    const isCollapsed = collapsed.has(key)
    const places = [first, ...more]
    below.set(key, places)
    lines.push({
      kind: 'file',
      key,
      path,
      name: path,
      hit: first.hit,
      count: places.length,
      isCollapsed,
      level: 2,
    })
    if (!isCollapsed) for (const place of places) lines.push({ kind: 'hit', ...place, level: 3 })
  }
}

function layersOf(
  hits: readonly Hit[],
  sections: readonly Section[],
  dismissed: Dismissed,
): ReadonlyMap<string, Layer> {
  const isGone = dismissedTest(dismissed)
  const places = placesOf(hits)
  const layers = new Map<string, Layer>(
    sections.map(({ key }) => [key, { section: key, files: new Map(), fetched: 0, left: 0 }]),
  )
  for (const [number, { layerIndex, path }] of hits.entries()) {
    const place = places[number]
    const layer = place && layers.get(place.section)
    if (place === undefined || layer === undefined) continue
    layer.fetched++
    if (isGone(place)) continue
    layer.left++
    const key = fileHead(layerIndex, path)
    const file = layer.files.get(key) ?? { key, path, hits: [] }
    layer.files.set(key, file)
    file.hits.push({ ...place, hit: number })
  }
  return layers
}
