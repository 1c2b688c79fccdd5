/** A hit by its section (a layer, an image) and its place among the section's hits: neither changes while more are found. */
export interface HitPlace {
  readonly section: string
  readonly index: number
}

/** What the person put aside from the answers to one question. */
export interface Dismissed {
  /** The question (`keyOfQuestion`); of another one nothing is dismissed. */
  readonly of: string
  readonly sections: readonly string[]
  /** By section, ascending. */
  readonly hits: Readonly<Record<string, readonly number[]>>
}

export const NONE_DISMISSED: Dismissed = { of: '', sections: [], hits: {} }

export function dismissedOf(dismissed: Dismissed, question: string): Dismissed {
  return dismissed.of === question ? dismissed : { ...NONE_DISMISSED, of: question }
}

export function withSection(dismissed: Dismissed, section: string): Dismissed {
  if (dismissed.sections.includes(section)) return dismissed
  return { ...dismissed, sections: [...dismissed.sections, section] }
}

export function withHits(dismissed: Dismissed, places: readonly HitPlace[]): Dismissed {
  const added = new Map<string, Set<number>>()
  for (const { section, index } of places) {
    const known = added.get(section) ?? new Set(dismissed.hits[section])
    added.set(section, known.add(index))
  }
  const lists = [...added].map(([section, set]) => [section, [...set].sort((a, b) => a - b)] as const)
  return { ...dismissed, hits: { ...dismissed.hits, ...Object.fromEntries(lists) } }
}

/** Whether a hit was dismissed; for many of them. */
export function dismissedTest(dismissed: Dismissed): (place: HitPlace) => boolean {
  const sections = new Set(dismissed.sections)
  const hits = new Map(Object.entries(dismissed.hits).map(([section, gone]) => [section, new Set(gone)]))
  return ({ section, index }) => sections.has(section) || (hits.get(section)?.has(index) ?? false)
}

/** The places of the first hits, which come by layer, or by image. */
export function placesOf(
  hits: readonly { readonly layerIndex: number; readonly imageID?: string }[],
): readonly HitPlace[] {
  const counts = new Map<string, number>()
  return hits.map(({ layerIndex, imageID }) => {
    const section = imageID ?? String(layerIndex)
    const index = counts.get(section) ?? 0
    counts.set(section, index + 1)
    return { section, index }
  })
}

/** What is left of some sections. */
export function leftOf(
  sections: readonly { readonly key: string; readonly count: number }[],
  dismissed: Dismissed,
): { readonly hits: number; readonly sections: number } {
  let hits = 0
  let left = 0
  for (const { key, count } of sections) {
    if (dismissed.sections.includes(key)) continue
    const rest = count - (dismissed.hits[key]?.filter((index) => index < count).length ?? 0)
    hits += rest
    if (rest > 0) left++
  }
  return { hits, sections: left }
}

/** Number of the nth hit of a section that is left, `gone` being those that are not, ascending. */
export function nthLeft(n: number, gone: readonly number[]): number {
  let at = n
  for (const index of gone) {
    if (index > at) break
    at++
  }
  return at
}
