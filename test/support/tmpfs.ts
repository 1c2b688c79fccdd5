import { mkdir } from 'node:fs/promises'
import { command } from './command.ts'
import { TemporaryFolder } from './temporary-folder.ts'

/** A file system of its own in memory, of so many bytes and no more; `options` as mount takes them. */
export class Tmpfs implements AsyncDisposable {
  readonly path: string
  readonly #folder: TemporaryFolder

  private constructor(folder: TemporaryFolder, path: string) {
    this.#folder = folder
    this.path = path
  }

  static async mount(size: number, options = 'rw'): Promise<Tmpfs> {
    const folder = await TemporaryFolder.make()
    const path = folder.at('disk')
    await mkdir(path)
    await command('mount', ['-t', 'tmpfs', '-o', `size=${size},${options}`, 'tmpfs', path])
    return new Tmpfs(folder, path)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await command('umount', ['--lazy', this.path])
    await this.#folder[Symbol.asyncDispose]()
  }
}
