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

interface Named {
  /** All of its path, and the part that its line shows. */
  readonly path: string
  readonly name: string
}

/** A line of the results: the head of a section, of a folder or of a file with lines, a hit, or what is said of hits not fetched. */
export type ResultLine =
  | (Head & { readonly kind: 'section'; readonly section: string })
  | (Head & Named & { readonly kind: 'folder' })
  | (Head &
      Named & {
        readonly kind: 'file'
        /** The first of the lines found in it. */
        readonly hit: number
      })
  | {
      readonly kind: 'rest'
      readonly key: string
      readonly section: string
      readonly count: number
      readonly level: number
    }
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

/** A line that others stand under. */
export type HeadLine = Extract<ResultLine, { readonly isCollapsed: boolean }>

export function isHead(line: ResultLine | undefined): line is HeadLine {
  return line !== undefined && 'isCollapsed' in line
}

/** The key of a file's head: the same file of two layers is two. No folder's name has a slash. */
export function fileHead(layer: number, path: string): string {
  return `file ${layer}/${path}`
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
    if (isHead(head) && head.level < level) return at
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
