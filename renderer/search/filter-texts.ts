import type { EntryType } from '../../shared/files.ts'
import { bytesOfText, ownerOfText, sha256OfText } from '../../shared/filter-text.ts'
import type { FateFilter, ModeFilter, SearchFilter } from '../../shared/query.ts'
import { NO_FILTER } from '../../shared/search-filter.ts'

/** The filters as they stand in their boxes: what is typed need not mean anything yet. */
export interface FilterTexts {
  readonly include: string
  readonly exclude: string
  readonly types: readonly EntryType[]
  readonly minSize: string
  readonly maxSize: string
  /** `uid`, `uid:gid` or `:gid`. */
  readonly owner: string
  /** 64 hexadecimal digits. */
  readonly sha256: string
  readonly modes: readonly ModeFilter[]
  readonly fates: readonly FateFilter[]
}

export const NO_TEXTS: FilterTexts = {
  include: '',
  exclude: '',
  types: [],
  minSize: '',
  maxSize: '',
  owner: '',
  sha256: '',
  modes: [],
  fates: [],
}

/** Boxes whose text may mean nothing. */
export type CheckedBox = 'include' | 'exclude' | 'minSize' | 'maxSize' | 'owner' | 'sha256'
export type FilterProblems = Partial<Readonly<Record<CheckedBox, string>>>

/** The most globs that a filter takes, and the longest of them (shared/query.ts). */
const MOST_GLOBS = 100
const LONGEST_GLOB = 4096

/** What is said of them stands apart from the box. */
const NAMES = {
  include: 'Files to include',
  exclude: 'Files to exclude',
  minSize: 'Size from',
  maxSize: 'Size to',
} as const

/** What the boxes ask for, and what is wrong with those that are left out of it. */
export function filterOf(texts: FilterTexts): {
  readonly filter: SearchFilter
  readonly problems: FilterProblems
} {
  const problems: { -readonly [Box in CheckedBox]?: string } = {}
  const globs = (box: 'include' | 'exclude'): string[] => {
    const list = splitGlobs(texts[box])
    if (list.length <= MOST_GLOBS && list.every((glob) => glob.length <= LONGEST_GLOB)) return list
    problems[box] = `${NAMES[box]}: at most ${MOST_GLOBS} patterns`
    return []
  }
  const size = (box: 'minSize' | 'maxSize'): number | undefined => {
    const text = texts[box].trim()
    const bytes = text === '' ? undefined : bytesOfText(text)
    if (text !== '' && bytes === undefined) problems[box] = `${NAMES[box]}: such as 10k or 1.5 MB`
    return bytes
  }
  const owner = texts.owner.trim() === '' ? {} : ownerOfText(texts.owner)
  if (owner === undefined) problems.owner = 'Owner: numbers, UID:GID'
  const sha256 = sha256OfText(texts.sha256)
  if (sha256 === undefined && texts.sha256.trim() !== '') problems.sha256 = 'SHA-256: 64 hexadecimal digits'
  const bounds = { minSize: size('minSize'), maxSize: size('maxSize') }
  const { minSize = 0, maxSize = Number.POSITIVE_INFINITY } = bounds
  if (minSize > maxSize) problems.maxSize = 'Size to: less than size from'
  const filter: SearchFilter = {
    ...NO_FILTER,
    include: globs('include'),
    exclude: globs('exclude'),
    types: [...texts.types],
    modes: [...texts.modes],
    fates: [...texts.fates],
    ...defined(bounds),
    ...owner,
    ...(sha256 === undefined ? {} : { sha256 }),
  }
  return { filter, problems }
}

function defined({ minSize, maxSize }: { minSize: number | undefined; maxSize: number | undefined }): {
  minSize?: number
  maxSize?: number
} {
  return { ...(minSize === undefined ? {} : { minSize }), ...(maxSize === undefined ? {} : { maxSize }) }
}

/** How many boxes and choices say something. */
export function filterCount(texts: FilterTexts): number {
  const { include, exclude, minSize, maxSize, owner, sha256, types, modes, fates } = texts
  const boxes = [include, exclude, minSize, maxSize, owner, sha256].filter(
    (text) => text.trim() !== '',
  ).length
  return boxes + [types, modes, fates].filter((list) => list.length > 0).length
}

/** Globs with commas between them; commas inside braces are the glob's own. */
export function splitGlobs(text: string): string[] {
  const globs: string[] = []
  let depth = 0
  let start = 0
  const end = (at: number): void => {
    const glob = text.slice(start, at).trim()
    if (glob !== '') globs.push(glob)
    start = at + 1
  }
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    // A brace that is never closed is a character as any other: the commas after it divide.
    if (character === '{' && text.includes('}', at)) depth++
    else if (character === '}' && depth > 0) depth--
    else if (character === ',' && depth === 0) end(at)
  }
  end(text.length)
  return globs
}
