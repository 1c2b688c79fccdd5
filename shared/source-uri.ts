import { ImageError } from './errors.ts'
import type { Platform } from './image.ts'
import {
  compressionSchema,
  type DestinationSpec,
  type FilterSpec,
  type OutputCompression,
  type SourceSpec,
} from './uri.ts'

/**
 * A source as typed: `tar://PATH[?image=&os=&arch=&variant=]`, `layout://PATH[?ref=…]`, `dir://PATH?image=&tag=`. Text without a
 * scheme is no URI: whoever can look at the disk says what it is. ImageError 'usage'.
 */
export function parseSource(text: string, cwd: string): SourceSpec {
  const { scheme, path, options } = parseUri(text, 'source', Object.keys(SOURCE_OPTIONS))
  options.expect(SOURCE_OPTIONS[scheme] ?? [])
  const absolute = absolutePath(path, cwd)
  const image = options.text('image') ?? options.text('ref')
  const chosen = image === undefined ? {} : { image }
  if (scheme === 'dir') {
    const tag = options.text('tag')
    return { kind: 'dir', path: absolute, ...chosen, ...(tag === undefined ? {} : { tag }) }
  }
  const platform = platformOf(options)
  const kind = scheme === 'layout' ? 'layout' : 'tar'
  return { kind, path: absolute, ...chosen, ...(platform ? { platform } : {}) }
}

/** A destination as typed: `tar://PATH[?reference=&compression=&overwrite=]`, `dir://PATH[?unique_names=&reference=]`. ImageError 'usage'. */
export function parseDestination(text: string, cwd: string): DestinationSpec {
  const { scheme, path, options } = parseUri(text, 'destination', Object.keys(DESTINATION_OPTIONS))
  options.expect(DESTINATION_OPTIONS[scheme] ?? [])
  const absolute = absolutePath(path, cwd)
  const reference = options.text('reference')
  const named = reference === undefined ? {} : { reference }
  if (scheme === 'dir')
    return { kind: 'dir', path: absolute, ...named, uniqueNames: options.flag('unique_names') ?? false }
  return {
    kind: 'tar',
    path: absolute,
    ...named,
    compression: parseCompression(options.text('compression') ?? 'none'),
    overwrite: options.flag('overwrite') ?? true,
  }
}

/** A filter as typed: `normalize-timestamps[:ts=N]`. ImageError 'usage'. */
export function parseFilter(text: string): FilterSpec {
  const colon = text.indexOf(':')
  const name = colon < 0 ? text : text.slice(0, colon)
  if (name !== 'normalize-timestamps')
    throw usage(`"${text}" is not a filter.`, 'Filters: normalize-timestamps[:ts=SECONDS].')
  const pairs = colon < 0 ? [] : text.slice(colon + 1).split(',')
  const options = new Options(text, pairs.map(splitPair))
  options.expect(['ts'])
  return { kind: 'normalize-timestamps', timestamp: parseTimestamp(options.text('ts') ?? '0') }
}

/** Seconds since 1970 as typed. The bound keeps the year at four digits, which RFC 3339 asks for. */
export function parseTimestamp(text: string): number {
  const seconds = Number(text)
  if (!/^\d{1,12}$/.test(text) || seconds > 253_402_300_799)
    throw usage(`"${text}" is not a timestamp.`, 'Give whole seconds since 1970, before the year 10000.')
  return seconds
}

function parseCompression(text: string): OutputCompression {
  const parsed = compressionSchema.safeParse(text)
  if (!parsed.success) throw usage(`"${text}" is not a compression.`, 'Choose none, gzip or zstd.')
  return parsed.data
}

/** The URI that `parseSource` reads back as this spec. */
export function formatSource(spec: SourceSpec): string {
  if (spec.kind === 'dir') return uriOf('dir', spec.path, { image: spec.image, tag: spec.tag })
  return uriOf(spec.kind, spec.path, {
    [spec.kind === 'layout' ? 'ref' : 'image']: spec.image,
    os: spec.platform?.os,
    arch: spec.platform?.architecture,
    variant: spec.platform?.variant,
  })
}

/** The URI that `parseDestination` reads back as this spec. */
export function formatDestination(spec: DestinationSpec): string {
  if (spec.kind === 'dir')
    return uriOf('dir', spec.path, {
      unique_names: spec.uniqueNames ? 'true' : undefined,
      reference: spec.reference,
    })
  return uriOf('tar', spec.path, {
    reference: spec.reference,
    compression: spec.compression === 'none' ? undefined : spec.compression,
    overwrite: spec.overwrite ? undefined : 'false',
  })
}

export function formatFilter(spec: FilterSpec): string {
  return spec.timestamp === 0 ? spec.kind : `${spec.kind}:ts=${spec.timestamp}`
}

const SOURCE_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  tar: ['image', 'os', 'arch', 'variant'],
  layout: ['ref', 'image', 'os', 'arch', 'variant'],
  dir: ['image', 'tag'],
}
const DESTINATION_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  tar: ['reference', 'compression', 'overwrite'],
  dir: ['unique_names', 'reference'],
}

/** Whether the text starts with a scheme, so that it is a URI and not a path. */
export function isUri(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
}

function parseUri(
  text: string,
  what: 'source' | 'destination',
  schemes: readonly string[],
): { scheme: string; path: string; options: Options } {
  const [, scheme = '', rest = ''] = /^([a-z]+):\/\/(.*)$/s.exec(text) ?? []
  if (!schemes.includes(scheme)) {
    const known = schemes.map((scheme) => `${scheme}://PATH`).join(', ')
    throw usage(`"${text}" is not a ${what}.`, `Write it as one of ${known}.`)
  }
  const mark = rest.indexOf('?')
  const path = unescapePath(mark < 0 ? rest : rest.slice(0, mark))
  if (path === '') throw usage(`"${text}" names no path.`, `Write ${scheme}://PATH.`)
  const pairs = mark < 0 ? [] : rest.slice(mark + 1).split('&')
  return { scheme, path, options: new Options(text, pairs.map(splitPair)) }
}

function splitPair(pair: string): readonly [name: string, value: string] {
  const equals = pair.indexOf('=')
  return equals < 0 ? [pair, 'true'] : [pair.slice(0, equals), decodeValue(pair.slice(equals + 1))]
}

function decodeValue(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    throw usage(`"${value}" is not a value of an option.`, 'Write % as %25.')
  }
}

/** The options of one URI or filter: each known, each at most once. */
class Options {
  readonly #text: string
  readonly #values = new Map<string, string>()

  constructor(text: string, pairs: readonly (readonly [name: string, value: string])[]) {
    this.#text = text
    for (const [name, value] of pairs) {
      if (name === '') continue
      if (this.#values.has(name)) throw usage(`"${text}" gives the option ${name} twice.`, 'Give it once.')
      this.#values.set(name, value)
    }
  }

  expect(known: readonly string[]): void {
    for (const name of this.#values.keys())
      if (!known.includes(name))
        throw usage(`"${this.#text}" has an unknown option ${name}.`, `Options here: ${known.join(', ')}.`)
  }

  text(name: string): string | undefined {
    const value = this.#values.get(name)
    if (value === '') throw usage(`"${this.#text}" has no value for ${name}.`, `Write ${name}=VALUE.`)
    return value
  }

  flag(name: string): boolean | undefined {
    const value = this.text(name)?.toLowerCase()
    if (value === undefined) return undefined
    if (['true', '1', 'yes'].includes(value)) return true
    if (['false', '0', 'no'].includes(value)) return false
    throw usage(`"${this.#text}" has ${name}=${value}.`, `Write ${name}=true or ${name}=false.`)
  }
}

function platformOf(options: Options): Partial<Platform> | undefined {
  const os = options.text('os')
  const architecture = options.text('arch')
  const variant = options.text('variant')
  if (os === undefined && architecture === undefined && variant === undefined) return undefined
  return {
    ...(os === undefined ? {} : { os }),
    ...(architecture === undefined ? {} : { architecture }),
    ...(variant === undefined ? {} : { variant }),
  }
}

function uriOf(scheme: string, path: string, options: Readonly<Record<string, string | undefined>>): string {
  const query = Object.entries(options)
    .filter((option): option is [string, string] => option[1] !== undefined)
    .map(([name, value]) => `${name}=${escapeValue(value)}`)
    .join('&')
  return `${scheme}://${escapePath(path)}${query === '' ? '' : `?${query}`}`
}

/** What stands in references (`/ : @ +`) stays readable. */
function escapeValue(value: string): string {
  return encodeURIComponent(value).replace(/%(?:2F|3A|40|2B)/g, decodeURIComponent)
}

/**
 * Scripts write `tar://$FILE`, so a path stands as it is; only a question mark must be written `%3F` (and a `%3F` or `%25` that is
 * part of a name `%253F`, `%2525`).
 */
function escapePath(path: string): string {
  return path.replace(/%(?=3f|25)/gi, '%25').replace(/\?/g, '%3F')
}

function unescapePath(path: string): string {
  return path.replace(/%(?:3f|25)/gi, (escape) => (escape === '%25' ? '%' : '?'))
}

/** The path from the root: of this system's kind or, for `C:\…`, Windows'. */
export function absolutePath(path: string, cwd: string): string {
  const isWindows = /^[a-z]:[\\/]/i.test(cwd)
  if (isWindows) return /^(?:[a-z]:[\\/]|[\\/]{2})/i.test(path) ? path : `${cwd}\\${path}`
  const parts: string[] = []
  for (const part of (path.startsWith('/') ? path : `${cwd}/${path}`).split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}

function usage(message: string, remedy: string): ImageError {
  return new ImageError('usage', message, { remedy })
}
