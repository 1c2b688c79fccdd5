import { copyFile, link, lstat, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncFolder, type Staging } from './staging.ts'

/** Moves files into a folder one after the other, each in one step, and can take them all back while it stands. */
export class ReversibleMoves {
  readonly #staging: Staging
  readonly #undo: (() => Promise<void>)[] = []

  constructor(staging: Staging) {
    this.#staging = staging
  }

  /** What had that name stays in the staging folder until then; at no time is the name free. */
  async move(from: string, to: string): Promise<void> {
    const isReplaced = await lstat(to).then(
      () => true,
      () => false,
    )
    if (isReplaced) {
      const backup = this.#staging.file(`replaced-${this.#undo.length}`)
      await link(to, backup).catch(() => copyFile(to, backup))
      this.#undo.push(() => rename(backup, to))
    } else this.#undo.push(() => rm(to, { force: true }))
    await rename(from, to)
    await syncFolder(dirname(to))
  }

  /** For what has to be taken back besides. */
  defer(undo: () => Promise<void>): void {
    this.#undo.push(undo)
  }

  /** As far as the system lets it: the error that led here is the one to show. */
  async takeBack(): Promise<void> {
    for (const undo of this.#undo.toReversed()) await undo().catch(() => {})
  }
}
