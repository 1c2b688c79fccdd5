import { isDigest, shortDigest, type Digest } from '../../shared/digest.ts'
import { visible } from '../../shared/path-bytes.ts'
import { formatPlatform } from '../../shared/platform.ts'
import { familiarName } from '../../shared/reference.ts'
import type { EngineImage } from '../../shared/remote.ts'

/** One line of the picker: an image under one of its names, or a dangling one under none. Texts are the engine's own, not safe to show. */
export interface ImageLine {
  /** Names the line for as long as the engine has it. */
  readonly key: string
  /** What opens it: its name as the engine has it, or its ID. */
  readonly image: string
  readonly name: string | null
  readonly tag: string | null
  readonly id: Digest
  readonly size: number
  /** Milliseconds since 1970. */
  readonly created: number
  readonly platform: string
  /** Containers that use it. */
  readonly containers: number
}

/** What stands for a name or a tag that is not there, as Docker writes it. */
export const NONE = '<none>'

export function imageLines(images: readonly EngineImage[]): readonly ImageLine[] {
  return images.flatMap((image): ImageLine[] => {
    const { id, size, created, containers } = image
    const facts = {
      id,
      size,
      created,
      platform: image.platform ? formatPlatform(image.platform) : '',
      containers: containers ?? 0,
    }
    const names = image.references.filter((reference) => !reference.includes(NONE))
    if (names.length === 0) return [{ ...facts, key: id, image: id, name: null, tag: null }]
    return names.map((reference) => {
      const { name, tag } = nameAndTag(familiarName(reference))
      return Object.assign({ key: `${id} ${reference}`, image: reference, name, tag }, facts)
    })
  })
}

/** `registry.example:5000/app:1` has the name before its last colon, unless that is the port's; a digest is no tag. */
function nameAndTag(reference: string): { readonly name: string; readonly tag: string | null } {
  const [whole = ''] = reference.split('@')
  const colon = whole.lastIndexOf(':')
  if (colon <= whole.lastIndexOf('/')) return { name: whole, tag: null }
  return { name: whole.slice(0, colon), tag: whole.slice(colon + 1) }
}

export const columns = ['name', 'tag', 'id', 'size', 'created', 'platform'] as const
export type Column = (typeof columns)[number]

export interface LineSort {
  readonly by: Column
  readonly isDescending: boolean
}

/** Newest first: what was just built or pulled is what one comes for. */
export const newestFirst: LineSort = { by: 'created', isDescending: true }

export function isLineSort(value: unknown): value is LineSort {
  return (
    typeof value === 'object' &&
    value !== null &&
    'by' in value &&
    columns.some((column) => column === value.by) &&
    'isDescending' in value &&
    typeof value.isDescending === 'boolean'
  )
}

const collator = new Intl.Collator('en', { numeric: true })

/** Lines in order; equal ones by name and tag, so that the order never depends on how the engine listed them. Nameless ones last. */
export function sortedLines(
  lines: readonly ImageLine[],
  { by, isDescending }: LineSort,
): readonly ImageLine[] {
  const sign = isDescending ? -1 : 1
  return [...lines].sort((a, b) => {
    const order = by === 'size' || by === 'created' ? a[by] - b[by] : compareTexts(a[by], b[by], sign)
    if (order !== 0) return sign * order
    return compareTexts(a.name, b.name, 1) || compareTexts(a.tag, b.tag, 1) || collator.compare(a.key, b.key)
  })
}

/** What is not there comes last, whichever way the rest is sorted. */
function compareTexts(a: string | null, b: string | null, sign: number): number {
  if (a === null || b === null) return a === b ? 0 : sign * (a === null ? 1 : -1)
  return collator.compare(a, b)
}

/** Whether every word of the filter is in the line's name, tag or ID. */
export function matchingLines(lines: readonly ImageLine[], filter: string): readonly ImageLine[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return lines
  return lines.filter((line) => {
    const text = `${line.name ?? NONE}:${line.tag ?? NONE} ${line.id}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
}

/** Images and bytes in all, each image once however many names it has. */
export function totalsOf(images: readonly EngineImage[]): { readonly count: number; readonly bytes: number } {
  const sizes = new Map(images.map(({ id, size }) => [id, size]))
  return { count: sizes.size, bytes: [...sizes.values()].reduce((sum, size) => sum + size, 0) }
}

/** What a line is called aloud, safe to show. */
export function lineTitle({ image, name, tag }: ImageLine): string {
  if (name === null) return isDigest(image) ? shortDigest(image) : visible(image)
  return visible(tag === null ? name : `${name}:${tag}`)
}
