import { fullReference } from '../../../shared/reference.ts'
import { z } from 'zod'
import type { Digest } from '../../../shared/digest.ts'
import { ImageError } from '../../../shared/errors.ts'
import { visible } from '../../../shared/path-bytes.ts'
import { parseDocument } from '../../image/documents.ts'
import type { LayerBlob } from '../../image/file-layer.ts'
import { parseConfig } from '../../image/image-config.ts'
import { isForeign, namesOf, parseLayoutIndex, type Descriptor, type Manifest } from '../../image/manifest.ts'
import { missing, readDocument, type ImageFiles } from './image-files.ts'
import { blobName, readBlob, wrongSize } from './layout-blob.ts'
import { LayoutWalk, type FoundManifest } from './layout-walk.ts'
import { storedBlob } from './stored-blob.ts'
import type { ImageChoice, StoredImages, StoredImage } from './stored-image.ts'

const layoutSchema = z.object({ imageLayoutVersion: z.string() })

/** The images of an OCI image layout (image-spec, image-layout.md), in a folder or in an archive. */
export function ociLayout(files: ImageFiles, kind: 'layout' | 'tar'): StoredImages {
  if (files.find('oci-layout')) checkVersion(files)
  const walk = new LayoutWalk(files)
  walk.enter(parseLayoutIndex(readDocument(files, 'index.json', 'index.json'), 'index.json'), 0, [])
  return {
    kind,
    format: kind === 'layout' ? 'OCI layout' : 'OCI archive',
    path: files.path,
    choices: [...walk.found()].map(([digest, found]) => choiceOf(files, digest, found)),
    warnings: walk.warnings(),
    [Symbol.asyncDispose]: () => files[Symbol.asyncDispose](),
  }
}

function checkVersion(files: ImageFiles): void {
  const bytes = readDocument(files, 'oci-layout', 'oci-layout')
  const { imageLayoutVersion } = parseDocument(bytes, layoutSchema, 'oci-layout')
  if (!imageLayoutVersion.startsWith('1.'))
    throw new ImageError(
      'unsupported',
      `${visible(files.path)} is an OCI layout of version ${visible(imageLayoutVersion)}, which is not known.`,
    )
}

function choiceOf(files: ImageFiles, digest: Digest, found: FoundManifest): ImageChoice {
  const references = new Set<string>()
  const names = new Set<string>()
  for (const descriptor of found.descriptors) {
    const { full, refName } = namesOf(descriptor)
    for (const name of [full, refName]) {
      // A bare ref.name is mostly a tag (`umoci`, `skopeo copy … oci:dir:12`): it chooses, but names no repository.
      const reference = name !== undefined && /[:/@]/.test(name) ? fullReference(name) : undefined
      if (reference !== undefined) references.add(reference)
    }
    if (refName !== undefined) names.add(refName)
  }
  return {
    references: [...references],
    names: [...names],
    digest,
    ...(found.platform ? { platform: found.platform } : {}),
    load: async () => load(files, digest, found.manifest, [...references]),
  }
}

function load(files: ImageFiles, digest: Digest, manifest: Manifest, references: string[]): StoredImage {
  const what = `The image config ${manifest.config.digest}`
  const configBytes = readBlob(files, manifest.config, what)
  const config = parseConfig(configBytes, what)
  if (manifest.layers.length !== config.diffIDs.length)
    throw new ImageError(
      'malformed',
      `The image has ${manifest.layers.length} layers in its manifest, but ${config.diffIDs.length} in its config.`,
    )
  const layers = manifest.layers.map((layer, index) => layerOf(files, layer, index, manifest.layers.length))
  return { references, imageID: manifest.config.digest, configBytes, config, digest, layers, warnings: [] }
}

function layerOf(files: ImageFiles, layer: Descriptor, index: number, count: number): LayerBlob {
  const what = `Layer ${index + 1} of ${count}`
  if (layer.mediaType.endsWith('+encrypted'))
    throw new ImageError('unsupported', `${what} is encrypted.`, { remedy: 'Decrypt the image first.' })
  const range = files.find(blobName(layer.digest))
  if (!range) {
    if (!isForeign(layer)) throw missing(files, blobName(layer.digest), what)
    throw new ImageError(
      'missing-blob',
      `${what} may not be passed on by its maker's licence and is not in ${visible(files.path)}.`,
      { remedy: 'Pull the image from its registry.' },
    )
  }
  if (range.size !== layer.size) throw wrongSize(what, layer, range.size)
  return storedBlob(range, { digest: layer.digest, mediaType: layer.mediaType })
}
