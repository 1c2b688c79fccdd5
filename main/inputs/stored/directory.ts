import type { SourceSpec } from '../../../shared/uri.ts'
import type { Task } from '../../image/element.ts'
import { chooseImage } from './choose-image.ts'
import type { InputContext } from '../input-context.ts'
import { chooseInCatalog } from './image-directory.ts'
import { openStoredImages } from './open-stored-images.ts'
import { StoredInput } from './stored-input.ts'

/** An image in a directory of images, ours or the original Python tool's. */
export class DirReader extends StoredInput {
  static async open(
    spec: Extract<SourceSpec, { kind: 'dir' }>,
    context: InputContext,
    task: Task,
  ): Promise<DirReader> {
    await using stack = new AsyncDisposableStack()
    const stored = stack.use(await openStoredImages(spec.path, context, task))
    const choices = stored.kind === 'dir' ? chooseInCatalog(stored, spec) : stored.choices
    const image = await chooseImage({ ...stored, choices }, wishOf(stored.kind, spec), task)
    const input = new DirReader(stored, image, context)
    stack.move()
    return input
  }
}

/** A layout or tarball named as a directory has no catalog: there the image goes by its reference. */
function wishOf(kind: string, { image, tag }: { image?: string | undefined; tag?: string | undefined }) {
  if (kind === 'dir' || image === undefined) return {}
  return { image: tag === undefined ? image : `${image}:${tag}` }
}
