import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { hexOf, type Digest } from '../../shared/digest.ts'
import { ImageError } from '../../shared/errors.ts'
import type { Layer, Task } from '../image/element.ts'
import type { EntryTable } from '../image/entry-table.ts'
import { flatten } from '../image/flatten.ts'
import { requireSpace } from '../image/free-space.ts'
import { accounts } from '../platform/accounts.ts'
import { moveFolder } from './move-folder.ts'
import type { ReversibleMoves } from './reversible-moves.ts'
import { hostLibc } from './rootfs/host-libc.ts'
import { RootfsPlan } from './rootfs/rootfs-plan.ts'
import { RootfsWriter } from './rootfs/rootfs-writer.ts'
import type { Staging } from './staging.ts'
import { syncTree } from './sync-tree.ts'

/** The name of an image's root filesystem in a directory of images: with unique names those of several stand side by side. */
export function expandedName(imageID: Digest, uniqueNames: boolean): string {
  return uniqueNames ? `${hexOf(imageID).slice(0, 12)}-rootfs` : 'rootfs'
}

/** The whole root filesystem of an image, written beside its layers in a directory of images. */
export class ExpandedTree {
  readonly #task: Task
  readonly #layers = new Map<Digest, { readonly layer: Layer; readonly table: Promise<EntryTable> }>()

  /** Fails where no root filesystem can be written. */
  constructor(task: Task) {
    hostLibc()
    this.#task = task
  }

  /** The layers may come in any order, repeats included. They stay readable until `write` is done. */
  async add(layer: Layer): Promise<void> {
    if (this.#layers.has(layer.diffID)) return
    const table = layer.entries(this.#task.signal)
    this.#layers.set(layer.diffID, { layer, table })
    await table
  }

  /** Into the staging folder, under its name; answers the bytes of its files. `diffIDs`: base first. */
  async write(diffIDs: readonly Digest[], name: string, staging: Staging, place: string): Promise<number> {
    const parts = diffIDs.map((diffID) => {
      const part = this.#layers.get(diffID)
      if (!part) throw new ImageError('internal', `The layer ${diffID} was left out.`)
      return part
    })
    const tree = flatten(await Promise.all(parts.map(({ table }) => table)))
    for (const { message, path } of tree.problems)
      this.#task.warn({ code: 'odd-entry', message, detail: path })
    const plan = new RootfsPlan(tree)
    await requireSpace(place, plan.bytes)
    await new RootfsWriter({
      root: staging.file(name),
      place,
      plan,
      layers: parts.map(({ layer }) => layer),
      isRoot: accounts().isRoot,
      task: this.#task,
    }).write()
    await syncTree(staging.path)
    return plan.bytes
  }
}

/** Moves the staged tree into the directory; that of another image which stands there goes into the staging folder, until it is removed. */
export async function moveExpanded(
  name: string,
  staging: Staging,
  moves: ReversibleMoves,
  path: string,
): Promise<void> {
  const target = join(path, name)
  const staged = staging.file(name)
  const replaced = staging.file(`${name}-replaced`)
  const isReplaced = await lstat(target).then(
    () => true,
    () => false,
  )
  if (isReplaced) {
    await moveFolder(target, replaced)
    moves.defer(() => moveFolder(replaced, target))
  }
  await moveFolder(staged, target)
  moves.defer(() => moveFolder(target, staged))
}
