import type { SourceSpec } from '../../shared/uri.ts'
import type { Task } from '../image/element.ts'
import { chooseImage } from './choose-image.ts'
import type { InputContext } from './input-context.ts'
import { openShelf } from './open-shelf.ts'
import { StoredInput } from './stored-input.ts'

/** An image in an OCI image layout: a folder, or an archive of one. */
export class LayoutImage extends StoredInput {
  static async open(
    spec: Extract<SourceSpec, { kind: 'layout' }>,
    context: InputContext,
    task: Task,
  ): Promise<LayoutImage> {
    await using stack = new AsyncDisposableStack()
    const shelf = stack.use(await openShelf(spec.path, context, task))
    const input = new LayoutImage(shelf, await chooseImage(shelf, spec, task), context)
    stack.move()
    return input
  }
}
