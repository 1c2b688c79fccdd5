import { join } from 'node:path'
import type { Layer, Task } from '../../image/element.ts'
import type { ImageTree } from '../../image/image-tree.ts'
import { THREADS } from '../../image/threads.ts'
import { accounts } from '../../platform/accounts.ts'
import { Losses } from '../rootfs/losses.ts'
import type { RootfsPlan } from '../rootfs/rootfs-plan.ts'
import { verifyThrough } from '../rootfs/verify-through.ts'
import { planOf, writeLayerFolder } from './layer-folder.ts'
import type { LayerPart } from './layer-part.ts'
import type { Form } from './layer-stack.ts'

const STEP = 'Write files'

export interface FoldersParts {
  /** In which they are made, by their names. */
  readonly folder: string
  readonly place: string
  readonly tree: ImageTree
  readonly layers: readonly Layer[]
  readonly form: Form
  readonly task: Task
}

/** Writes the folders of several layers, some at once, with one account of what is done and what was lost. */
export class LayerFolders {
  readonly #parts: FoldersParts
  readonly #folders = new Map<string, { readonly part: LayerPart; readonly plan: RootfsPlan }>()
  readonly #done = new Map<string, number>()
  readonly #there = new Set<Layer>()
  #bytes = 0

  constructor(parts: FoldersParts) {
    this.#parts = parts
  }

  /** Bytes of files of all of them. */
  get bytes(): number {
    return this.#bytes
  }

  /** A layer that comes again is added once. */
  add(name: string, part: LayerPart): void {
    if (this.#folders.has(name)) return
    const plan = planOf(this.#parts.tree, part)
    this.#folders.set(name, { part, plan })
    this.#bytes += plan.bytes
  }

  /** A layer whose folder is there already: what it says of the layers above it counts all the same. */
  addPresent(layer: Layer): void {
    this.#there.add(layer)
  }

  async write(): Promise<void> {
    const { task, folder, place, layers, form } = this.#parts
    const losses = new Losses()
    const { isRoot } = accounts()
    const failed = new AbortController()
    const signal = AbortSignal.any([task.signal, failed.signal])
    const waiting = this.#folders.entries()
    const there = this.#there.values()
    const work = async (): Promise<void> => {
      for (const [name, { part, plan }] of waiting) {
        signal.throwIfAborted()
        await writeLayerFolder({
          root: join(folder, name),
          place,
          part,
          plan,
          // The others are verified when their own folders are written.
          layers: layers.map((layer, index) =>
            index === part.layer || plan.hasFilesOf(index) ? layer : undefined,
          ),
          form,
          isRoot,
          task: this.#taskOf(name, signal),
          losses,
        })
      }
      for (const layer of there) await verifyThrough(layer, signal)
    }
    const workers = Array.from({ length: THREADS }, () =>
      work().catch((error: unknown) => {
        failed.abort(error)
        throw error
      }),
    )
    await Promise.allSettled(workers)
    task.signal.throwIfAborted()
    if (failed.signal.aborted) throw failed.signal.reason
    for (const warning of losses.warnings()) task.warn(warning)
  }

  #taskOf(name: string, signal: AbortSignal): Task {
    const { task } = this.#parts
    return {
      signal,
      warn: (warning) => task.warn(warning),
      progress: (_, done) => {
        this.#done.set(name, done)
        const sum = this.#done.values().reduce((total, part) => total + part, 0)
        task.progress(STEP, Math.min(sum, this.#bytes), this.#bytes)
      },
    }
  }
}
