import { linkSync } from 'node:fs'
import { ImageError } from '../../../shared/errors.ts'
import { hostLibc } from '../rootfs/host-libc.ts'

/** S_IFCHR. */
const CHARACTER = 0o020000

/** Makes overlay's whiteouts (a character device 0:0, which since Linux 5.8 every user may make), all of a layer as names of one. */
export class Whiteouts {
  #first: Buffer | undefined

  make(place: Buffer): void {
    if (this.#first)
      try {
        linkSync(this.#first, place)
        return
      } catch (error) {
        // A file has so many names at most.
        if ((error as NodeJS.ErrnoException).code !== 'EMLINK') throw error
      }
    try {
      hostLibc().makeNode(place, CHARACTER, 0, 0)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error
      throw new ImageError('unsupported', 'This system lets only root mark a file as deleted for overlay.', {
        remedy: 'Run it as root, or on Linux 5.8 or later.',
        cause: error,
      })
    }
    this.#first = place
  }
}
