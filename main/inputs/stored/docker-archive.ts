import { fullReference } from '../../../shared/reference.ts'
import { z } from 'zod'
import { digestOfHex, type Digest } from '../../../shared/digest.ts'
import { ImageError } from '../../../shared/errors.ts'
import type { Warning } from '../../../shared/image.ts'
import { visible } from '../../../shared/path-bytes.ts'
import { parseDocument, parseJson } from '../../image/documents.ts'
import { sha256Of } from '../../image/hashing.ts'
import { parseConfig } from '../../image/image-config.ts'
import { notAnImageTar } from './content-words.ts'
import { missing, readDocument, type ImageFiles } from './image-files.ts'
import { isPythonJson } from './python-json.ts'
import { storedBlob } from './stored-blob.ts'
import type { ImageChoice, StoredImages, StoredImage } from './stored-image.ts'

/** Docker's image-spec v1.2, “Combined Image JSON + Filesystem Changeset Format”: manifest.json. */
const manifestSchema = z
  .array(
    z.object({
      Config: z.string().min(1).max(4096),
      RepoTags: z.array(z.string()).nullish(),
      Layers: z.array(z.string().min(1).max(4096)).nullish(),
    }),
  )
  .min(1)
  .max(1024)
type ManifestEntry = z.output<typeof manifestSchema>[number]

/** The images of what docker save, podman save, skopeo and their relatives write. */
export function dockerArchive(archive: ImageFiles): StoredImages {
  const what = 'manifest.json'
  const bytes = readDocument(archive, 'manifest.json', what)
  // Web applications have a manifest.json, too; theirs is an object.
  if (!Array.isArray(parseJson(bytes, what)))
    throw notAnImageTar(archive.path, 'its manifest.json is of something else')
  const entries = parseDocument(bytes, manifestSchema, what)
  return {
    kind: 'tar',
    format: 'docker archive',
    path: archive.path,
    warnings: [],
    choices: entries.map((entry) => choiceOf(archive, entry)),
    [Symbol.asyncDispose]: () => archive[Symbol.asyncDispose](),
  }
}

function choiceOf(archive: ImageFiles, entry: ManifestEntry): ImageChoice {
  const references = (entry.RepoTags ?? []).map(fullReference).filter((name) => name !== undefined)
  return {
    references,
    names: [],
    load: async () => load(archive, entry, references),
  }
}

function load(archive: ImageFiles, entry: ManifestEntry, references: readonly string[]): StoredImage {
  const what = `The image config ${visible(entry.Config)}`
  const configBytes = readDocument(archive, entry.Config, what)
  const imageID = sha256Of(configBytes)
  const warnings = checkClaim(claimOf(entry.Config), imageID, configBytes, what)
  const config = parseConfig(configBytes, what)
  const names = entry.Layers ?? []
  if (names.length !== config.diffIDs.length)
    throw new ImageError(
      'malformed',
      `The image has ${names.length} layers in manifest.json, but ${config.diffIDs.length} in its config.`,
    )
  const layers = names.map((name, index) => {
    const range = archive.find(name)
    if (!range) throw missing(archive, name, `Layer ${index + 1} of ${names.length}`)
    return storedBlob(range, { digest: blobClaim(name) })
  })
  return { references, imageID, configBytes, config, layers, warnings }
}

/** The digest that a config's name claims: `<hex>.json`, `blobs/sha256/<hex>`, or go-containerregistry's `sha256:<hex>`. */
function claimOf(name: string): Digest | undefined {
  const digits = /(?:^|\/|sha256:)([0-9a-f]{64})(?:\.json)?$/.exec(name)?.[1]
  return digits === undefined ? undefined : digestOfHex(digits)
}

/** A layer's name claims the digest of its bytes as stored only where it is a blob's; elsewhere it is a v1 id or a diffID. */
function blobClaim(name: string): Digest | undefined {
  const digits = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(name)?.[1]
  return digits === undefined ? undefined : digestOfHex(digits)
}

/**
 * A config must be what its name claims, with one exception: the original Python tool wrote configs anew under their old names. Those
 * have a form of their own that nothing else writes, and get a warning.
 */
export function checkClaim(
  claimed: Digest | undefined,
  imageID: Digest,
  bytes: Uint8Array,
  what: string,
): Warning[] {
  if (claimed === undefined || claimed === imageID) return []
  const detail = `named ${claimed}\nfound ${imageID}`
  if (isPythonJson(bytes))
    return [
      {
        code: 'config-rewritten',
        message: 'The image config was written anew by the tool that made this, which changed the image ID.',
        detail,
      },
    ]
  throw new ImageError('digest-mismatch', `${what} is not what its digest says.`, {
    remedy: 'The image is damaged or was altered; fetch or save it again.',
    detail,
  })
}
