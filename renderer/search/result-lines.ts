import type { HitPlace } from './dismissed.ts'

/** Hits that stand together in the answers and are numbered among themselves: those of a layer, or of an image. */
export interface Section {
  readonly key: string
  readonly count: number
}

interface Head {
  /** Names it among all heads of the results. */
  readonly key: string
  /** Hits below it that are left. */
  readonly count: number
  readonly isCollapsed: boolean
  readonly level: number
}

/** A line of the results: the head of a section, a folder or a file with lines, or a hit. */
export type ResultLine =
  | (Head & { readonly kind: 'section'; readonly section: string })
  | (Head & {
      readonly kind: 'folder'
      /** All of its path, and the part that its line shows. */
      readonly path: string
      readonly name: string
      /** A file with the lines found in it: the first of them. */
      readonly hit: number | undefined
    })
  | (HitPlace & { readonly kind: 'hit'; readonly hit: number; readonly level: number })

/** Lines by their numbers: those out of view need not be there. */
export interface ResultLines {
  /** Lines in all, heads included. */
  readonly total: number
  /** Of all heads, to fold them at once. */
  readonly heads: readonly string[]
  readonly lineAt: (line: number) => ResultLine | undefined
  /** Places of all hits below a head. */
  readonly placesBelow: (line: number) => readonly HitPlace[]
}

/** The next hit before or after a line; undefined where there is none. Those of collapsed heads are passed over. */
export function nextHit(lines: ResultLines, from: number, step: 1 | -1): number | undefined {
  for (let line = from + step; line >= 0 && line < lines.total; line += step) {
    if (lines.lineAt(line)?.kind === 'hit') return line
  }
  return undefined
}

/** The head that a line stands under; undefined for one of the first level. */
export function headOf(lines: ResultLines, line: number): number | undefined {
  const level = lines.lineAt(line)?.level ?? 1
  for (let at = line - 1; at >= 0; at--) {
    const head = lines.lineAt(at)
    if (head && head.kind !== 'hit' && head.level < level) return at
  }
  return undefined
}

/** Numbers of the first and the last hit among some lines. */
export function hitsAmong(
  lines: ResultLines,
  shown: readonly { readonly index: number }[],
): readonly [first: number, last: number] {
  let first: number | undefined
  let last = 0
  for (const { index } of shown) {
    const line = lines.lineAt(index)
    if (line?.kind !== 'hit') continue
    first = first === undefined ? line.hit : Math.min(first, line.hit)
    last = Math.max(last, line.hit)
  }
  return [first ?? 0, last]
}
