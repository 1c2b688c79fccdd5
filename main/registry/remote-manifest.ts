import type { Digest } from '../../shared/digest.ts'
import { isDigest } from '../../shared/digest.ts'
import { ImageError } from '../../shared/errors.ts'
import {
  DOCKER_LIST,
  DOCKER_MANIFEST,
  DOCKER_SCHEMA1,
  DOCKER_SCHEMA1_SIGNED,
  OCI_INDEX,
  OCI_MANIFEST,
} from '../../shared/media-types.ts'
import { DOCUMENT_LIMIT } from '../image/documents.ts'
import { sha256Of } from '../image/hashing.ts'
import { mediaTypeOf } from '../image/manifest.ts'
import { headerOf, type Answer } from './registry-answer.ts'
import type { RegistryClient } from './registry-client.ts'
import { schema1Payload } from './schema1.ts'

const ACCEPTED = [
  OCI_INDEX,
  DOCKER_LIST,
  OCI_MANIFEST,
  DOCKER_MANIFEST,
  DOCKER_SCHEMA1_SIGNED,
  DOCKER_SCHEMA1,
]
/** A wrong document may be one that was cut or mixed up on the way; the same twice is what the registry has. */
const TRIES = 2

/** A manifest or index as the registry gave it, verified against the digest it was asked for by. */
export interface RemoteManifest {
  readonly bytes: Uint8Array
  readonly mediaType: string
  readonly digest: Digest
  readonly isSchema1: boolean
}

/** `reference` is a tag or a digest. Fails with 'not-found', 'sign-in', 'digest-mismatch' and what reading fails with. */
export async function fetchManifest(
  client: RegistryClient,
  reference: string,
  signal: AbortSignal,
): Promise<RemoteManifest> {
  const what = nameOf(client, reference)
  for (let tries = 1; ; tries++) {
    const { bytes, answer } = await client.document(
      {
        path: `${client.location.repository}/manifests/${reference}`,
        headers: { accept: ACCEPTED.join(', ') },
        scope: pullScope(client),
        what,
        limit: DOCUMENT_LIMIT,
      },
      signal,
    )
    try {
      return verifiedManifest(bytes, answer, reference, what)
    } catch (error) {
      if (tries === TRIES) throw error
    }
  }
}

/** The access that reading a repository takes. */
export function pullScope({ location }: RegistryClient): string {
  return `repository:${location.repository}:pull`
}

function nameOf({ location: { registry, repository } }: RegistryClient, reference: string): string {
  return `${registry}/${repository}${isDigest(reference) ? '@' : ':'}${reference}`
}

function verifiedManifest(bytes: Buffer, answer: Answer, reference: string, what: string): RemoteManifest {
  refuseEncoded(answer, what)
  const declared = headerOf(answer, 'content-type')?.split(';')[0]?.trim().toLowerCase() ?? ''
  // Some registries call every document plain JSON or text.
  const mediaType = ACCEPTED.includes(declared) ? declared : mediaTypeOf(bytes, what)
  const isSchema1 = mediaType === DOCKER_SCHEMA1 || mediaType === DOCKER_SCHEMA1_SIGNED
  const digest = sha256Of(isSchema1 ? schema1Payload(bytes, what) : bytes)
  const said = isDigest(reference) ? reference : headerOf(answer, 'docker-content-digest')
  // A digest of another algorithm says nothing that could be checked here.
  if (said !== undefined && said !== digest && isDigest(said))
    throw new ImageError('digest-mismatch', `${what} is not what its digest says.`, {
      remedy: 'The registry, or something on the way, damaged or altered it; try again.',
      detail: `expected ${said}\nfound ${digest}`,
    })
  return { bytes, mediaType, digest, isSchema1 }
}

/** Bytes were asked for as they are; decoding what was not asked for is how bombs get in (CVE-2026-22036). */
export function refuseEncoded(answer: Answer, what: string): void {
  const encoding = headerOf(answer, 'content-encoding')
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return
  throw new ImageError('server', `${answer.url.host} sent ${what} in an encoding that was not asked for.`, {
    remedy: 'A proxy on the way may be at fault; try another network.',
  })
}
