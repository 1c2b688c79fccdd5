import type { ImageTree } from '../../image/image-tree.ts'

/** Versions by layer, and the names of files that a later layer gave another name. */
export class ForeignLinks {
  readonly #tree: ImageTree
  /** Where the versions of each layer start; they stand layer by layer. */
  readonly #starts: Int32Array
  /** Of each such inode, the versions that are its names. */
  readonly #names = new Map<number, number[]>()

  constructor(tree: ImageTree) {
    this.#tree = tree
    const { born, inode } = tree.versions
    this.#starts = new Int32Array(tree.layers.length + 1).fill(tree.versionCount)
    for (let version = tree.versionCount - 1; version >= 0; version--)
      this.#starts[born.at(version)] = version
    // A layer without versions starts where the next one does.
    for (let layer = tree.layers.length - 1; layer >= 0; layer--)
      this.#starts[layer] = Math.min(this.#starts[layer] as number, this.#starts[layer + 1] as number)
    for (let version = 0; version < tree.versionCount; version++)
      if (born.at(inode.at(version)) < born.at(version)) this.#names.set(inode.at(version), [])
    if (this.#names.size > 0)
      for (let version = 0; version < tree.versionCount; version++)
        this.#names.get(inode.at(version))?.push(version)
  }

  /** The versions that a layer made, as a range. */
  versionsOf(layer: number): readonly [from: number, to: number] {
    return [this.#starts[layer] as number, this.#starts[layer + 1] as number]
  }

  /** The nodes that are names of an inode at the time of a layer after its own; none for an inode of the layer. */
  *namesAt(inode: number, layer: number): Generator<number, void, undefined> {
    const { born, node } = this.#tree.versions
    const names = this.#names.get(inode)
    if (!names || born.at(inode) === layer) return
    for (const version of names) if (this.#tree.isAliveAt(version, layer)) yield node.at(version)
  }
}
