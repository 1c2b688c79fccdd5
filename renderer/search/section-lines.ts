import { nthLeft, type Dismissed } from './dismissed.ts'
import type { ResultLine, ResultLines, Section } from './result-lines.ts'

interface Placed {
  readonly key: string
  readonly head: string
  /** Hits that are left. */
  readonly count: number
  readonly gone: readonly number[]
  readonly isCollapsed: boolean
  /** Line of its head. */
  readonly line: number
  /** Number of its first hit among all. */
  readonly hit: number
}

export function sectionHead(key: string): string {
  return `section ${key}`
}

/** Hits under the heads of their sections. They come in this order: with the counts alone every line is known before its hit is. */
export function sectionLines(
  sections: readonly Section[],
  collapsed: ReadonlySet<string>,
  dismissed: Dismissed,
): ResultLines {
  const placed: Placed[] = []
  let line = 0
  let hit = 0
  for (const { key, count } of sections) {
    const gone = dismissed.sections.includes(key)
      ? undefined
      : (dismissed.hits[key] ?? []).filter((index) => index < count)
    const rest = gone === undefined ? 0 : count - gone.length
    if (gone !== undefined && rest > 0) {
      const isCollapsed = collapsed.has(sectionHead(key))
      placed.push({ key, head: sectionHead(key), count: rest, gone, isCollapsed, line, hit })
      line += 1 + (isCollapsed ? 0 : rest)
    }
    hit += count
  }
  const at = (wanted: number): Placed | undefined =>
    wanted < 0 || wanted >= line ? undefined : placed.findLast((section) => section.line <= wanted)
  return {
    total: line,
    heads: placed.map(({ head }) => head),
    lineAt: (wanted) => {
      const section = at(wanted)
      return section && lineIn(section, wanted - section.line)
    },
    placesBelow: (wanted) => {
      const section = at(wanted)
      if (section === undefined || section.line !== wanted) return []
      return Array.from({ length: section.count }, (_, n) => ({
        section: section.key,
        index: nthLeft(n, section.gone),
      }))
    },
  }
}

function lineIn({ key, head, count, isCollapsed, hit, gone }: Placed, at: number): ResultLine {
  if (at === 0) return { kind: 'section', key: head, section: key, count, isCollapsed, level: 1 }
  const index = nthLeft(at - 1, gone)
  return { kind: 'hit', section: key, index, hit: hit + index, level: 2 }
}
