import { dirname } from 'node:path'
import { noSpace, roomAt } from './disk-space.ts'

/** How often a writer looks at what room is left. */
const CHECK_BYTES = 64 * 1024 ** 2

/** Keeps one writer out of the disk's reserve. */
export class RoomGuard {
  readonly #path: string
  #room: number
  #unchecked = 0

  private constructor(path: string, room: number) {
    this.#path = path
    this.#room = room
  }

  /** `path` is the file to be written, in a folder that is there. Fails with `no-space` where there is no room at all. */
  static async at(path: string): Promise<RoomGuard> {
    const folder = dirname(path)
    const room = await roomAt(folder)
    if (room <= 0) throw noSpace(folder)
    return new RoomGuard(path, room)
  }

  /** Before so many bytes are written. Fails with `no-space`. */
  async spend(bytes: number): Promise<void> {
    this.#unchecked += bytes
    if (this.#unchecked < CHECK_BYTES && this.#unchecked <= this.#room) return
    const folder = dirname(this.#path)
    this.#room = (await roomAt(folder)) - bytes
    this.#unchecked = 0
    if (this.#room < 0) throw noSpace(folder)
  }
}
