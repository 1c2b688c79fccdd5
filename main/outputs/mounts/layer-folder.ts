import type { Layer, Task } from '../../image/element.ts'
import { NO_VERSION, type ImageTree } from '../../image/image-tree.ts'
import type { Losses } from '../rootfs/losses.ts'
import { RootfsPlan } from '../rootfs/rootfs-plan.ts'
import { RootfsWriter, type Extra } from '../rootfs/rootfs-writer.ts'
import { isOverlayAttribute, markOpaque } from './layer-form.ts'
import type { LayerPart } from './layer-part.ts'
import type { Form } from './layer-stack.ts'
import { Whiteouts } from './whiteouts.ts'

export interface LayerFolder {
  /** Does not exist yet. */
  readonly root: string
  readonly place: string
  readonly part: LayerPart
  readonly plan: RootfsPlan
  readonly layers: readonly (Layer | undefined)[]
  readonly form: Form
  readonly isRoot: boolean
  readonly task: Task
  readonly losses: Losses
}

export function planOf(tree: ImageTree, { layer, nodes }: LayerPart): RootfsPlan {
  return new RootfsPlan(tree, { layer, nodes, isKept: (name) => !isOverlayAttribute(name) })
}

/** Writes one layer in overlay's own form. */
export async function writeLayerFolder(folder: LayerFolder): Promise<void> {
  const { root, place, part, plan, layers, form, isRoot, task, losses } = folder
  const whiteouts = new Whiteouts()
  const extras: Extra[] = [
    ...part.whiteouts.map((path) => ({ path, make: (at: Buffer) => whiteouts.make(at) })),
    ...part.opaque.map((path) => ({ path, make: (at: Buffer) => markOpaque(at, form) })),
  ]
  const { tree } = plan
  await new RootfsWriter({
    root,
    place,
    plan,
    layers,
    isRoot,
    task,
    losses,
    extras,
    // What lower layers have there must not come to light.
    onMissing: (at, path) => {
      if (part.layer === 0 || tree.versionAt(tree.nodes.find(path), part.layer - 1) === NO_VERSION) return
      whiteouts.make(at)
    },
  }).write()
}
