import type { SourceSpec } from '../../../shared/uri.ts'
import type { Task } from '../../image/element.ts'
import { chooseImage } from './choose-image.ts'
import type { InputContext } from '../input-context.ts'
import { openStoredImages } from './open-stored-images.ts'
import { StoredInput } from './stored-input.ts'

/** An image in an OCI image layout: a folder, or an archive of one. */
export class LayoutImage extends StoredInput {
  static async open(
    spec: Extract<SourceSpec, { kind: 'layout' }>,
    context: InputContext,
    task: Task,
  ): Promise<LayoutImage> {
    await using stack = new AsyncDisposableStack()
    const stored = stack.use(await openStoredImages(spec.path, context, task))
    const input = new LayoutImage(stored, await chooseImage(stored, spec, task), context)
    stack.move()
    return input
  }
}
