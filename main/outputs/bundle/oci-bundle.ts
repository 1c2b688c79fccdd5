import { chmod, mkdir, readdir, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Digest } from '../../../shared/digest.ts'
import { ImageError } from '../../../shared/errors.ts'
import type { ImageInfo } from '../../../shared/image.ts'
import type { JobOutcome } from '../../../shared/job.ts'
import type { DestinationSpec } from '../../../shared/uri.ts'
import type { ImageElement, ImageOutput, Need, Task } from '../../image/element.ts'
import { bytesFree, requireSpace } from '../../image/free-space.ts'
import { parseConfig, type ParsedConfig } from '../../image/image-config.ts'
import type { ImageTree } from '../../image/image-tree.ts'
import { THREADS } from '../../image/threads.ts'
import { accounts, type Accounts } from '../../platform/accounts.ts'
import { firstInstalled } from '../../platform/programs.ts'
import { fullName, namesOf, type TaggedName } from '../names.ts'
import { GatheredLayers } from '../rootfs/gathered-layers.ts'
import { hostLibc } from '../rootfs/host-libc.ts'
import { RootfsPlan } from '../rootfs/rootfs-plan.ts'
import { RootfsWriter } from '../rootfs/rootfs-writer.ts'
import { removeTree } from '../remove-tree.ts'
import { Staging, syncFolder, writeDurably } from '../staging.ts'
import { syncTree } from '../sync-tree.ts'
import { folderTarget } from '../target.ts'
import { imageUser } from './image-user.ts'
import { runtimeSpec } from './runtime-spec.ts'
import { textInTree, volumesIn } from './tree-files.ts'

export type BundleDestination = Extract<DestinationSpec, { kind: 'oci' }>

const STAGED = 'bundle'
const ROOTFS = 'rootfs'
const SPOOL = 'spool'

interface BundleParts {
  readonly spec: BundleDestination
  readonly target: { readonly path: string; readonly parent: string }
  readonly names: readonly TaggedName[]
  readonly own: Accounts
  readonly task: Task
  readonly staging: Staging
}

/** A runtime bundle (runtime-spec, bundle.md): `config.json` beside `rootfs/`, made in a private folder and visible when it is whole. */
export class OCIBundleWriter implements ImageOutput {
  /** Their entries are read on threads. */
  readonly layersAtOnce = THREADS
  readonly #parts: BundleParts
  readonly #layers: GatheredLayers
  #config: { readonly name: Digest; readonly data: Uint8Array } | undefined
  #bytesWritten = 0

  private constructor(parts: BundleParts) {
    this.#parts = parts
    this.#layers = new GatheredLayers(parts.task, parts.staging.file(SPOOL))
  }

  static async create(spec: BundleDestination, info: ImageInfo, task: Task): Promise<OCIBundleWriter> {
    hostLibc()
    const target = await bundleTarget(spec.path)
    const names = namesOf(spec.reference, info, task)
    const staging = await Staging.create(target.parent)
    return new OCIBundleWriter({ spec, target, names, own: accounts(), task, staging })
  }

  /** Read twice: for what is in it, and for what of that the whole tree shows. */
  fetchCallback(): Need {
    return 'again'
  }

  async processImageElement(...[type, name, data]: ImageElement): Promise<void> {
    if (type === 'config') this.#config = { name, data }
    else await this.#layers.add(name, data)
  }

  async finalize(): Promise<void> {
    const { spec, target, own, task, staging } = this.#parts
    const config = this.#config
    if (!config) throw new ImageError('internal', 'No config came before the end of the image.')
    const image = parseConfig(config.data)
    const { layers, tree, spools } = await this.#layers.stack(image.diffIDs)
    const staged = staging.file(STAGED)
    await mkdir(staged, { mode: 0o700 })
    const plan = new RootfsPlan(tree)
    // What is spooled and not wanted might take the room of what is.
    const isTight = (await bytesFree(target.parent)) < plan.bytes
    if (isTight) await removeTree(staging.file(SPOOL))
    await requireSpace(target.parent, plan.bytes)
    const rootfs = new RootfsWriter({
      root: join(staged, ROOTFS),
      place: target.parent,
      plan,
      layers,
      ...(isTight ? {} : { spools }),
      isRoot: own.isRoot,
      task,
    })
    await rootfs.write()
    await removeTree(staging.file(SPOOL))
    const text = await this.#runtimeConfig(image, config.name, tree, staged)
    await writeDurably(join(staged, 'config.json'), text)
    // What root writes has programs in it that run as root for whoever reaches them: setuid, with capabilities, and devices.
    await chmod(staged, own.isRoot ? 0o700 : 0o777 & ~process.umask())
    await syncTree(staged)
    task.signal.throwIfAborted()
    await moveToFree(staged, target.path, spec.path)
    await syncFolder(dirname(target.path))
    this.#bytesWritten = rootfs.bytes + text.length
    await staging[Symbol.asyncDispose]()
  }

  /** What was written; whole after `finalize`. */
  get outcome(): JobOutcome {
    const { spec, names } = this.#parts
    const runtime = firstInstalled(['runc', 'crun'])
    return {
      path: spec.path,
      ...(this.#config ? { imageID: this.#config.name } : {}),
      references: names.map((name) => fullName(name)),
      bytesWritten: this.#bytesWritten,
      startedBy: this.#isRootless && !this.#parts.own.isRoot ? 'user' : 'root',
      ...(runtime ? { runtime } : {}),
    }
  }

  get #isRootless(): boolean {
    const { spec, own } = this.#parts
    return spec.rootless ?? !own.isRoot
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#parts.staging[Symbol.asyncDispose]()
  }

  async #runtimeConfig(
    image: ParsedConfig,
    imageID: Digest,
    tree: ImageTree,
    bundle: string,
  ): Promise<string> {
    const { spec, task, names, own } = this.#parts
    const user = await imageUser(image.config.User ?? '', (path) =>
      textInTree(tree, path, join(bundle, ROOTFS)),
    )
    const [name] = names
    const { spec: runtime, warnings } = runtimeSpec({
      image,
      imageID,
      ...(name ? { reference: fullName(name) } : {}),
      options: spec,
      user,
      accounts: { ...own, isRootless: this.#isRootless },
      volumes: volumesIn(tree, image.config.Volumes ?? {}, bundle),
    })
    if (own.isRoot && spec.rootless)
      task.warn({
        code: 'rootless-of-root',
        message:
          'The bundle’s namespace maps root to itself, so only root can start it; written by another user it would be that user’s.',
      })
    for (const warning of warnings) task.warn(warning)
    return `${JSON.stringify(runtime, null, 2)}\n`
  }
}

/** A folder that is not there, or is empty: what stands in a bundle nobody can tell from what the image brings. */
async function bundleTarget(path: string): Promise<{ readonly path: string; readonly parent: string }> {
  const target = await folderTarget(path)
  if (target.exists && (await readdir(target.path)).length > 0) throw taken(path)
  return target
}

function taken(path: string, cause?: unknown): ImageError {
  return new ImageError('exists', `${path} exists already and is not empty.`, {
    remedy: 'Choose another name.',
    ...(cause === undefined ? {} : { cause }),
  })
}

/** A folder takes the place of an empty one in one step, and of nothing else. */
async function moveToFree(from: string, to: string, shown: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR') throw taken(shown, error)
    throw error
  }
}
