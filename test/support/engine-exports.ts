import { createHash } from 'node:crypto'
import type { Digest } from '../../shared/digest.ts'
import { dockerArchiveMembers, ociFiles, splitTag } from './archive-members.ts'
import { hex } from './digests.ts'
import type { BuiltImage } from './image-builder.ts'
import type { FileSpec } from './tar-builder.ts'

/** Whose API exports an image: each has a form and an order of its own. */
export type EngineKind = 'docker-24' | 'docker-25' | 'containerd' | 'podman'

export interface ExportForm {
  /** What the engine calls the image. */
  readonly id: Digest
  readonly members: readonly FileSpec[]
}

/** The members of an engine's export, in the order in which it sends them. */
export function exportForm(image: BuiltImage, kind: EngineKind): ExportForm {
  switch (kind) {
    case 'docker-24':
      return { id: image.imageID, members: docker24(image) }
    case 'docker-25':
      return { id: image.imageID, members: dockerArchiveMembers([image], 'docker-25') }
    case 'podman':
      return { id: image.imageID, members: dockerArchiveMembers([image], 'podman') }
    case 'containerd':
      return containerd([image])
  }
}

/** Docker 25 and later over containerd: gzip blobs; the image is called by the digest of what its name leads to. */
export function containerd(images: readonly BuiltImage[], isIndex = images.length > 1): ExportForm {
  const files = ociFiles(images, { layers: 'gzip', isMultiPlatform: isIndex, hasAttestations: isIndex })
  const index = JSON.parse(String(files.get('index.json'))) as { manifests: { digest: Digest }[] }
  const compressed = ociFiles(images, { layers: 'gzip' })
  files.set('manifest.json', Buffer.from(JSON.stringify([{ Config: '', RepoTags: [], Layers: [] }])))
  const members = [...new Map([...compressed, ...files])].map(([path, content]) => ({ path, content }))
  return { id: index.manifests[0]!.digest, members: members.sort(byPath) }
}

/** Docker 24 and earlier, by the rules of moby's image/tarexport/save.go: a folder for each v1 id, in the order of their names. */
export function docker24(image: BuiltImage, created = '1970-01-01T00:00:00Z'): FileSpec[] {
  const members: FileSpec[] = []
  const paths = new Map<Digest, string>()
  const ids = v1Ids(image, created)
  for (const [index, layer] of image.layers.entries()) {
    const id = hex(ids[index]!)
    const parent = index === 0 ? {} : { parent: hex(ids[index - 1]!) }
    const first = paths.get(layer.diffID)
    members.push(
      { path: `${id}/`, type: 'directory' },
      { path: `${id}/VERSION`, content: '1.0' },
      { path: `${id}/json`, content: JSON.stringify({ id, ...parent, created, os: 'linux' }) },
      first === undefined
        ? { path: `${id}/layer.tar`, content: layer.tar }
        : { path: `${id}/layer.tar`, type: 'symlink', linkname: `../${first}` },
    )
    if (first === undefined) paths.set(layer.diffID, `${id}/layer.tar`)
  }
  const manifest = [
    {
      Config: `${hex(image.imageID)}.json`,
      RepoTags: image.references,
      Layers: ids.map((id) => `${hex(id)}/layer.tar`),
    },
  ]
  members.push({ path: `${hex(image.imageID)}.json`, content: image.config })
  members.sort(byPath)
  members.push({ path: 'manifest.json', content: JSON.stringify(manifest) })
  const [name, tag] = splitTag(image.references[0] ?? 'none:latest')
  members.push({ path: 'repositories', content: JSON.stringify({ [name]: { [tag]: hex(ids.at(-1)!) } }) })
  return members
}

/** image/v1/imagev1.go, CreateID: the digest of sorted JSON of what little a v1 image has; the topmost one has the whole config. */
function v1Ids(image: BuiltImage, created: string): Digest[] {
  const ids: Digest[] = []
  let chain = ''
  for (const [index, { diffID }] of image.layers.entries()) {
    chain = index === 0 ? diffID : digest(`${chain} ${diffID}`)
    const isTop = index === image.layers.length - 1
    const config = isTop ? (JSON.parse(String(image.config)) as object) : {}
    const fields = {
      ...config,
      container_config: EMPTY_CONFIG,
      created,
      layer_id: chain,
      ...(index === 0 ? {} : { parent: ids[index - 1] }),
    }
    const sorted = Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)))
    ids.push(digest(JSON.stringify(sorted)))
  }
  return ids
}

const EMPTY_CONFIG = {
  Hostname: '',
  Domainname: '',
  User: '',
  AttachStdin: false,
  AttachStdout: false,
  AttachStderr: false,
  Tty: false,
  OpenStdin: false,
  StdinOnce: false,
  Env: null,
  Cmd: null,
  Image: '',
  Volumes: null,
  WorkingDir: '',
  Entrypoint: null,
  OnBuild: null,
  Labels: null,
}

function digest(text: string): Digest {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}

function byPath(a: FileSpec, b: FileSpec): number {
  return String(a.path) < String(b.path) ? -1 : 1
}
