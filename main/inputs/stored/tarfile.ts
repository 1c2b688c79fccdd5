import { isDamage } from '../../image/damage.ts'
import type { SourceSpec } from '../../../shared/uri.ts'
import type { Task } from '../../image/element.ts'
import { chooseImage } from './choose-image.ts'
import type { InputContext } from '../input-context.ts'
import { openStoredImages } from './open-stored-images.ts'
import { StoredInput } from './stored-input.ts'

/** `tarfile.Image`: an image in a tarball of any kind, recognised by what the tarball holds. */
export class TarfileImage extends StoredInput {
  static async open(
    spec: Extract<SourceSpec, { kind: 'tar' }>,
    context: InputContext,
    task: Task,
  ): Promise<TarfileImage> {
    for (;;) {
      await using stack = new AsyncDisposableStack()
      const stored = stack.use(await openStoredImages(spec.path, context, task))
      try {
        const input = new TarfileImage(stored, await chooseImage(stored, spec, task), context)
        stack.move()
        return input
      } catch (error) {
        if (!isDamage(error) || !(await stored.discardCopy?.())) throw error
      }
    }
  }
}
