import type { RareFields } from '../../image/entry-table.ts'
import type { FileStat } from '../../image/image-tree.ts'
import type { PathBytes } from '../../../shared/path-bytes.ts'
import type { FileBatch } from './file-batch.ts'

/** Files of one message to a thread: with more, what the messages leave behind grows, and nothing gets faster. */
export const BATCH = 512

/** Collects at most BATCH files, in the order of their content. */
export class BatchBuilder {
  length = 0
  readonly #paths: PathBytes[] = []
  readonly #pathEnds = new Uint32Array(BATCH)
  readonly #offsets = new Float64Array(BATCH)
  readonly #storedSizes = new Float64Array(BATCH)
  readonly #sizes = new Float64Array(BATCH)
  readonly #modes = new Uint16Array(BATCH)
  readonly #uids = new Uint32Array(BATCH)
  readonly #gids = new Uint32Array(BATCH)
  readonly #mtimes = new Float64Array(BATCH)
  readonly #mtimeNanoseconds = new Uint32Array(BATCH)
  readonly #rare = new Map<number, RareFields>()
  #end = 0

  add(path: PathBytes, stat: FileStat, offset: number): void {
    const i = this.length++
    this.#paths.push(path)
    this.#pathEnds[i] = this.#end += path.length
    this.#offsets[i] = offset
    // A hard link to nothing is a file without content.
    this.#storedSizes[i] = stat.rare?.storedSize ?? stat.size
    this.#sizes[i] = stat.size
    this.#modes[i] = stat.mode
    this.#uids[i] = stat.uid
    this.#gids[i] = stat.gid
    this.#mtimes[i] = stat.mtime
    this.#mtimeNanoseconds[i] = stat.mtimeNanoseconds
    if (stat.rare) this.#rare.set(i, stat.rare)
  }

  build(): FileBatch {
    const { length } = this
    return {
      length,
      paths: Buffer.from(this.#paths.join(''), 'latin1'),
      pathEnds: this.#pathEnds,
      offsets: this.#offsets,
      storedSizes: this.#storedSizes,
      sizes: this.#sizes,
      modes: this.#modes,
      uids: this.#uids,
      gids: this.#gids,
      mtimes: this.#mtimes,
      mtimeNanoseconds: this.#mtimeNanoseconds,
      rare: this.#rare,
    }
  }
}
