import type { Candidate } from '../../../shared/contract.ts'
import { ImageError } from '../../../shared/errors.ts'
import type { FileSource } from '../../../shared/uri.ts'
import type { Task } from '../../image/element.ts'
import type { InputContext } from '../input-context.ts'
import { openStoredImages } from './open-stored-images.ts'
import { layerInfos } from './stored-input.ts'
import type { ImageChoice, StoredImages, StoredImage } from './stored-image.ts'

/** Every image in a file or folder, each with the source that opens exactly that one. Fails where there is none. */
export async function listCandidates(path: string, context: InputContext, task: Task): Promise<Candidate[]> {
  await using stored = await openStoredImages(path, context, task)
  const candidates: Candidate[] = []
  let failure: unknown
  for (const [index, choice] of stored.choices.entries()) {
    task.signal.throwIfAborted()
    try {
      const image = await choice.load(task)
      candidates.push(await candidateOf(stored, choice, index, image, context))
    } catch (error) {
      if (!(error instanceof ImageError)) throw error
      // One damaged image among others must not hide them.
      failure ??= error
      task.warn({ code: 'image-unreadable', message: error.message })
    }
  }
  if (candidates.length === 0) throw failure
  return candidates
}

async function candidateOf(
  stored: StoredImages,
  choice: ImageChoice,
  index: number,
  image: StoredImage,
  context: InputContext,
): Promise<Candidate> {
  const sizes = (await layerInfos(image, context)).map((layer) => layer.size)
  return {
    source: sourceOf(stored, choice, index),
    references: [...image.references],
    imageID: image.imageID,
    platform: image.config.platform,
    size: sizes.every((size) => size !== null) ? sizes.reduce((sum, size) => sum + size, 0) : null,
  }
}

/** The only image needs no choosing; one of several goes by its name where no other has it, or else by its place. */
function sourceOf(stored: StoredImages, choice: ImageChoice, index: number): FileSource {
  const { kind, path } = stored
  if (stored.choices.length === 1) return { kind, path }
  if (kind === 'dir') return { kind, path, ...choice.catalog }
  const own = choice.references.find(
    (reference) => stored.choices.filter((other) => other.references.includes(reference)).length === 1,
  )
  return { kind, path, image: own ?? choice.digest ?? `#${index + 1}` }
}
