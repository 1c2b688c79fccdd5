import { formatReference, parseReference, withDefaultTag } from '../../shared/reference.ts'
import type { Settings } from '../../shared/settings.ts'

/** What the text typed so far can go on with. */
export type Question =
  | { readonly kind: 'registries' }
  | { readonly kind: 'repositories'; readonly registry: string }
  | { readonly kind: 'tags'; readonly image: string }
  | { readonly kind: 'nothing' }

export interface Completion {
  readonly question: Question
  /** What is typed of the part that is completed. */
  readonly typed: string
  /** The whole text where a name is taken. */
  readonly take: (name: string) => string
}

/** What is asked for by a text: a registry before its first `/`, then a repository, and a tag after the last `:`. */
export function completionOf(text: string, registries: Settings['registries']): Completion {
  const slash = text.indexOf('/')
  const isNamed = slash < 0 && registries.some(({ name }) => name.startsWith(text))
  const colon = text.lastIndexOf(':')
  if (text.includes('@')) return nothing
  if (slash < 0 && (isNamed || colon < 0 || isRegistry(text.slice(0, colon)))) {
    return { question: { kind: 'registries' }, typed: text, take: (name) => `${name}/` }
  }
  if (colon > slash) {
    const image = text.slice(0, colon)
    return {
      question: isRepository(image) ? { kind: 'tags', image } : { kind: 'nothing' },
      typed: text.slice(colon + 1),
      take: (tag) => `${image}:${tag}`,
    }
  }
  const registry = text.slice(0, slash)
  if (!isRegistry(registry)) return nothing
  return {
    question: { kind: 'repositories', registry },
    typed: text.slice(slash + 1),
    // A tag comes next; without one the colon means nothing.
    take: (repository) => `${registry}/${repository}:`,
  }
}

const nothing: Completion = { question: { kind: 'nothing' }, typed: '', take: (name) => name }

/** By the rule of distribution/reference: a dot, a port, or `localhost`. */
function isRegistry(name: string): boolean {
  return name === 'localhost' || (/^[\w-]+(?:\.[\w-]+)*(?::\d*)?$/.test(name) && /[.:]/.test(name))
}

function isRepository(image: string): boolean {
  try {
    return parseReference(image).tag === undefined
  } catch {
    return false
  }
}

/** No list is longer than what one reads. */
const MOST = 100

/** Names that fit what is typed: those that start so first, then those that contain it; the order is kept otherwise. */
export function fitting(names: readonly string[], typed: string): readonly string[] {
  const text = typed.toLowerCase()
  const starts = names.filter((name) => name.toLowerCase().startsWith(text))
  const contains = names.filter((name) => {
    const at = name.toLowerCase().indexOf(text)
    return at > 0
  })
  const all = [...starts, ...contains]
  // Nothing is left to complete.
  return all.length === 1 && all[0] === typed ? [] : all.slice(0, MOST)
}

const natural = new Intl.Collator('en', { numeric: true })

/**
 * Tags as one looks for them: `latest`, then versions from the newest down, then names. A shorter version moves with the newest of
 * its kind (`12` is as new as any `12.x`), so it stands before them; what has something appended stands after its plain one.
 */
export function newestTagsFirst(tags: readonly string[]): readonly string[] {
  const versions = new Map(tags.map((tag) => [tag, versionOf(tag)]))
  return [...tags].sort((a, b) => {
    if ((a === 'latest') !== (b === 'latest')) return a === 'latest' ? -1 : 1
    const [va, vb] = [versions.get(a), versions.get(b)]
    if (!va || !vb) return va ? -1 : vb ? 1 : natural.compare(a, b)
    return compareVersions(va, vb) || natural.compare(a, b)
  })
}

interface Version {
  readonly numbers: readonly number[]
  readonly suffix: string
}

function versionOf(tag: string): Version | null {
  const [, core, suffix = ''] = /^v?(\d+(?:\.\d+)*)(.*)$/.exec(tag) ?? []
  return core === undefined ? null : { numbers: core.split('.').map(Number), suffix }
}

function compareVersions(a: Version, b: Version): number {
  for (let at = 0; at < Math.max(a.numbers.length, b.numbers.length); at++) {
    const [x, y] = [a.numbers[at] ?? Number.POSITIVE_INFINITY, b.numbers[at] ?? Number.POSITIVE_INFINITY]
    if (x !== y) return y > x ? 1 : -1
  }
  if ((a.suffix === '') !== (b.suffix === '')) return a.suffix === '' ? -1 : 1
  return 0
}

/** A text as it may be pasted, as what is looked up: a command's beginning, a scheme and what was left open are taken away. */
export function referenceText(text: string): string {
  return text
    .trim()
    .replace(/^(?:(?:docker|podman|nerdctl)\s+pull|skopeo\s+\w+)\s+/, '')
    .replace(/^(?:docker|registry|https?|oci):\/\//, '')
    .replace(/[:/@]+$/, '')
}

/** What a text leads to. ImageError `usage` where it is no reference. */
export function askedOf(text: string): { readonly image: string; readonly registry: string } {
  const reference = withDefaultTag(parseReference(referenceText(text)))
  return { image: formatReference(reference), registry: reference.domain }
}

/** The registries used, with the latest first; as many as one remembers. */
export function withUsed(
  registries: Settings['registries'],
  used: Settings['registries'][number],
): Settings['registries'] {
  return [used, ...registries.filter(({ name }) => name !== used.name)].slice(0, 12)
}

/** The registry of a reference; empty where it is none. */
export function registryOf(image: string): string {
  try {
    return parseReference(image).domain
  } catch {
    return ''
  }
}
