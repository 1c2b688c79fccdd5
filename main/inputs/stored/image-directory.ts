import { fullReference } from '../../../shared/reference.ts'
import { z } from 'zod'
import { digestOfHex } from '../../../shared/digest.ts'
import { ImageError } from '../../../shared/errors.ts'
import { visible } from '../../../shared/path-bytes.ts'
import { parseDocument, parseJson } from '../../image/documents.ts'
import { sha256Of } from '../../image/hashing.ts'
import { parseConfig } from '../../image/image-config.ts'
import { notAnImageFolder } from './content-words.ts'
import { checkClaim } from './docker-archive.ts'
import { missing, readDocument, type ImageFiles } from './image-files.ts'
import { storedBlob } from './stored-blob.ts'
import type { ImageChoice, StoredImages, StoredImage } from './stored-image.ts'

const CHOICE_LIMIT = 1024

/** Image, tag, and the manifest's file name. */
const catalogSchema = z.record(z.string(), z.record(z.string(), z.string().min(1).max(4096)))

const manifestSchema = z
  .array(
    z.object({
      Config: z.string().min(1).max(4096),
      Layers: z.array(z.string().min(1).max(4096)),
      RepoTags: z.array(z.string()).nullish(),
      ImageName: z.string().nullish(),
    }),
  )
  .length(1)
type Manifest = z.output<typeof manifestSchema>[number]

/** The images of a directory of images: a layer per folder, a manifest per image, and mostly a catalog of them. */
export function imageDirectory(files: ImageFiles): StoredImages {
  const hasCatalog = files.find('catalog.json') !== undefined
  // skopeo's `dir:` has a manifest.json, too, and so have web applications; theirs is an object.
  if (
    !hasCatalog &&
    !Array.isArray(parseJson(readDocument(files, 'manifest.json', 'manifest.json'), 'manifest.json'))
  )
    throw notAnImageFolder(files.path, 'its manifest.json is of something else')
  const choices = hasCatalog ? fromCatalog(files) : [fromManifest(files)]
  if (choices.length === 0)
    throw new ImageError(
      'not-an-image',
      `${visible(files.path)} is a directory of images whose catalog is empty.`,
    )
  return {
    kind: 'dir',
    format: 'directory of images',
    path: files.path,
    choices,
    warnings: [],
    [Symbol.asyncDispose]: () => files[Symbol.asyncDispose](),
  }
}

/** Those of the choices that a source means by its image and tag; all where it says neither. */
export function chooseInCatalog(
  stored: StoredImages,
  wanted: { readonly image?: string | undefined; readonly tag?: string | undefined },
): readonly ImageChoice[] {
  const { image, tag } = wanted
  const ofImage =
    image === undefined ? stored.choices : stored.choices.filter((choice) => isOf(choice, image, tag))
  const found =
    tag === undefined ? preferred(ofImage, image) : ofImage.filter((choice) => choice.catalog?.tag === tag)
  if (found.length > 0) return found
  const listed = stored.choices.slice(0, 5).map(({ catalog }) => visible(`${catalog?.image}:${catalog?.tag}`))
  const more = stored.choices.length > 5 ? `, and ${stored.choices.length - 5} more` : ''
  const name = [image, tag].filter((part) => part !== undefined).join(':')
  throw new ImageError(
    'not-found',
    `“${visible(name)}” is not in ${visible(stored.path)}, which holds ${listed.join(', ')}${more}.`,
  )
}

/** By the catalog's own name for it, by the full form of that, or with its tag in one. */
function isOf({ catalog }: ImageChoice, image: string, tag: string | undefined): boolean {
  if (!catalog) return false
  if (catalog.image === image) return true
  const full = fullReference(`${catalog.image}:${catalog.tag}`)
  if (full === undefined) return false
  return (
    full === fullReference(tag === undefined ? image : `${image}:${tag}`) ||
    full === fullReference(`${image}:${catalog.tag}`)
  )
}

/** An image without a tag is its `latest`, or else the only one of that name. */
function preferred(choices: readonly ImageChoice[], image: string | undefined): readonly ImageChoice[] {
  if (image === undefined || choices.length < 2) return choices
  const named = choices.filter(({ references }) => references.includes(fullReference(image) ?? ''))
  if (named.length > 0) return named
  const latest = choices.filter((choice) => choice.catalog?.tag === 'latest')
  return latest.length > 0 ? latest : choices
}

function fromCatalog(files: ImageFiles): ImageChoice[] {
  const catalog = parseDocument(
    readDocument(files, 'catalog.json', 'catalog.json'),
    catalogSchema,
    'catalog.json',
  )
  const choices: ImageChoice[] = []
  for (const [image, tags] of Object.entries(catalog))
    for (const [tag, manifestName] of Object.entries(tags)) {
      if (choices.length === CHOICE_LIMIT)
        throw new ImageError('limit', `catalog.json lists more than ${CHOICE_LIMIT} images.`)
      choices.push(choiceOf(files, image, tag, manifestName))
    }
  return choices
}

/** Without a catalog there is one image, which names itself. */
function fromManifest(files: ImageFiles): ImageChoice {
  const { ImageName, RepoTags } = readManifest(files, 'manifest.json')
  const name = RepoTags?.[0] ?? ''
  const colon = name.lastIndexOf(':')
  const isTagged = colon > name.lastIndexOf('/')
  return choiceOf(
    files,
    ImageName ?? (isTagged ? name.slice(0, colon) : name),
    isTagged ? name.slice(colon + 1) : 'latest',
    'manifest.json',
  )
}

function choiceOf(files: ImageFiles, image: string, tag: string, manifestName: string): ImageChoice {
  const reference = fullReference(`${image}:${tag}`)
  const references = reference === undefined ? [] : [reference]
  return {
    references,
    names: [`${image}:${tag}`],
    catalog: { image, tag },
    load: async () => {
      const manifest = readManifest(files, manifestName)
      checkName(manifest, image, tag, manifestName)
      return load(files, manifest, references)
    },
  }
}

function readManifest(files: ImageFiles, name: string): Manifest {
  const what = visible(name)
  const [manifest] = parseDocument(readDocument(files, name, what), manifestSchema, what)
  if (!manifest) throw new ImageError('malformed', `${what} is empty.`)
  return manifest
}

/**
 * Without unique names every image is written to manifest.json, and the original tool leaves the older ones in the catalog: then the
 * manifest is that of another image. It kept only the last part of the repository, so no more than that is compared.
 */
function checkName(manifest: Manifest, image: string, tag: string, manifestName: string): void {
  const lastPart = (name: string): string => name.slice(name.lastIndexOf('/') + 1)
  const names = manifest.RepoTags ?? []
  if (names.length === 0 || names.some((name) => lastPart(name) === lastPart(`${image}:${tag}`))) return
  throw new ImageError(
    'not-found',
    `${visible(`${image}:${tag}`)} was written over: ${visible(manifestName)} is that of ${visible(names.join(', '))} now.`,
    { remedy: 'Export several images into one directory with unique names.' },
  )
}

function load(files: ImageFiles, manifest: Manifest, references: readonly string[]): StoredImage {
  const what = `The image config ${visible(manifest.Config)}`
  const configBytes = readDocument(files, manifest.Config, what)
  const imageID = sha256Of(configBytes)
  const claimed = digestOfHex(/([^/]+)\.json$/.exec(manifest.Config)?.[1] ?? '')
  const warnings = checkClaim(claimed, imageID, configBytes, what)
  const config = parseConfig(configBytes, what)
  const { Layers: names } = manifest
  if (names.length !== config.diffIDs.length)
    throw new ImageError(
      'malformed',
      `The image has ${names.length} layers in its manifest, but ${config.diffIDs.length} in its config.`,
    )
  const layers = names.map((name, index) => {
    const range = files.find(name)
    if (!range) throw missing(files, name, `Layer ${index + 1} of ${names.length}`)
    return storedBlob(range)
  })
  return { references, imageID, configBytes, config, layers, warnings }
}
