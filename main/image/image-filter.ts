import type { Digest } from '../../shared/digest.ts'
import type { ImageElement, ImageOutput, Need } from './element.ts'

/** An output around an output: what a filter does not change passes through. Disposing it disposes what it wraps. */
export abstract class ImageFilter implements ImageOutput {
  protected readonly next: ImageOutput

  constructor(next: ImageOutput) {
    this.next = next
  }

  fetchCallback(diffID: Digest): Need | Promise<Need> {
    return this.next.fetchCallback(diffID)
  }

  processImageElement(...element: ImageElement): Promise<void> {
    return this.next.processImageElement(...element)
  }

  finalize(): Promise<void> {
    return this.next.finalize()
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.next[Symbol.asyncDispose]()
  }
}
