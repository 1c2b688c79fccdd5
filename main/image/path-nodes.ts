import { getRandomValues } from 'node:crypto'
import type { PathBytes } from '../../shared/path-bytes.ts'
import { grownBuffer } from './grown-buffer.ts'
import { IntColumn } from './int-column.ts'

/** No such node. */
export const NO_NODE = -1
export const ROOT_NODE = 0
/** Bytes of a name, more than most have. */
const USUAL_NAME = 24

/**
 * Every path that was ever seen, as nodes numbered from 0 (the root): a parent, a name, children. One hash table finds a child by its
 * parent and name, so that a directory of a million is as good as one of ten, and no string is made for a path.
 */
export class PathNodes {
  readonly #parents: IntColumn
  readonly #nameEnds: IntColumn
  readonly #firstChildren: IntColumn
  readonly #lastChildren: IntColumn
  readonly #nextSiblings: IntColumn
  #names: Buffer<ArrayBuffer>
  #slots: Int32Array
  /** Secret, so that nobody can make names that all fall into one slot. */
  readonly #secret = getRandomValues(new Uint32Array(256))

  /** `capacity` is how many nodes there may well be. */
  constructor(capacity: number) {
    this.#parents = new IntColumn(capacity)
    this.#nameEnds = new IntColumn(capacity)
    this.#firstChildren = new IntColumn(capacity, NO_NODE)
    this.#lastChildren = new IntColumn(capacity, NO_NODE)
    this.#nextSiblings = new IntColumn(capacity, NO_NODE)
    this.#names = Buffer.from(new ArrayBuffer(capacity * USUAL_NAME))
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * capacity))).fill(NO_NODE)
    this.#append(NO_NODE, Buffer.alloc(0), 0, 0)
  }

  get length(): number {
    return this.#parents.length
  }

  parent(node: number): number {
    return this.#parents.at(node)
  }

  /** The last component; '' for the root. */
  name(node: number): PathBytes {
    return this.#names.toString('latin1', this.#nameStart(node), this.#nameEnds.at(node))
  }

  path(node: number): PathBytes {
    const names: PathBytes[] = []
    for (let at = node; at > ROOT_NODE; at = this.parent(at)) names.push(this.name(at))
    return names.reverse().join('/')
  }

  /** The first of a node's children in the order they were first seen, NO_NODE where there is none; `nextSibling` goes on. */
  firstChild(node: number): number {
    return this.#firstChildren.at(node)
  }

  nextSibling(node: number): number {
    return this.#nextSiblings.at(node)
  }

  /** The child whose name is `bytes[start, end)`, or NO_NODE. */
  child(parent: number, bytes: Uint8Array, start: number, end: number): number {
    return this.#find(this.#hash(parent, bytes, start, end), parent, bytes, start, end)
  }

  #find(hash: number, parent: number, bytes: Uint8Array, start: number, end: number): number {
    const mask = this.#slots.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const node = this.#slots[slot] as number
      if (node === NO_NODE) return NO_NODE
      if (this.#parents.at(node) === parent && this.#isNamed(node, bytes, start, end)) return node
    }
  }

  /** The child of that name, made where it is not there yet. */
  ensureChild(parent: number, bytes: Uint8Array, start: number, end: number): number {
    const hash = this.#hash(parent, bytes, start, end)
    const found = this.#find(hash, parent, bytes, start, end)
    if (found !== NO_NODE) return found
    const node = this.#append(parent, bytes, start, end)
    const last = this.#lastChildren.at(parent)
    if (last === NO_NODE) this.#firstChildren.set(parent, node)
    else this.#nextSiblings.set(last, node)
    this.#lastChildren.set(parent, node)
    if (this.length * 2 > this.#slots.length) this.#rehash()
    else this.#insert(node, hash)
    return node
  }

  /** The node of a path, whatever became of it; NO_NODE where no layer ever named it. */
  find(path: PathBytes): number {
    const bytes = Buffer.from(path, 'latin1')
    let node = ROOT_NODE
    for (let start = 0; start < bytes.length && node !== NO_NODE;) {
      const slash = bytes.indexOf(0x2f, start)
      const end = slash < 0 ? bytes.length : slash
      node = this.child(node, bytes, start, end)
      start = end + 1
    }
    return node
  }

  #append(parent: number, bytes: Uint8Array, start: number, end: number): number {
    const node = this.#parents.length
    const nameStart = node === ROOT_NODE ? 0 : this.#nameEnds.at(node - 1)
    const nameEnd = nameStart + end - start
    if (nameEnd > this.#names.length)
      this.#names = Buffer.from(grownBuffer(this.#names.buffer, Math.max(nameEnd, this.#names.length * 2)))
    for (let i = start, to = nameStart; i < end; i++) this.#names[to++] = bytes[i] as number
    this.#parents.push(parent)
    this.#nameEnds.set(node, nameEnd)
    return node
  }

  #nameStart(node: number): number {
    return node === ROOT_NODE ? 0 : this.#nameEnds.at(node - 1)
  }

  #isNamed(node: number, bytes: Uint8Array, start: number, end: number): boolean {
    const nameStart = this.#nameStart(node)
    if (this.#nameEnds.at(node) - nameStart !== end - start) return false
    for (let i = start, at = nameStart; i < end; i++) if (bytes[i] !== this.#names[at++]) return false
    return true
  }

  #hash(parent: number, bytes: Uint8Array, start: number, end: number): number {
    let hash = Math.imul(parent + 1, 0x9e3779b1)
    for (let i = start; i < end; i++)
      hash = Math.imul(hash ^ (this.#secret[bytes[i] as number] as number), 0x85ebca6b) ^ (hash >>> 15)
    hash ^= hash >>> 16
    hash = Math.imul(hash, 0xc2b2ae35)
    return hash ^ (hash >>> 13)
  }

  #insert(node: number, hash: number): void {
    const mask = this.#slots.length - 1
    let slot = hash & mask
    while (this.#slots[slot] !== NO_NODE) slot = (slot + 1) & mask
    this.#slots[slot] = node
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 2).fill(NO_NODE)
    for (let node = ROOT_NODE + 1; node < this.length; node++)
      this.#insert(
        node,
        this.#hash(this.parent(node), this.#names, this.#nameStart(node), this.#nameEnds.at(node)),
      )
  }
}
