import { ImageError } from '../../shared/errors.ts'
import type { ImageInfo } from '../../shared/image.ts'
import type { JobOutcome, JobSpec } from '../../shared/job.ts'
import { mountLine, unmountLine } from '../../shared/mount-lines.ts'
import { familiarName, parseReference } from '../../shared/reference.ts'
import { runBundle } from '../../shared/run-bundle.ts'
import { shellWord } from '../../shared/shell-word.ts'
import { formatSource, parseVariable } from '../../shared/source-uri.ts'
import { isHostname, type OutputCompression } from '../../shared/spec-values.ts'
import { pathOfSource } from '../../shared/source-name.ts'
import type { DestinationSpec, FilterSpec, SourceSpec } from '../../shared/uri.ts'
import { titleOf } from '../names.ts'
import { commandWords } from './command-words.ts'

export type Format = DestinationSpec['kind']
export const formatNames: Record<Format, string> = {
  tar: 'Docker archive',
  dir: 'Directory of images',
  oci: 'OCI bundle',
  mounts: 'Overlay mounts',
}

/** Who starts a bundle; by itself: who writes it. */
export type Starter = 'automatic' | 'me' | 'root'
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
  /** The merged root filesystem, too. */
  readonly isExpanded: boolean
  /** Mounted as soon as it is written. */
  readonly isMounted: boolean
  /** In place of the image's own command, as a shell takes it; empty keeps that. */
  readonly command: string
  /** One `NAME=value` a line. */
  readonly variables: string
  readonly hostname: string
  readonly isTerminal: boolean
  readonly isReadOnly: boolean
  readonly starter: Starter
  readonly hasAllLabels: boolean
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
  isExpanded: false,
  isMounted: false,
  command: '',
  variables: '',
  hostname: '',
  isTerminal: false,
  isReadOnly: false,
  starter: 'automatic',
  hasAllLabels: false,
  places: { tar: null, dir: null, oci: null, mounts: null },
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

export function commandProblem(text: string): string | null {
  return commandWords(text) === null ? 'A quote is not closed.' : null
}

export function variablesProblem(text: string): string | null {
  try {
    for (const line of variablesOf(text)) parseVariable(line)
    return null
  } catch (error) {
    return error instanceof ImageError ? `${error.message} ${error.remedy}` : 'Write NAME=VALUE, one a line.'
  }
}

export function hostnameProblem(text: string): string | null {
  const name = text.trim()
  if (name === '' || isHostname(name)) return null
  return 'Letters, digits, dots and dashes, 64 at most.'
}

/** Whether everything that the options of the chosen format take is right. */
export function areOptionsRight(draft: Draft): boolean {
  const problems =
    draft.format === 'oci'
      ? [commandProblem(draft.command), variablesProblem(draft.variables), hostnameProblem(draft.hostname)]
      : [referenceProblem(draft.reference)]
  if (draft.isNormalised) problems.push(timestampProblem(draft.timestamp))
  return problems.every((problem) => problem === null)
}

/** The job of a draft; null while a place is missing or a text is wrong. */
export function specOf(draft: Draft, input: SourceSpec): ConvertSpec | null {
  const output = outputOf(draft)
  if (!output || !areOptionsRight(draft)) return null
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
  switch (draft.format) {
    case 'tar':
      return { kind: 'tar', path, compression: draft.compression, overwrite: true, ...reference }
    case 'dir':
      return {
        kind: 'dir',
        path,
        uniqueNames: draft.isUnique,
        ...(draft.isExpanded ? { expand: true } : {}),
        ...reference,
      }
    case 'oci':
      return { kind: 'oci', path, ...bundleOptions(draft) }
    case 'mounts':
      return { kind: 'mounts', path, mount: draft.isMounted, ...reference }
  }
}

function bundleOptions(draft: Draft): Omit<Extract<DestinationSpec, { kind: 'oci' }>, 'kind' | 'path'> {
  const args = commandWords(draft.command) ?? []
  const hostname = draft.hostname.trim()
  return {
    terminal: draft.isTerminal,
    readOnly: draft.isReadOnly,
    ...(hostname === '' ? {} : { hostname }),
    env: variablesOf(draft.variables),
    ...(args.length === 0 ? {} : { args: [...args] }),
    ...(draft.starter === 'automatic' ? {} : { rootless: draft.starter === 'me' }),
    allLabels: draft.hasAllLabels,
  }
}

/** Every line that says something; spaces at its end belong to the value. */
export function variablesOf(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trimStart())
    .filter((line) => line !== '')
}

const EXTENSIONS: Record<OutputCompression, string> = { none: '.tar', gzip: '.tar.gz', zstd: '.tar.zst' }

/** A name from the image's: `debian:12` becomes `debian-12.tar`, or the folder `debian-12-bundle` or `debian-12-mounts`. */
export function suggestedName(draft: Draft, info: ImageInfo | undefined, source: SourceSpec): string {
  const typed = draft.format === 'oci' ? '' : draft.reference.trim()
  const references = info?.references ?? []
  const isFile = references.length === 0 && pathOfSource(source) !== undefined
  const own = titleOf(source, references)
  const name = typed === '' ? (isFile ? own.replace(/\.(tar|tgz)(\.\w+)?$/i, '') : own) : familiarName(typed)
  const plain = name.replace(/@.*$/, '').replaceAll(/[^\w.-]+/g, '-')
  if (draft.format === 'oci') return `${plain}-bundle`
  if (draft.format === 'mounts') return `${plain}-mounts`
  return `${plain}${EXTENSIONS[draft.compression]}`
}

/** What to type next with what was written. */
export function nextCommands(output: DestinationSpec, outcome: JobOutcome): readonly string[] {
  const path = outcome.path ?? output.path
  if (output.kind === 'tar') return [`docker load -i ${shellWord(path)}`, `podman load -i ${shellWord(path)}`]
  if (output.kind === 'oci') return [runBundle(path, outcome.runtime)]
  if (output.kind === 'mounts') {
    const mount = outcome.imageID === undefined ? [] : [mountLine(path, outcome.imageID)]
    return [...mount, unmountLine(path)]
  }
  const [reference] = outcome.references ?? []
  const source = formatSource({ kind: 'dir', path, ...nameAndTag(reference) })
  return [`occystrap process ${shellWord(source)} tar://image.tar`]
}

function nameAndTag(reference: string | undefined): { image?: string; tag?: string } {
  if (reference === undefined) return {}
  const parsed = parseReference(familiarName(reference))
  const name = familiarName(reference).replace(/:[^/:]*$/, '')
  return { image: name, ...(parsed.tag === undefined ? {} : { tag: parsed.tag }) }
}
