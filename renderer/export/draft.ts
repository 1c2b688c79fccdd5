import { ImageError } from '../../shared/errors.ts'
import type { ImageInfo } from '../../shared/image.ts'
import type { JobOutcome, JobSpec } from '../../shared/job.ts'
import { familiarName, parseReference } from '../../shared/reference.ts'
import { formatSource } from '../../shared/source-uri.ts'
import {
  pathOfSource,
  type DestinationSpec,
  type FilterSpec,
  type OutputCompression,
  type SourceSpec,
} from '../../shared/uri.ts'
import { titleOf } from '../names.ts'

export type Format = DestinationSpec['kind']
type ConvertSpec = Extract<JobSpec, { kind: 'convert' }>

/** What the person has said so far, kept whole when they go back; texts as typed. */
export interface Draft {
  readonly format: Format
  /** Empty keeps the image's own names. */
  readonly reference: string
  readonly compression: OutputCompression
  readonly isNormalised: boolean
  /** Seconds since 1970. */
  readonly timestamp: string
  readonly isUnique: boolean
  /** Chosen places, one for each format; null while none is chosen. */
  readonly places: Readonly<Record<Format, string | null>>
}

export const emptyDraft: Draft = {
  format: 'tar',
  reference: '',
  compression: 'none',
  isNormalised: false,
  timestamp: '0',
  isUnique: false,
  places: { tar: null, dir: null },
}

/** Why a name cannot be given to an image; null where it can, or where none is given. */
export function referenceProblem(text: string): string | null {
  if (text.trim() === '') return null
  try {
    const { digest } = parseReference(text.trim())
    return digest === undefined ? null : 'A digest cannot be chosen: give a name and a tag.'
  } catch (error) {
    return error instanceof ImageError ? error.message : 'This is no name of an image.'
  }
}

export function timestampProblem(text: string): string | null {
  return /^\d{1,11}$/.test(text.trim()) ? null : 'Whole seconds since 1970, 0 or more.'
}

/** The job of a draft; null while a place is missing or a text is wrong. */
export function specOf(draft: Draft, input: SourceSpec): ConvertSpec | null {
  const output = outputOf(draft)
  if (!output || referenceProblem(draft.reference) !== null) return null
  if (draft.isNormalised && timestampProblem(draft.timestamp) !== null) return null
  const filters: FilterSpec[] = draft.isNormalised
    ? [{ kind: 'normalize-timestamps', timestamp: Number(draft.timestamp.trim()) }]
    : []
  return { kind: 'convert', input, filters, output }
}

function outputOf(draft: Draft): DestinationSpec | null {
  const path = draft.places[draft.format]
  if (path === null) return null
  const name = draft.reference.trim()
  const reference = name === '' ? {} : { reference: name }
  return draft.format === 'tar'
    ? { kind: 'tar', path, compression: draft.compression, overwrite: true, ...reference }
    : { kind: 'dir', path, uniqueNames: draft.isUnique, ...reference }
}

const EXTENSIONS: Record<OutputCompression, string> = { none: '.tar', gzip: '.tar.gz', zstd: '.tar.zst' }

/** A file's name from the image's: `debian:12` becomes `debian-12.tar`. */
export function suggestedName(draft: Draft, info: ImageInfo | undefined, source: SourceSpec): string {
  const typed = draft.reference.trim()
  const references = info?.references ?? []
  const isFile = references.length === 0 && pathOfSource(source) !== undefined
  const own = titleOf(source, references)
  const name = typed === '' ? (isFile ? own.replace(/\.(tar|tgz)(\.\w+)?$/i, '') : own) : familiarName(typed)
  return `${name.replace(/@.*$/, '').replaceAll(/[^\w.-]+/g, '-')}${EXTENSIONS[draft.compression]}`
}

/** What to type next with what was written. */
export function nextCommands(output: DestinationSpec, outcome: JobOutcome): readonly string[] {
  const path = outcome.path ?? output.path
  if (output.kind === 'tar') return [`docker load -i ${quoted(path)}`, `podman load -i ${quoted(path)}`]
  const [reference] = outcome.references ?? []
  const source = formatSource({ kind: 'dir', path, ...nameAndTag(reference) })
  return [`occystrap process ${quoted(source)} tar://image.tar`]
}

function nameAndTag(reference: string | undefined): { image?: string; tag?: string } {
  if (reference === undefined) return {}
  const parsed = parseReference(familiarName(reference))
  const name = familiarName(reference).replace(/:[^/:]*$/, '')
  return { image: name, ...(parsed.tag === undefined ? {} : { tag: parsed.tag }) }
}

/** A word for a POSIX shell: plain ones stay as they are. */
function quoted(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
