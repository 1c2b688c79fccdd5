import type { Digest } from '../../shared/digest.ts'
import { ImageError } from '../../shared/errors.ts'
import { formatReference, parseReference, withDefaultTag } from '../../shared/reference.ts'
import { matchPlatform } from '../../shared/platform.ts'
import type { NamesPage, RemotePlatform, Resolved, SignIn } from '../../shared/remote.ts'
import { hostPlatform } from '../image/host-platform.ts'
import { parseConfig } from '../image/image-config.ts'
import { parseManifest, type Manifest } from '../image/manifest.ts'
import { fetchNames } from './paging.ts'
import { locationsOf, type Location } from './registries-conf.ts'
import type { RegistryAccess } from './registry-access.ts'
import { RegistryClient } from './registry-client.ts'
import { pullScope } from './remote-manifest.ts'
import { platformsOf, type RemoteImageChoice } from './remote-platforms.ts'
import { Repository } from './repository.ts'
import { parseSchema1 } from './schema1.ts'
import { Slots } from './slots.ts'

/** Manifests looked at for their sizes; images for more platforms than these show without. */
const MOST_SIZES = 40
const AT_ONCE = 4

/** The repositories of a registry. Fails with 'not-found' or 'sign-in' where it does not list them. */
export async function listRepositories(
  registry: string,
  insecure: boolean,
  access: RegistryAccess,
  signal: AbortSignal,
): Promise<NamesPage> {
  await using client = await connectTo({ registry, repository: '', insecure }, access, signal)
  const list = {
    path: '_catalog',
    key: 'repositories',
    scope: 'registry:catalog:*',
    what: 'the repositories',
  } as const
  return await fetchNames(client, list, signal)
}

/** The tags of a repository. */
export async function listTags(
  image: string,
  insecure: boolean,
  access: RegistryAccess,
  signal: AbortSignal,
): Promise<NamesPage> {
  const { domain, path } = parseReference(image)
  await using client = await connectTo({ registry: domain, repository: path, insecure }, access, signal)
  const list = {
    path: `${path}/tags/list`,
    key: 'tags',
    scope: pullScope(client),
    what: `the tags of ${domain}/${path}`,
  } as const
  return await fetchNames(client, list, signal)
}

/** What a reference leads to: platforms and sizes, from manifests alone. */
export async function resolveImage(
  image: string,
  insecure: boolean,
  access: RegistryAccess,
  signal: AbortSignal,
): Promise<Resolved> {
  const reference = withDefaultTag(parseReference(image))
  const name = formatReference(reference)
  await using repository = await Repository.of(reference, { access, insecure, onWarning: () => {} })
  const document = await repository.manifest(reference.digest ?? reference.tag ?? '', signal)
  const found = { reference: name, digest: document.digest, attestations: 0 }
  if (document.isSchema1) {
    const { layers, platform } = parseSchema1(document.bytes, `The manifest of ${name}`)
    const one = { platform, digest: document.digest, size: null, layers: layers.length, isDefault: true }
    return { ...found, platforms: [one] }
  }
  const parsed = parseManifest(document.bytes, document.mediaType, `The manifest of ${name}`)
  if (parsed.kind === 'manifest')
    return { ...found, platforms: [await platformOf(parsed.manifest, document.digest, repository, signal)] }
  const { images, attestations } = await platformsOf(parsed.index, repository, signal)
  if (images.length === 0) throw new ImageError('not-an-image', `${name} leads to no container image.`)
  return { ...found, attestations, platforms: await platformsWithSizes(images, repository, signal) }
}

/** Fails with 'sign-in' where the registry does not take them. */
export async function trySignIn(
  signIn: SignIn,
  insecure: boolean,
  access: RegistryAccess,
  signal: AbortSignal,
): Promise<void> {
  const location = { registry: signIn.registry, repository: '', insecure }
  await using client = await connectTo(location, { ...access, signIns: [signIn] }, signal)
  await client.signIn(signal)
}

/** The registry itself, as this computer's settings want it spoken to. */
async function connectTo(
  wanted: Location,
  access: RegistryAccess,
  signal: AbortSignal,
): Promise<RegistryClient> {
  const own = (await locationsOf(wanted.registry, wanted.repository)).at(-1)
  return RegistryClient.connect(
    { ...wanted, insecure: wanted.insecure || (own?.insecure ?? false) },
    access,
    signal,
  )
}

async function platformOf(
  manifest: Manifest,
  digest: Digest,
  repository: Repository,
  signal: AbortSignal,
): Promise<RemotePlatform> {
  const what = `The image config ${manifest.config.digest}`
  const config = parseConfig(await repository.document(manifest.config.digest, what, signal), what)
  return { platform: config.platform, digest, ...sizeOf(manifest), isDefault: true }
}

async function platformsWithSizes(
  images: readonly RemoteImageChoice[],
  repository: Repository,
  signal: AbortSignal,
): Promise<RemotePlatform[]> {
  const slots = new Slots(AT_ONCE)
  const platforms = await Promise.all(
    images.map(async ({ descriptor, platform }, i): Promise<RemotePlatform | undefined> => {
      const known = { digest: descriptor.digest, isDefault: false }
      if (i >= MOST_SIZES) return platform && { ...known, platform, size: null, layers: null }
      return slots.with(signal, async () => {
        const document = await repository.manifest(descriptor.digest, signal)
        const parsed = parseManifest(
          document.bytes,
          descriptor.mediaType,
          `The manifest ${descriptor.digest}`,
        )
        if (parsed.kind !== 'manifest') return undefined
        if (platform) return { ...known, platform, ...sizeOf(parsed.manifest) }
        return {
          ...(await platformOf(parsed.manifest, descriptor.digest, repository, signal)),
          isDefault: false,
        }
      })
    }),
  )
  const found = platforms.filter((platform) => platform !== undefined)
  const best =
    found.length === 1
      ? 0
      : matchPlatform(
          found.map(({ platform }) => platform),
          hostPlatform(),
        )
  const chosen = found[best ?? -1]
  return chosen ? found.with(best ?? 0, { ...chosen, isDefault: true }) : found
}

function sizeOf({ layers }: Manifest): { size: number; layers: number } {
  const sizes = new Map(layers.map(({ digest, size }) => [digest, size]))
  return { size: sizes.values().reduce((sum, size) => sum + size, 0), layers: layers.length }
}
