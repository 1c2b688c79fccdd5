import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { hexOf, type Digest } from '../../shared/digest.ts'
import type { Layer, Task } from '../image/element.ts'
import { requireSpace } from '../image/free-space.ts'
import { accounts } from '../platform/accounts.ts'
import { moveFolder } from './move-folder.ts'
import type { ReversibleMoves } from './reversible-moves.ts'
import { GatheredLayers } from './rootfs/gathered-layers.ts'
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
  readonly #layers: GatheredLayers

  constructor(task: Task) {
    this.#task = task
    this.#layers = new GatheredLayers(task)
  }

  /** The layers may come in any order, repeats included. They stay readable until `write` is done. */
  add(layer: Layer): Promise<void> {
    return this.#layers.add(layer.diffID, layer)
  }

  /** Into the staging folder, under its name; answers the bytes of its files. `diffIDs`: base first. */
  async write(diffIDs: readonly Digest[], name: string, staging: Staging, place: string): Promise<number> {
    const { layers, tree } = await this.#layers.stack(diffIDs)
    const plan = new RootfsPlan(tree)
    await requireSpace(place, plan.bytes)
    await new RootfsWriter({
      root: staging.file(name),
      place,
      plan,
      layers,
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
