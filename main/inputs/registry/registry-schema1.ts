import type { Digest } from '../../../shared/digest.ts'
import { ImageError } from '../../../shared/errors.ts'
import { DOCKER_LAYER_GZIP } from '../../../shared/media-types.ts'
import { sniffCompression, decompress } from '../../image/compression.ts'
import type { LayerIndex } from '../../image/cache.ts'
import type { Task } from '../../image/element.ts'
import { sha256Of, tapDigest } from '../../image/hashing.ts'
import { parseConfig } from '../../image/image-config.ts'
import { namedError } from '../../image/named-error.ts'
import { TarScan } from '../../image/tar-scan.ts'
import { configFromV1 } from '../../image/v1-config.ts'
import type { BlobStore, RemoteBlob } from '../../registry/blob-store.ts'
import type { Repository } from '../../registry/repository.ts'
import { parseSchema1 } from '../../registry/schema1.ts'
import type { FoundManifest, RegistryImageParts, RegistryLayerInfo } from './registry-image.ts'

/**
 * An image of a schema 1 manifest. It has no config and no diffIDs: all layers are fetched and read once to make them, as Docker does when
 * it pulls such an image, and with the same image ID.
 */
export async function loadSchema1(
  found: Extract<FoundManifest, { kind: 'schema1' }>,
  repository: Repository,
  blobs: BlobStore,
  index: LayerIndex,
  task: Task,
): Promise<RegistryImageParts> {
  const { document, reference } = found
  const { steps, layers } = parseSchema1(document.bytes, `The manifest of ${reference}`)
  const wanted = layers.map((digest, i) => {
    const what = `Layer ${i + 1} of ${layers.length}`
    return { digest, size: undefined, what, source: repository.blob(digest, what) }
  })
  // All are asked for at once, and read in their order as they come.
  const coming = wanted.map((one) => blobs.get(one))
  for (const blob of coming) blob.catch(() => {})
  const diffIDs = new Map<Digest, Digest>()
  const infos: RegistryLayerInfo[] = []
  for (const [i, { digest, what }] of wanted.entries()) {
    const blob = await (coming[i] as Promise<RemoteBlob>)
    if (!diffIDs.has(digest)) diffIDs.set(digest, await diffIDOf(blob, what, index, task))
    infos.push({ digest, size: (await blob.whole()).size, mediaType: DOCKER_LAYER_GZIP, urls: [] })
  }
  const configBytes = configFromV1(
    steps,
    layers.map((digest) => diffIDs.get(digest) as Digest),
  )
  return {
    reference,
    digest: document.digest,
    imageID: sha256Of(configBytes),
    configBytes,
    config: parseConfig(configBytes),
    layers: infos,
    warnings: [
      {
        code: 'config-synthesised',
        message:
          'The image is of Docker’s old schema 1 and has no config: one was made from its layers, as docker pull did, and the image ID with it.',
      },
    ],
  }
}

/** Reads the layer through for its diffID, and keeps its entries: nobody needs to read it again for them. */
async function diffIDOf(blob: RemoteBlob, what: string, index: LayerIndex, task: Task): Promise<Digest> {
  const scan = new TarScan()
  const outcome: { digest?: Digest; size: number } = { size: 0 }
  try {
    const bytes = tapDigest(uncompressed(blob, task.signal), (digest, size) =>
      Object.assign(outcome, { digest, size }),
    )
    let done = 0
    for await (const chunk of bytes) {
      scan.push(chunk)
      task.progress(`Reading ${what.toLowerCase()}`, (done += chunk.length))
    }
    await blob.whole()
  } catch (error) {
    throw namedError(error, what)
  }
  const { digest, size } = outcome
  if (digest === undefined) throw new ImageError('truncated', `${what} ends before it should.`)
  const result = scan.end()
  if ('error' in result) throw namedError(result.error, what)
  // A full disk there must not keep the image from opening.
  await index.put(digest, { table: result.table, size }).catch(() => {})
  return digest
}

async function* uncompressed(
  blob: RemoteBlob,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  let head: Uint8Array = new Uint8Array(0)
  for await (const chunk of blob.read(0, signal)) {
    head = Buffer.from(chunk.subarray(0, 8))
    break
  }
  yield* decompress(sniffCompression(head), blob.read(0, signal), signal)
}
