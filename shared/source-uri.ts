import type { Platform } from './image.ts'
import { visible } from './path-bytes.ts'
import { formatReference, parseReference, withDefaultTag } from './reference.ts'
import { Options, splitPair, usage } from './uri-options.ts'
import {
  COMPRESSIONS,
  isArgument,
  isHostname,
  isVariable,
  MOST_WORKERS,
  type OutputCompression,
} from './spec-values.ts'
import type { DestinationSpec, FilterSpec, SourceSpec } from './uri.ts'

/**
 * A source as typed: `tar://PATH[?image=&os=&arch=&variant=]`, `layout://PATH[?ref=…]`, `dir://PATH?image=&tag=`,
 * `registry://HOST/IMAGE:TAG[?arch=…&insecure=&max_workers=&foreign=]`, `docker://IMAGE:TAG[?socket=]`. Text without a
 * scheme is no URI: whoever can look at the disk says what it is. ImageError 'usage'.
 */
export function parseSource(text: string, cwd: string): SourceSpec {
  const { scheme, path, options } = parseUri(text, 'source', SOURCES)
  options.expect(SOURCES[scheme]?.options ?? [])
  if (scheme === 'registry') return registrySource(path, options)
  if (scheme === 'docker') return dockerSource(path, options)
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

function registrySource(name: string, options: Options): SourceSpec {
  const platform = platformOf(options)
  const insecure = options.flag('insecure')
  const maxWorkers = options.text('max_workers')
  const foreign = options.flag('foreign')
  return {
    kind: 'registry',
    image: formatReference(withDefaultTag(parseReference(name))),
    ...(platform ? { platform } : {}),
    ...(insecure === undefined ? {} : { insecure }),
    ...(maxWorkers === undefined ? {} : { maxWorkers: parseWorkers(maxWorkers) }),
    ...(foreign === undefined ? {} : { foreign }),
  }
}

function dockerSource(image: string, options: Options): SourceSpec {
  const socket = options.text('socket')
  const platform = platformOf(options)
  return {
    kind: 'docker',
    image,
    ...(socket === undefined ? {} : { socket }),
    ...(platform ? { platform } : {}),
  }
}

function parseWorkers(text: string): number {
  const count = Number(text)
  if (/^\d+$/.test(text) && count >= 1 && count <= MOST_WORKERS) return count
  throw usage(`"${text}" is not a number of workers.`, `Give a number from 1 to ${MOST_WORKERS}.`)
}

/**
 * A destination as typed: `tar://PATH[?reference=&compression=&overwrite=]`, `dir://PATH[?unique_names=&expand=&reference=]`,
 * `mounts://PATH[?mount=&reference=]`,
 * `oci://PATH[?terminal=&read_only=&hostname=&env=NAME=VALUE…&arg=WORD…&rootless=&all_labels=&reference=]`. ImageError 'usage'.
 */
export function parseDestination(text: string, cwd: string): DestinationSpec {
  const { scheme, path, options } = parseUri(text, 'destination', DESTINATIONS)
  options.expect(DESTINATIONS[scheme]?.options ?? [])
  const absolute = absolutePath(path, cwd)
  const reference = options.text('reference')
  const named = reference === undefined ? {} : { reference }
  if (scheme === 'dir') {
    const uniqueNames = options.flag('unique_names') ?? false
    return {
      kind: 'dir',
      path: absolute,
      ...named,
      uniqueNames,
      ...(options.flag('expand') ? { expand: true } : {}),
    }
  }
  if (scheme === 'mounts')
    return { kind: 'mounts', path: absolute, ...named, mount: options.flag('mount') ?? false }
  if (scheme === 'oci') return { kind: 'oci', path: absolute, ...named, ...bundleOptions(options) }
  return {
    kind: 'tar',
    path: absolute,
    ...named,
    compression: parseCompression(options.text('compression') ?? 'none'),
    overwrite: options.flag('overwrite') ?? true,
  }
}

type BundleSpec = Extract<DestinationSpec, { kind: 'oci' }>

function bundleOptions(options: Options): Omit<BundleSpec, 'kind' | 'path' | 'reference'> {
  const hostname = options.text('hostname')
  const args = options.all('arg')
  const rootless = options.flag('rootless')
  return {
    terminal: options.flag('terminal') ?? false,
    readOnly: options.flag('read_only') ?? false,
    ...(hostname === undefined ? {} : { hostname: parseHostname(hostname) }),
    env: options.all('env').map((text) => parseVariable(text)),
    ...(args.length === 0 ? {} : { args: args.map((text) => parseArgument(text)) }),
    ...(rootless === undefined ? {} : { rootless }),
    allLabels: options.flag('all_labels') ?? false,
  }
}

/** A variable of the environment as typed, `NAME=value`; the value may be empty. ImageError 'usage'. */
export function parseVariable(text: string): string {
  if (isVariable(text)) return text
  const remedy = text.indexOf('=') > 0 ? 'It can hold neither a line break nor a NUL.' : 'Write NAME=VALUE.'
  throw usage(`"${visible(text)}" is not a variable of the environment.`, remedy)
}

/** A host name as typed. ImageError 'usage'. */
export function parseHostname(text: string): string {
  if (isHostname(text)) return text
  throw usage(`"${visible(text)}" is not a host name.`, 'Letters, digits, dots and dashes, 64 at most.')
}

function parseArgument(text: string): string {
  if (isArgument(text)) return text
  throw usage(`"${visible(text)}" is not an argument.`, 'No program can be given a NUL.')
}

/**
 * A filter as typed: `normalize-timestamps[:ts=N]`, `search:pattern=P[,regex=true][,script_friendly=true]`; a comma in a value is `%2C`.
 * ImageError 'usage'.
 */
export function parseFilter(text: string): FilterSpec {
  const colon = text.indexOf(':')
  const name = colon < 0 ? text : text.slice(0, colon)
  const pairs = colon < 0 ? [] : text.slice(colon + 1).split(',')
  const options = new Options(text, pairs.map(splitPair))
  if (name === 'search') return parseSearchFilter(text, options)
  if (name !== 'normalize-timestamps')
    throw usage(
      `"${text}" is not a filter.`,
      'Filters: normalize-timestamps[:ts=SECONDS], search:pattern=PATTERN[,regex=true][,script_friendly=true].',
    )
  options.expect(['ts'])
  return { kind: 'normalize-timestamps', timestamp: parseTimestamp(options.text('ts') ?? '0') }
}

function parseSearchFilter(text: string, options: Options): FilterSpec {
  options.expect(['pattern', 'regex', 'script_friendly'])
  const pattern = options.text('pattern') ?? ''
  if (pattern === '') throw usage(`"${text}" says no pattern.`, 'Write it as search:pattern=PATTERN.')
  return {
    kind: 'search',
    pattern,
    isRegex: options.flag('regex') ?? false,
    isScriptFriendly: options.flag('script_friendly') ?? false,
  }
}

/** Seconds since 1970 as typed. The bound keeps the year at four digits, which RFC 3339 asks for. */
export function parseTimestamp(text: string): number {
  const seconds = Number(text)
  if (!/^\d{1,12}$/.test(text) || seconds > 253_402_300_799)
    throw usage(`"${text}" is not a timestamp.`, 'Give whole seconds since 1970, before the year 10000.')
  return seconds
}

function parseCompression(text: string): OutputCompression {
  const compression = COMPRESSIONS.find((name) => name === text)
  if (compression === undefined) throw usage(`"${text}" is not a compression.`, 'Choose none, gzip or zstd.')
  return compression
}

/** The URI that `parseSource` reads back as this spec. */
export function formatSource(spec: SourceSpec): string {
  if (spec.kind === 'dir') return uriOf('dir', spec.path, { image: spec.image, tag: spec.tag })
  const platform = {
    os: spec.platform?.os,
    arch: spec.platform?.architecture,
    variant: spec.platform?.variant,
  }
  switch (spec.kind) {
    case 'registry':
      return uriOf('registry', spec.image, {
        ...platform,
        insecure: spec.insecure?.toString(),
        max_workers: spec.maxWorkers?.toString(),
        foreign: spec.foreign?.toString(),
      })
    case 'docker':
      return uriOf('docker', spec.image, { socket: spec.socket, ...platform })
    case 'tar':
      return uriOf('tar', spec.path, { image: spec.image, ...platform })
    case 'layout':
      return uriOf('layout', spec.path, { ref: spec.image, ...platform })
  }
}

/** The URI that `parseDestination` reads back as this spec. */
export function formatDestination(spec: DestinationSpec): string {
  if (spec.kind === 'dir')
    return uriOf('dir', spec.path, {
      unique_names: spec.uniqueNames ? 'true' : undefined,
      expand: spec.expand ? 'true' : undefined,
      reference: spec.reference,
    })
  if (spec.kind === 'mounts')
    return uriOf('mounts', spec.path, { mount: spec.mount ? 'true' : undefined, reference: spec.reference })
  if (spec.kind === 'oci')
    return uriOf('oci', spec.path, {
      terminal: spec.terminal ? 'true' : undefined,
      read_only: spec.readOnly ? 'true' : undefined,
      hostname: spec.hostname,
      env: spec.env,
      arg: spec.args,
      rootless: spec.rootless?.toString(),
      all_labels: spec.allLabels ? 'true' : undefined,
      reference: spec.reference,
    })
  return uriOf('tar', spec.path, {
    reference: spec.reference,
    compression: spec.compression === 'none' ? undefined : spec.compression,
    overwrite: spec.overwrite ? undefined : 'false',
  })
}

export function formatFilter(spec: FilterSpec): string {
  if (spec.kind === 'search') {
    const pattern = encodeURIComponent(spec.pattern).replaceAll(/%(?:20|2F|5B|5D|7B|7D)/g, decodeURIComponent)
    const flags = [...(spec.isRegex ? ['regex'] : []), ...(spec.isScriptFriendly ? ['script_friendly'] : [])]
    return [`search:pattern=${pattern}`, ...flags.map((flag) => `${flag}=true`)].join(',')
  }
  return spec.timestamp === 0 ? spec.kind : `${spec.kind}:ts=${spec.timestamp}`
}

interface Scheme {
  /** What follows `scheme://`, for messages. */
  readonly form: string
  readonly options: readonly string[]
  /** Those that may be given more than once. */
  readonly repeated?: readonly string[]
}

const PLATFORM = ['os', 'arch', 'variant']
const SOURCES: Readonly<Record<string, Scheme>> = {
  tar: { form: 'PATH', options: ['image', ...PLATFORM] },
  layout: { form: 'PATH', options: ['ref', 'image', ...PLATFORM] },
  dir: { form: 'PATH', options: ['image', 'tag'] },
  registry: { form: 'HOST/IMAGE:TAG', options: [...PLATFORM, 'insecure', 'max_workers', 'foreign'] },
  docker: { form: 'IMAGE:TAG', options: ['socket', ...PLATFORM] },
}
const DESTINATIONS: Readonly<Record<string, Scheme>> = {
  tar: { form: 'PATH', options: ['reference', 'compression', 'overwrite'] },
  dir: { form: 'PATH', options: ['unique_names', 'expand', 'reference'] },
  oci: {
    form: 'PATH',
    options: ['terminal', 'read_only', 'hostname', 'env', 'arg', 'rootless', 'all_labels', 'reference'],
    repeated: ['env', 'arg'],
  },
  mounts: { form: 'PATH', options: ['mount', 'reference'] },
}

/** Whether the text starts with a scheme, so that it is a URI and not a path. */
export function isUri(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
}

function parseUri(
  text: string,
  what: 'source' | 'destination',
  schemes: Readonly<Record<string, Scheme>>,
): { scheme: string; path: string; options: Options } {
  const [, scheme = '', rest = ''] = /^([a-z]+):\/\/(.*)$/s.exec(text) ?? []
  const known = schemes[scheme]
  if (!known) {
    const forms = Object.entries(schemes).map(([scheme, { form }]) => `${scheme}://${form}`)
    throw usage(`"${text}" is not a ${what}.`, `Write it as one of ${forms.join(', ')}.`)
  }
  const mark = rest.indexOf('?')
  const path = unescapePath(mark < 0 ? rest : rest.slice(0, mark))
  if (path === '')
    throw usage(
      `"${text}" names no ${known.form === 'PATH' ? 'path' : 'image'}.`,
      `Write ${scheme}://${known.form}.`,
    )
  const pairs = mark < 0 ? [] : rest.slice(mark + 1).split('&')
  return { scheme, path, options: new Options(text, pairs.map(splitPair), known.repeated) }
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

function uriOf(
  scheme: string,
  path: string,
  options: Readonly<Record<string, string | readonly string[] | undefined>>,
): string {
  const query = Object.entries(options)
    .flatMap(([name, value = []]) =>
      (typeof value === 'string' ? [value] : value).map((one) => `${name}=${escapeValue(one)}`),
    )
    .join('&')
  return `${scheme}://${escapePath(path)}${query === '' ? '' : `?${query}`}`
}

/** What stands in references (`/ : @ +`) and between a variable and its value (`=`) stays readable. */
function escapeValue(value: string): string {
  return encodeURIComponent(value).replace(/%(?:2F|3A|40|2B|3D)/g, decodeURIComponent)
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
