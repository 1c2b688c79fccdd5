import { formatReference, parseReference } from '../../shared/reference.ts'
import type { DockerSource, RegistrySource } from '../../shared/uri.ts'

/** Docker Hub by the names of its servers, as scripts give them. */
const HUB: ReadonlySet<string> = new Set([
  'docker.io',
  'index.docker.io',
  'registry-1.docker.io',
  'registry.hub.docker.com',
])

/** `REGISTRY IMAGE TAG` of the commands; TAG may be a digest. Fails with 'usage'. */
export function registrySource(registry: string, image: string, tag: string): RegistrySource {
  return {
    kind: 'registry',
    image: formatReference(parseReference(`${hostOf(registry)}/${image}${suffixOf(tag)}`)),
  }
}

/** `IMAGE TAG` of the commands; an ID stands for itself, whatever the tag. */
export function dockerSource(image: string, tag: string, socket: string | undefined): DockerSource {
  const isID = /^(?:sha256:)?[0-9a-f]{64}$/.test(image)
  return {
    kind: 'docker',
    image: isID ? image : `${image}${suffixOf(tag)}`,
    ...(socket === undefined ? {} : { socket }),
  }
}

function suffixOf(tag: string): string {
  return tag.startsWith('sha256:') ? `@${tag}` : `:${tag}`
}

/** In a reference a name without a dot or a port would be the first part of a repository; here it is a registry for certain. */
function hostOf(registry: string): string {
  const host = registry.replace(/^https?:\/\//, '').replace(/\/+$/, '')
  if (HUB.has(host)) return 'docker.io'
  return /[.:]/.test(host) || host === 'localhost' ? host : `${host}:443`
}
