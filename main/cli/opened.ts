import { ImageError } from '../../shared/errors.ts'
import { pathBytesOf, type PathBytes } from '../../shared/path-bytes.ts'
import type { SourceSpec } from '../../shared/uri.ts'
import { OpenedImage } from '../engine/opened-image.ts'
import type { Session } from './session.ts'

/** One inflates while another is hashed; more only wait for the same two things. */
const DEFAULT_PARALLEL = 2

/** The image to look into, with every layer listed: those that are compressed and not known yet are read through here, several at once. */
export async function openListed(session: Session, source: SourceSpec): Promise<OpenedImage> {
  const { task, workspace } = session
  const image = await OpenedImage.open(source, workspace, task)
  try {
    const layers = (await image.layers()).filter((layer) => layer.size === undefined).values()
    const worker = async (): Promise<void> => {
      for (const layer of layers) await layer.entries(task.signal)
    }
    await Promise.all(Array.from({ length: session.options.parallel ?? DEFAULT_PARALLEL }, worker))
    await image.tables(task)
    task.clear()
    return image
  } catch (error) {
    await image[Symbol.asyncDispose]()
    throw error
  }
}

/** A path as typed: with or without a slash or `./` before it, or a slash behind. */
export function typedPath(text: string): PathBytes {
  const parts = text.split('/').filter((part) => part !== '' && part !== '.')
  return pathBytesOf(parts.join('/'))
}

/** `--layer N` as a number that the image has; undefined where it was not given. */
export function typedLayer(text: string | undefined, image: OpenedImage): number | undefined {
  if (text === undefined) return undefined
  const layer = Number(text)
  if (!/^\d+$/.test(text))
    throw new ImageError('usage', `"${text}" is not a layer.`, { remedy: 'Give its number; the base is 0.' })
  const count = image.info.layers.length
  if (layer >= count)
    throw new ImageError('not-found', `The image has no layer ${layer}.`, {
      remedy: `Its layers are 0 to ${count - 1}.`,
    })
  return layer
}
