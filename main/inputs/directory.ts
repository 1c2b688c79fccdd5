import type { SourceSpec } from '../../shared/uri.ts'
import type { Task } from '../image/element.ts'
import { chooseImage } from './choose-image.ts'
import type { InputContext } from './input-context.ts'
import { chooseInCatalog } from './image-directory.ts'
import { openShelf } from './open-shelf.ts'
import { StoredInput } from './stored-input.ts'

/** An image in a directory of images, ours or the original Python tool's. */
export class DirReader extends StoredInput {
  static async open(
    spec: Extract<SourceSpec, { kind: 'dir' }>,
    context: InputContext,
    task: Task,
  ): Promise<DirReader> {
    await using stack = new AsyncDisposableStack()
    const shelf = stack.use(await openShelf(spec.path, context, task))
    const choices = chooseInCatalog(shelf, spec)
    const image = await chooseImage({ ...shelf, choices }, {}, task)
    const input = new DirReader(shelf, image, context)
    stack.move()
    return input
  }
}
