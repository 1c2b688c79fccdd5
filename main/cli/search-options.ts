import type { EntryType } from '../../shared/files.ts'
import { ImageError } from '../../shared/errors.ts'
import type { ContentQuery, FateFilter, ModeFilter, SearchFilter, SearchQuery } from '../../shared/query.ts'
import { FATES, isFiltering, MODES } from '../../shared/search-filter.ts'
import { ENTRY_TYPES } from '../image/entry-table.ts'
import { bytesOfText, ownerOfText, sha256OfText } from '../../shared/filter-text.ts'

/** As typed. */
export interface SearchOptions {
  readonly regex?: boolean
  readonly content?: boolean
  readonly binary?: boolean
  readonly ignoreCase?: boolean
  readonly word?: boolean
  readonly include?: readonly string[]
  readonly exclude?: readonly string[]
  readonly type?: readonly string[]
  readonly minSize?: string
  readonly maxSize?: string
  readonly owner?: string
  readonly mode?: readonly string[]
  readonly deleted?: boolean
  readonly change?: readonly string[]
  readonly layer?: readonly string[]
  readonly sha256?: string
  readonly all?: boolean
  readonly scriptFriendly?: boolean
  readonly json?: boolean
}

/** A glob must match a whole name and a regular expression any part of one, unless only whole words or names are wanted. */
export function nameQuery(pattern: string, options: SearchOptions): SearchQuery {
  const isRegex = options.regex ?? false
  return {
    pattern,
    isRegex,
    isCaseSensitive: !options.ignoreCase,
    isWholeName: !isRegex || (options.word ?? false),
    filter: filterOf(options),
  }
}

export function contentQuery(pattern: string, options: SearchOptions): ContentQuery {
  return {
    pattern,
    isRegex: options.regex ?? false,
    isCaseSensitive: !options.ignoreCase,
    isWholeWord: options.word ?? false,
    isBinary: options.binary ?? false,
    filter: filterOf(options),
  }
}

function filterOf(options: SearchOptions): SearchFilter {
  const minSize = sizeOf(options.minSize)
  const maxSize = sizeOf(options.maxSize)
  return {
    include: [...(options.include ?? [])],
    exclude: [...(options.exclude ?? [])],
    types: chosen<EntryType>(options.type, ENTRY_TYPES, 'a type'),
    ...(minSize === undefined ? {} : { minSize }),
    ...(maxSize === undefined ? {} : { maxSize }),
    ...ownerOf(options.owner),
    ...hashOf(options.sha256),
    modes: chosen<ModeFilter>(options.mode, MODES, 'a mode'),
    fates: [
      ...chosen<FateFilter>(options.change, FATES, 'a change'),
      ...(options.deleted ? (['deleted'] as const) : []),
    ],
  }
}

function chosen<T extends string>(given: readonly string[] = [], known: readonly T[], what: string): T[] {
  return given.map((text) => {
    const found = known.find((name) => name === text)
    if (found === undefined)
      throw new ImageError('usage', `"${text}" is not ${what}.`, { remedy: `One of ${known.join(', ')}.` })
    return found
  })
}

function sizeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const bytes = bytesOfText(text)
  if (bytes === undefined)
    throw new ImageError('usage', `"${text}" is not a size.`, {
      remedy: 'Give bytes, or a number and a unit: 500k, 1.5M, 2GiB.',
    })
  return bytes
}

function hashOf(text: string | undefined): { readonly sha256?: string } {
  if (text === undefined) return {}
  const sha256 = sha256OfText(text)
  if (sha256 === undefined)
    throw new ImageError('usage', `"${text}" is not a SHA-256.`, {
      remedy: 'Give its 64 hexadecimal digits.',
    })
  return { sha256 }
}

function ownerOf(text: string | undefined): { readonly uid?: number; readonly gid?: number } {
  if (text === undefined) return {}
  const owner = ownerOfText(text)
  if (owner === undefined)
    throw new ImageError('usage', `"${text}" is not an owner.`, {
      remedy: 'Give numbers, as the image has them: UID, UID:GID or :GID.',
    })
  return owner
}

/** An empty pattern is every name: that is a question only where a filter asks the rest of it. */
export function requirePattern({ pattern, filter }: SearchQuery, options: SearchOptions): void {
  if (pattern !== '' || (isFiltering(filter) && !options.content)) return
  throw new ImageError('usage', 'The pattern is empty.', { remedy: "Give one, such as '*.conf'." })
}
