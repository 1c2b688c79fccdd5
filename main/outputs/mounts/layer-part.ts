import { NO_VERSION, type ImageTree } from '../../image/image-tree.ts'
import { NO_NODE, ROOT_NODE } from '../../image/path-nodes.ts'
import type { PathBytes } from '../../../shared/path-bytes.ts'
import type { ForeignLinks } from './foreign-links.ts'
import { selfContained, type Hiding } from './self-contained.ts'

/** What the folder of one layer holds, in overlay's own form. */
export interface LayerPart {
  readonly layer: number
  /** Whether the folder is the same whatever lies below it. */
  readonly isIndependent: boolean
  /** In an order in which parents come first. */
  readonly nodes: ReadonlySet<number>
  readonly whiteouts: readonly PathBytes[]
  /** Directories that hide what lower layers have in them. */
  readonly opaque: readonly PathBytes[]
  /** Devices 0:0 of the image, which overlay takes for whiteouts. */
  readonly unshown: readonly PathBytes[]
}

/** What a layer's folder holds: all that was born in the layer and lived to its end, at the place where the whole tree has it. */
export function layerPart(tree: ImageTree, layer: number, links: ForeignLinks): LayerPart {
  return new PartBuilder(tree, layer, links).build()
}

class PartBuilder {
  readonly #tree: ImageTree
  readonly #layer: number
  readonly #links: ForeignLinks
  readonly #nodes = new Set<number>([ROOT_NODE])
  readonly #opaque = new Set<number>()
  readonly #whiteouts = new Map<number, PathBytes>()
  readonly #unshown: number[] = []

  constructor(tree: ImageTree, layer: number, links: ForeignLinks) {
    this.#tree = tree
    this.#layer = layer
    this.#links = links
  }

  build(): LayerPart {
    const table = this.#tree.layers[this.#layer]
    this.#addBorn()
    const own = table && this.#unshown.length === 0 ? selfContained(table) : undefined
    const isIndependent = own !== undefined && this.#addOwnHidings(own)
    if (!isIndependent) this.#addHidings()
    for (const node of this.#opaque) this.#add(node)
    for (const node of this.#whiteouts.keys()) this.#addParents(node)
    const nodes = [...this.#nodes].sort((a, b) => a - b)
    const pathOf = (node: number): PathBytes => this.#tree.nodes.path(node)
    return {
      layer: this.#layer,
      isIndependent,
      // A node is numbered when its parent has its number.
      nodes: new Set(nodes),
      // Overlay does not look for whiteouts where nothing lies below: it would show them.
      whiteouts: [...this.#whiteouts].filter(([node]) => !this.#isInOpaque(node)).map(([, path]) => path),
      opaque: [...this.#opaque].map(pathOf),
      unshown: this.#unshown.map(pathOf),
    }
  }

  #addBorn(): void {
    const { versions } = this.#tree
    const [from, to] = this.#links.versionsOf(this.#layer)
    for (let version = from; version < to; version++) {
      const node = versions.node.at(version)
      if (!this.#tree.isAliveAt(version, this.#layer)) continue
      if (this.#isNoDevice(version)) {
        this.#unshown.push(node)
        if (this.#hasBelow(node)) this.#whiteouts.set(node, this.#tree.nodes.path(node))
        continue
      }
      this.#add(node)
      if (this.#tree.type(version) === 'directory' && this.#replacedHere(version)) this.#opaque.add(node)
      // All names of a file of a lower layer come up with its new one, or they would be two files.
      for (const name of this.#links.namesAt(versions.inode.at(version), this.#layer)) this.#add(name)
    }
  }

  #add(node: number): void {
    this.#nodes.add(node)
    this.#addParents(node)
  }

  #addParents(node: number): void {
    const { nodes } = this.#tree
    for (let at = nodes.parent(node); at > ROOT_NODE && !this.#nodes.has(at); at = nodes.parent(at))
      this.#nodes.add(at)
  }

  /** Whiteouts as the layer's entries have them, whatever they hide; false where one has no place in this image. */
  #addOwnHidings(hidings: readonly Hiding[]): boolean {
    const { nodes } = this.#tree
    for (const { path, isOpaque } of hidings) {
      const node = nodes.find(path)
      const parent = nodes.find(path.slice(0, Math.max(path.lastIndexOf('/'), 0)))
      if (isOpaque || this.#isAlive(node)) this.#addHiding(node)
      else if (!this.#isDirectoryAt(parent, this.#layer - 1) || node === NO_NODE) {
        this.#opaque.clear()
        this.#whiteouts.clear()
        return false
      } else this.#whiteouts.set(node, path)
    }
    return true
  }

  #addHidings(): void {
    const { layer, node } = this.#tree.hidings
    for (let i = 0; i < layer.length; i++) if (layer.at(i) === this.#layer) this.#addHiding(node.at(i))
  }

  #addHiding(node: number): void {
    const { nodes } = this.#tree
    if (this.#isDirectoryAt(node, this.#layer)) this.#opaque.add(node)
    else if (!this.#isAlive(node) && this.#isDirectoryAt(nodes.parent(node), this.#layer))
      this.#whiteouts.set(node, nodes.path(node))
  }

  #isInOpaque(node: number): boolean {
    const { nodes } = this.#tree
    for (let at = nodes.parent(node); at !== NO_NODE; at = nodes.parent(at))
      if (this.#opaque.has(at)) return true
    return false
  }

  #isAlive(node: number): boolean {
    return this.#tree.versionAt(node, this.#layer) !== NO_VERSION
  }

  #hasBelow(node: number): boolean {
    return this.#layer > 0 && this.#tree.versionAt(node, this.#layer - 1) !== NO_VERSION
  }

  #isDirectoryAt(node: number, layer: number): boolean {
    if (layer < 0) return false
    const version = this.#tree.versionAt(node, layer)
    return version !== NO_VERSION && this.#tree.type(version) === 'directory'
  }

  /** Whether the layer itself had something else there before: that ended what lower layers have in it. */
  #replacedHere(version: number): boolean {
    const { previous, born } = this.#tree.versions
    for (
      let before = previous.at(version);
      before !== NO_VERSION && born.at(before) === this.#layer;
      before = previous.at(before)
    )
      if (this.#tree.type(before) !== 'directory') return true
    return false
  }

  #isNoDevice(version: number): boolean {
    if (this.#tree.type(version) !== 'char') return false
    const { device } = this.#tree.stat(version).rare ?? {}
    return (device?.major ?? 0) === 0 && (device?.minor ?? 0) === 0
  }
}
