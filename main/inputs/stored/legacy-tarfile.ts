import { fullReference } from '../../../shared/reference.ts'
import { z } from 'zod'
import type { Digest } from '../../../shared/digest.ts'
import { ImageError } from '../../../shared/errors.ts'
import { containerConfigSchema } from '../../../shared/schemas.ts'
import { visible } from '../../../shared/path-bytes.ts'
import type { LayerIndex } from '../../image/cache.ts'
import { decompress } from '../../image/compression.ts'
import { parseDocument } from '../../image/documents.ts'
import type { Task } from '../../image/element.ts'
import type { LayerBlob } from '../../image/file-layer.ts'
import { sha256Of, tapDigest } from '../../image/hashing.ts'
import { parseConfig } from '../../image/image-config.ts'
import { namedError } from '../../image/named-error.ts'
import { readRange } from '../../image/random-access.ts'
import { TarScan } from '../../image/tar-scan.ts'
import { configFromV1, parseV1, type V1Step } from '../../image/v1-config.ts'
import { missing, readDocument, type ImageFiles } from './image-files.ts'
import { storedBlob } from './stored-blob.ts'
import type { ImageChoice, StoredImages, StoredImage } from './stored-image.ts'

/** Docker's own limit on layers is 127. */
const CHAIN_LIMIT = 1024
const CHOICE_LIMIT = 1024

const v1IdSchema = z.string().regex(/^[0-9a-f]{64}$/)

/** Docker's image-spec v1: name, tag, and the id of the topmost layer. */
const repositoriesSchema = z.record(z.string(), z.record(z.string(), v1IdSchema))

/** One layer's `json`, as far as the chain goes by it; the topmost one is the image's config. */
const v1Schema = z.object({
  id: v1IdSchema.nullish(),
  parent: v1IdSchema.or(z.literal('')).nullish(),
  config: containerConfigSchema.nullish(),
})

interface ChainLink {
  readonly step: V1Step
  readonly blob: LayerBlob
}

/** The images of what engines before 1.10 wrote: a chain of layers by v1 ids, with neither diffIDs nor a config. */
export function legacyArchive(archive: ImageFiles, index: LayerIndex): StoredImages {
  const bytes = readDocument(archive, 'repositories', 'repositories')
  const repositories = parseDocument(bytes, repositoriesSchema, 'repositories')
  const tops = new Map<string, string[]>()
  for (const [name, tags] of Object.entries(repositories))
    for (const [tag, id] of Object.entries(tags)) {
      const references = tops.get(id) ?? []
      const reference = fullReference(`${name}:${tag}`)
      if (reference !== undefined) references.push(reference)
      tops.set(id, references)
    }
  if (tops.size === 0)
    throw new ImageError(
      'not-an-image',
      `${visible(archive.path)} is an old docker archive that names no image.`,
    )
  if (tops.size > CHOICE_LIMIT)
    throw new ImageError('limit', `repositories lists more than ${CHOICE_LIMIT} images.`)
  const reader: Reader = { archive, index, diffIDs: new Map() }
  return {
    kind: 'tar',
    format: 'docker archive (before 1.10)',
    path: archive.path,
    choices: [...tops].map(([id, references]) => choiceOf(reader, id, references)),
    warnings: [],
    [Symbol.asyncDispose]: () => archive[Symbol.asyncDispose](),
  }
}

interface Reader {
  readonly archive: ImageFiles
  readonly index: LayerIndex
  /** What was read before, by where it lies: images share layers, and hostile ones share a large one a thousand times. */
  readonly diffIDs: Map<number, Digest>
}

function choiceOf(reader: Reader, id: string, references: readonly string[]): ImageChoice {
  return { references, names: [id], load: (task) => load(reader, id, references, task) }
}

async function load(
  reader: Reader,
  id: string,
  references: readonly string[],
  task: Task,
): Promise<StoredImage> {
  const chain = chainOf(reader.archive, id)
  const diffIDs: Digest[] = []
  for (const [position, { blob }] of chain.entries()) {
    const step = `Reading layer ${position + 1} of ${chain.length}`
    try {
      const diffID = reader.diffIDs.get(blob.offset) ?? (await diffIDOf(blob, step, reader.index, task))
      reader.diffIDs.set(blob.offset, diffID)
      diffIDs.push(diffID)
    } catch (error) {
      throw namedError(error, `Layer ${position + 1} of ${chain.length}`)
    }
  }
  const configBytes = configFromV1(
    chain.map((link) => link.step),
    diffIDs,
  )
  return {
    references,
    imageID: sha256Of(configBytes),
    configBytes,
    config: parseConfig(configBytes),
    layers: chain.map((link) => link.blob),
    warnings: [
      {
        code: 'config-synthesised',
        message:
          'The archive is from before Docker 1.10 and has no image config: one was made from its layers, as docker load did, and the image ID with it.',
      },
    ],
  }
}

/** The links from the base to the topmost layer. */
function chainOf(archive: ImageFiles, top: string): ChainLink[] {
  const links: ChainLink[] = []
  const seen = new Set<string>()
  let id: string | null | undefined = top
  while (id) {
    if (seen.has(id))
      throw new ImageError('malformed', `The layers of ${visible(archive.path)} are each other's parents.`)
    if (seen.size === CHAIN_LIMIT)
      throw new ImageError(
        'limit',
        `${visible(archive.path)} has more than ${CHAIN_LIMIT} layers in one image.`,
      )
    seen.add(id)
    const what: string = `The layer description ${id}/json`
    const bytes = readDocument(archive, `${id}/json`, what)
    const json: z.output<typeof v1Schema> = parseDocument(bytes, v1Schema, what)
    if (json.id && json.id !== id) throw new ImageError('malformed', `${what} is that of another layer.`)
    const range = archive.find(`${id}/layer.tar`)
    if (!range) throw missing(archive, `${id}/layer.tar`, 'A layer')
    links.unshift({ step: parseV1(bytes, what), blob: storedBlob(range) })
    id = json.parent
  }
  return links
}

/** Reads the layer through for its diffID, and keeps its entries: nobody needs to read it again for them. */
async function diffIDOf(blob: LayerBlob, step: string, index: LayerIndex, task: Task): Promise<Digest> {
  const scan = new TarScan()
  let done = 0
  const outcome: { digest?: Digest; size: number } = { size: 0 }
  const stored = readRange(blob.open(), blob.offset, blob.size, task.signal)
  const bytes = tapDigest(decompress(blob.compression, stored, task.signal), (digest, size) => {
    Object.assign(outcome, { digest, size })
  })
  for await (const chunk of bytes) {
    scan.push(chunk)
    task.progress(step, (done += chunk.length), blob.compression === 'none' ? blob.size : undefined)
  }
  const { digest, size } = outcome
  if (digest === undefined) throw new ImageError('truncated', 'The data ends before it should.')
  const result = scan.end()
  if ('error' in result) throw result.error
  // A full disk there must not keep the image from opening.
  await index.put(digest, { table: result.table, size }).catch(() => {})
  return digest
}
