import { chmod, lstat, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Digest } from '../../../shared/digest.ts'
import { ImageError } from '../../../shared/errors.ts'
import type { ImageInfo } from '../../../shared/image.ts'
import type { JobOutcome } from '../../../shared/job.ts'
import type { DestinationSpec } from '../../../shared/uri.ts'
import type { ImageElement, ImageOutput, Layer, Need, Task } from '../../image/element.ts'
import { requireSpace } from '../../image/free-space.ts'
import { parseConfig } from '../../image/image-config.ts'
import { NO_VERSION } from '../../image/image-tree.ts'
import { ROOT_NODE } from '../../image/path-nodes.ts'
import { THREADS } from '../../image/threads.ts'
import { accounts } from '../../platform/accounts.ts'
import { fullName, namesOf, type TaggedName } from '../names.ts'
import { GatheredLayers, type StackedLayers } from '../rootfs/gathered-layers.ts'
import { hostLibc } from '../rootfs/host-libc.ts'
import { Staging } from '../staging.ts'
import { syncTree } from '../sync-tree.ts'
import { ForeignLinks } from './foreign-links.ts'
import { imageFolderName, makeImageFolder, type MountedImage } from './image-folder.ts'
import { formHere } from './layer-form.ts'
import { layerNames } from './layer-names.ts'
import { layerPart, type LayerPart } from './layer-part.ts'
import { overlaysOf, stackOf, type Form } from './layer-stack.ts'
import { LayerFolders } from './layer-folders.ts'
import { mountImage } from './mount-image.ts'
import { IMAGES, LAYERS, MARKER, markerText, mountsTarget, type MountsTarget } from './mounts-folder.ts'
import { publishMounts, WHOLE } from './publish.ts'
import { README } from './readme.ts'
import { steeringWarnings } from './steering-warnings.ts'

export type MountsDestination = Extract<DestinationSpec, { kind: 'mounts' }>

interface WriterParts {
  readonly spec: MountsDestination
  readonly target: MountsTarget
  readonly names: readonly TaggedName[]
  readonly task: Task
  /** Where there must be room. */
  readonly place: string
  readonly staging: Staging
  readonly form: Form
}

/** An image as folders that overlay mounts, one for each layer, which images share; made in a private folder and visible when whole. */
export class MountWriter implements ImageOutput {
  /** Their entries are read on threads. */
  readonly layersAtOnce = THREADS
  readonly #parts: WriterParts
  readonly #layers: GatheredLayers
  #config: { readonly name: Digest; readonly data: Uint8Array } | undefined
  #bytesWritten = 0

  private constructor(parts: WriterParts) {
    this.#parts = parts
    this.#layers = new GatheredLayers(parts.task)
  }

  static async create(spec: MountsDestination, info: ImageInfo, task: Task): Promise<MountWriter> {
    hostLibc()
    if (spec.mount && !accounts().isRoot)
      throw new ImageError('permission', 'Only root can mount an image.', {
        remedy: 'Run it as root, or leave that out and run the mount.sh that is written with the image.',
      })
    const target = await mountsTarget(spec.path)
    const names = namesOf(spec.reference, info, task)
    // Inside a folder that is there: it may be another file system than its parent.
    const place = target.exists ? target.path : target.parent
    await using stack = new AsyncDisposableStack()
    const staging = stack.use(await Staging.create(place))
    const form = formHere(staging, target.form)
    stack.move()
    return new MountWriter({ spec, target, names, task, place, staging, form })
  }

  /** Read twice: for what is in it, and for its content. */
  fetchCallback(): Need {
    return 'again'
  }

  async processImageElement(...[type, name, data]: ImageElement): Promise<void> {
    if (type === 'config') this.#config = { name, data }
    else await this.#layers.add(name, data)
  }

  async finalize(): Promise<void> {
    const { spec, target, task, staging } = this.#parts
    const config = this.#config
    if (!config) throw new ImageError('internal', 'No config came before the end of the image.')
    const stack = await this.#layers.stack(parseConfig(config.data).diffIDs)
    const { tables, tree } = stack
    const links = new ForeignLinks(tree)
    const parts = tables.map((_, layer) => layerPart(tree, layer, links))
    for (const warning of steeringWarnings(tables, parts)) task.warn(warning)
    const image = this.#imageOf(config, stack, parts)
    await this.#prepare()
    await this.#writeLayers(stack, parts, image.names)
    const folder = imageFolderName(image.imageID)
    makeImageFolder(join(staging.file(WHOLE), IMAGES, folder), image)
    await syncTree(staging.path)
    await publishMounts(image, staging, target, task.signal)
    await staging[Symbol.asyncDispose]()
    if (spec.mount) this.#mount(join(target.path, IMAGES, folder), image)
  }

  /** What was written; whole after `finalize`. */
  get outcome(): JobOutcome {
    const { spec, names } = this.#parts
    return {
      path: spec.path,
      ...(this.#config ? { imageID: this.#config.name } : {}),
      references: names.map((name) => fullName(name)),
      bytesWritten: this.#bytesWritten,
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#parts.staging[Symbol.asyncDispose]()
  }

  #imageOf(
    config: { readonly name: Digest; readonly data: Uint8Array },
    { layers, tree }: StackedLayers,
    parts: readonly LayerPart[],
  ): MountedImage {
    const names = layerNames(
      layers.map(({ diffID }) => diffID),
      parts,
    )
    const root = tree.versionAt(ROOT_NODE)
    return {
      imageID: config.name,
      config: config.data,
      references: this.#parts.names.map((name) => fullName(name)),
      names,
      stack: stackOf(names, (index) => parts[index]?.opaque.includes('') ?? false),
      root: root === NO_VERSION ? undefined : tree.stat(root),
      form: this.#parts.form,
      isRoot: accounts().isRoot,
    }
  }

  /** The frame of a folder of images. */
  async #prepare(): Promise<void> {
    const { staging, form } = this.#parts
    const whole = staging.file(WHOLE)
    await mkdir(whole)
    // Nobody enters the staging folder that it lies in.
    await chmod(whole, 0o777 & ~process.umask())
    // What root writes has programs in it that run as root for whoever reaches them.
    const mode = accounts().isRoot ? 0o700 : 0o777
    for (const name of [LAYERS, IMAGES]) await mkdir(join(whole, name), { mode })
    await writeFile(join(whole, MARKER), markerText(form))
    await writeFile(join(whole, 'README'), README)
  }

  async #writeLayers(
    { layers, tree }: StackedLayers,
    parts: readonly LayerPart[],
    names: readonly string[],
  ): Promise<void> {
    const { staging, target, place, task, form } = this.#parts
    const folders = new LayerFolders({
      folder: join(staging.file(WHOLE), LAYERS),
      place,
      tree,
      layers,
      form,
      task,
    })
    for (const [index, part] of parts.entries()) {
      const name = names[index] as string
      const there = await lstat(join(target.path, LAYERS, name)).catch(() => undefined)
      if (!there?.isDirectory()) folders.add(name, part)
      else folders.addPresent(layers[index] as Layer)
    }
    await requireSpace(place, folders.bytes)
    await folders.write()
    this.#bytesWritten = folders.bytes
  }

  /** The last that is done, in one go: nothing that fails comes after it. */
  #mount(folder: string, { stack, form }: MountedImage): void {
    this.#parts.task.signal.throwIfAborted()
    mountImage(folder, overlaysOf(stack.length), form)
  }
}
