import type { Digest } from '../../shared/digest.ts'
import { reportOf } from '../../shared/errors.ts'
import type { ImageInfo } from '../../shared/image.ts'
import { nameOfSource } from '../../shared/source-name.ts'
import type { SourceSpec } from '../../shared/uri.ts'
import type { ImageInput, Layer, Need, Task } from '../image/element.ts'
import { tapDigest } from '../image/hashing.ts'
import { scanTar } from '../image/tar-reader.ts'
import type { Workspace } from '../store/workspace.ts'
import { readWithHashes } from './file-hashes.ts'

export interface IndexedImage {
  readonly info: ImageInfo
  /** Layers that were read; the others were in the index. */
  readonly read: number
}

/**
 * Reads every layer that is not in the index through: its bytes are verified, its entries are kept. Then notes the image, so that a search
 * over all images finds what is in it.
 */
export async function indexLayers(
  input: ImageInput,
  source: SourceSpec,
  workspace: Workspace,
  task: Task,
): Promise<IndexedImage> {
  const before = await input.inspect(task)
  const missing = await missingLayers(before, workspace)
  // An engine would export the whole image for its config alone.
  if (missing.size > 0) await readLayers(input, workspace, task)
  // What was read may have told the config's own digest, by which the image is noted.
  const info = missing.size > 0 ? await input.inspect(task) : before
  await workspace.catalogue.remember(info, source).catch((error: unknown) => {
    const { message, detail } = reportOf(error)
    task.warn({
      code: 'not-remembered',
      message: `${nameOfSource(source)} is not among the images that are searched: ${message}`,
      ...(detail === undefined ? {} : { detail }),
    })
  })
  return { info, read: missing.size }
}

async function missingLayers({ layers }: ImageInfo, { index }: Workspace): Promise<ReadonlySet<Digest>> {
  const missing = new Set<Digest>()
  for (const { diffID } of layers) if (!(await index.has(diffID))) missing.add(diffID)
  return missing
}

async function readLayers(input: ImageInput, workspace: Workspace, task: Task): Promise<void> {
  const { index } = workspace
  const need = async (diffID: Digest): Promise<Need> => ((await index.has(diffID)) ? 'skip' : 'once')
  for await (const [type, diffID, layer] of input.fetch(need, task, { isAnyOrder: true })) {
    if (type !== 'layer' || !layer) continue
    // Not after it: what was paused while it read its last layer is done with that.
    await task.pauseHere?.()
    await readLayer(diffID, layer, workspace, task)
  }
}

async function readLayer(
  diffID: Digest,
  layer: Layer,
  { index, hashes }: Workspace,
  task: Task,
): Promise<void> {
  // The entries are what was asked for: hashes that cannot be kept are computed again by whoever wants them.
  await readWithHashes(layer, (found) => hashes.put(diffID, found).catch(() => {}), task.signal)
  // An input may have kept the entries as they passed.
  if (await index.has(diffID)) return
  let size = 0
  const bytes = tapDigest(layer.stream(task.signal), (_, length) => {
    size = length
  })
  const table = await scanTar(bytes)
  await index.put(diffID, { table, size })
}
