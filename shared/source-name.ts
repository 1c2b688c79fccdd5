import { familiarName, parseReference } from './reference.ts'
import type { SourceSpec } from './uri.ts'

/** The file or folder of a source; undefined for one that is reached over a connection. */
export function pathOfSource(source: SourceSpec): string | undefined {
  return 'path' in source ? source.path : undefined
}

/** What a source goes by, in the words of whoever chose it: the image's name where it has one, or else its file's. */
export function nameOfSource(source: SourceSpec): string {
  if (source.image === undefined) return 'path' in source ? lastOf(source.path) : ''
  const { image } = source
  return familiarName(source.kind === 'dir' && source.tag !== undefined ? `${image}:${source.tag}` : image)
}

/** Where it is: a file's path, a registry, or an engine. */
export function placeOfSource(source: SourceSpec): string {
  switch (source.kind) {
    case 'registry':
      return registryOf(source.image)
    case 'docker':
      return source.socket ?? 'the default engine'
    case 'tar':
    case 'layout':
    case 'dir':
      return source.path
  }
}

/** One text for each image, whatever the order of a source's keys. */
export function keyOfSource(source: SourceSpec): string {
  const { kind, image = '' } = source
  const place = 'path' in source ? source.path : ''
  if (source.kind === 'dir') return JSON.stringify([kind, place, image, source.tag ?? ''])
  const { os, architecture, variant } = source.platform ?? {}
  const platform = [os ?? '', architecture ?? '', variant ?? '']
  const way =
    source.kind === 'docker'
      ? [source.socket ?? '']
      : source.kind === 'registry'
        ? [source.insecure ?? false, source.foreign ?? false]
        : []
  return JSON.stringify([kind, place, image, ...platform, ...way])
}

function registryOf(image: string): string {
  try {
    return parseReference(image).domain
  } catch {
    return image
  }
}

/** The last component of a path of any platform; the whole path where it has none. */
function lastOf(path: string): string {
  return path.split(/[/\\]/).findLast((part) => part !== '') ?? path
}
