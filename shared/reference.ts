import { isDigest, type Digest } from './digest.ts'
import { ImageError } from './errors.ts'
import { visible } from './path-bytes.ts'

/** What a user types to name an image (distribution/reference grammar), after Docker's defaults were put in. */
export interface Reference {
  /** Registry with its port: `docker.io`, `localhost:5000`. */
  readonly domain: string
  /** Repository within it: `library/debian`. */
  readonly path: string
  readonly tag?: string
  readonly digest?: Digest
}

const DEFAULT_DOMAIN = 'docker.io'
const LEGACY_DOMAIN = 'index.docker.io'
const OFFICIAL = 'library/'

// The grammar of distribution/reference/regexp.go, anchored. Neighbouring repetitions share no character, so matching is linear.
const DOMAIN_COMPONENT = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const DOMAIN = new RegExp(
  `^(?:${DOMAIN_COMPONENT}(?:\\.${DOMAIN_COMPONENT})*|\\[(?:[a-fA-F0-9:]+)\\])(?::[0-9]+)?$`,
)
const PATH = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/
const TAG = /^[\w][\w.-]{0,127}$/
const IDENTIFIER = /^[0-9a-f]{64}$/
/** distribution's NameTotalLengthMax. */
const NAME_LENGTH = 255
/** A name, a tag and a digest with their signs; longer text is not looked at. */
const TEXT_LENGTH = NAME_LENGTH + 1 + 128 + 1 + 71

/** `debian` is `docker.io/library/debian`; a tag that was not given stays undefined. Fails with `usage`. */
export function parseReference(text: string): Reference {
  if (text.length > TEXT_LENGTH) throw invalid(`${text.slice(0, 40)}…`, 'it is too long')
  const { name, tag, digest } = split(text)
  if (IDENTIFIER.test(name)) throw invalid(text, '64 hex digits are an image ID, not a name')
  const { domain, path } = withDefaults(name)
  if (!DOMAIN.test(domain)) throw invalid(text, `“${visible(domain)}” is not a registry's name`)
  if (!PATH.test(path)) {
    const why = PATH.test(path.toLowerCase())
      ? 'a repository is written in lower case'
      : `“${visible(path)}” is not a repository's name`
    throw invalid(text, why)
  }
  if (domain.length + 1 + path.length > NAME_LENGTH)
    throw invalid(text, `a name has at most ${NAME_LENGTH} characters`)
  if (tag !== undefined && !TAG.test(tag)) throw invalid(text, `“${visible(tag)}” is not a tag`)
  if (digest !== undefined && !isDigest(digest))
    throw invalid(text, `“${visible(digest)}” is not a sha256 digest`)
  return {
    domain,
    path,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  }
}

/** The full form: `docker.io/library/debian:12@sha256:…`. */
export function formatReference(reference: Reference): string {
  return `${reference.domain}/${reference.path}${suffixOf(reference)}`
}

/** The form people type and docker shows: `debian:12`. */
export function familiarReference(reference: Reference): string {
  const { domain, path } = reference
  if (domain !== DEFAULT_DOMAIN) return formatReference(reference)
  const rest = path.startsWith(OFFICIAL) ? path.slice(OFFICIAL.length) : path
  // Without its domain `docker.io/localhost/app` would be read back as another image.
  const read = withDefaults(rest)
  const isSame = read.domain === domain && read.path === path
  return `${isSame ? rest : `${domain}/${path}`}${suffixOf(reference)}`
}

/** A text as `familiarReference` has it; one that is no reference stays as it is. */
export function familiarName(text: string): string {
  try {
    return familiarReference(parseReference(text))
  } catch {
    return text
  }
}

/** The full form of a name as image documents have it; undefined where it is none (`<none>:<none>`). */
export function fullReference(name: string): string | undefined {
  try {
    return formatReference(withDefaultTag(parseReference(name)))
  } catch (error) {
    if (error instanceof ImageError) return undefined
    throw error
  }
}

/** With the tag `latest` where it has neither tag nor digest. */
export function withDefaultTag(reference: Reference): Reference {
  const isNamed = reference.tag !== undefined || reference.digest !== undefined
  return isNamed ? reference : { ...reference, tag: 'latest' }
}

function split(text: string): { name: string; tag: string | undefined; digest: string | undefined } {
  const at = text.indexOf('@')
  const digest = at < 0 ? undefined : text.slice(at + 1)
  const rest = at < 0 ? text : text.slice(0, at)
  const colon = rest.lastIndexOf(':')
  const hasTag = colon > rest.lastIndexOf('/') && !rest.endsWith(']')
  return {
    name: hasTag ? rest.slice(0, colon) : rest,
    tag: hasTag ? rest.slice(colon + 1) : undefined,
    digest,
  }
}

/** distribution's splitDockerDomain: the first part is a registry if it has a dot, a port or a capital, or is `localhost`. */
function withDefaults(name: string): { domain: string; path: string } {
  const slash = name.indexOf('/')
  const first = slash < 0 ? '' : name.slice(0, slash)
  const isDomain = /[.:[]/.test(first) || first === 'localhost' || first !== first.toLowerCase()
  const domain = !isDomain || first === LEGACY_DOMAIN ? DEFAULT_DOMAIN : first
  const path = isDomain ? name.slice(slash + 1) : name
  return { domain, path: domain === DEFAULT_DOMAIN && !path.includes('/') ? `${OFFICIAL}${path}` : path }
}

function suffixOf({ tag, digest }: Reference): string {
  return `${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
}

function invalid(text: string, why: string): ImageError {
  return new ImageError('usage', `“${visible(text)}” is not an image reference: ${why}.`, {
    remedy: 'Write it as debian:12 or registry.example.org/team/app:1.0.',
  })
}
