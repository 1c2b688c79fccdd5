import { createHash } from 'node:crypto'
import { lstat, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { hexOf, type Digest } from '../../shared/digest.ts'
import { ImageError } from '../../shared/errors.ts'
import type { ImageInfo } from '../../shared/image.ts'
import type { JobOutcome } from '../../shared/job.ts'
import type { DestinationSpec } from '../../shared/uri.ts'
import type { ImageElement, ImageOutput, Layer, Need, Task } from '../image/element.ts'
import { parseConfig } from '../image/image-config.ts'
import { RandomAccess, readRange } from '../image/random-access.ts'
import { publishImage, type StagedImage } from './directory-commit.ts'
import { sizeOfLayer } from './directory-contents.ts'
import { ExpandedTree, expandedName } from './expanded-tree.ts'
import { FileSink } from './file-sink.ts'
import { requireSpace } from '../image/free-space.ts'
import { knownBytes } from './known-bytes.ts'
import { fullName, namesOf, type TaggedName } from './names.ts'
import { hostLibc } from './rootfs/host-libc.ts'
import { Staging } from './staging.ts'
import { folderTarget } from './target.ts'

export type DirectoryDestination = Extract<DestinationSpec, { kind: 'dir' }>

/**
 * A directory of images, as the original Python tool lays it out: `<diffID>/layer.tar` uncompressed, the config as it came, a manifest
 * per image and `catalog.json`. Layers that are there already, and are what their name says, are shared.
 */
export class DirWriter implements ImageOutput {
  /** The manifest names them in the config's order. */
  readonly isAnyOrder = true
  /** Each in a file of its own; two cores inflate two of them. */
  readonly layersAtOnce = 2
  readonly #spec: DirectoryDestination
  readonly #target: { readonly path: string; readonly exists: boolean }
  readonly #names: readonly TaggedName[]
  readonly #task: Task
  /** Where there must be room. */
  readonly #place: string
  readonly #staging: Staging
  /** What is written besides, where that was asked for. */
  readonly #expanded: ExpandedTree | undefined
  readonly #present = new Set<Digest>()
  readonly #staged = new Set<Digest>()
  #config: { readonly name: Digest; readonly data: Uint8Array } | undefined
  #bytesWritten = 0

  private constructor(parts: {
    readonly spec: DirectoryDestination
    readonly target: { readonly path: string; readonly exists: boolean }
    readonly names: readonly TaggedName[]
    readonly task: Task
    readonly place: string
    readonly staging: Staging
  }) {
    this.#spec = parts.spec
    this.#target = parts.target
    this.#names = parts.names
    this.#task = parts.task
    this.#place = parts.place
    this.#staging = parts.staging
    this.#expanded = parts.spec.expand ? new ExpandedTree(parts.task) : undefined
  }

  static async create(spec: DirectoryDestination, info: ImageInfo, task: Task): Promise<DirWriter> {
    if (spec.expand) hostLibc()
    const target = await folderTarget(spec.path)
    const names = namesOf(spec.reference, info, task)
    // Inside a directory that is there: it may be another file system than its parent.
    const place = target.exists ? target.path : target.parent
    const shared = new Set<Digest>()
    for (const { diffID } of info.layers)
      if ((await sizeOfLayer(target.path, diffID)) !== undefined) shared.add(diffID)
    await requireSpace(
      place,
      knownBytes(info, (diffID) => shared.has(diffID)),
    )
    return new DirWriter({ spec, target, names, task, place, staging: await Staging.create(place) })
  }

  async fetchCallback(diffID: Digest): Promise<Need> {
    const need = await this.#need(diffID)
    // The tree wants each layer twice: for what is in it, and for what of that it shows.
    return this.#expanded ? 'again' : need
  }

  async #need(diffID: Digest): Promise<Need> {
    if (this.#staged.has(diffID) || this.#present.has(diffID)) return 'skip'
    if (!this.#target.exists || !(await this.#isPresent(diffID))) return 'once'
    this.#present.add(diffID)
    return 'skip'
  }

  async processImageElement(...[type, name, data]: ImageElement): Promise<void> {
    if (type === 'config') {
      this.#config = { name, data }
      return
    }
    if (!this.#staged.has(name) && !this.#present.has(name)) {
      if (!data) throw new ImageError('internal', `The layer ${name} was left out.`)
      this.#staged.add(name)
      await this.#stage(data)
    }
    // After that its entries are known, and it need not be read for them.
    if (data) await this.#expanded?.add(data)
  }

  async finalize(): Promise<void> {
    const config = this.#config
    if (!config) throw new ImageError('internal', 'No config came before the end of the image.')
    const { uniqueNames } = this.#spec
    const layers = parseConfig(config.data).diffIDs.map((diffID) => this.#found(diffID))
    const expanded = this.#expanded && expandedName(config.name, uniqueNames)
    const image: StagedImage = {
      config,
      names: this.#names,
      layers,
      staged: this.#staged,
      uniqueNames,
      expanded,
    }
    this.#bytesWritten += config.data.length
    if (this.#expanded && expanded !== undefined)
      this.#bytesWritten += await this.#expanded.write(layers, expanded, this.#staging, this.#place)
    await publishImage(image, this.#staging, this.#target, this.#task.signal)
    await this.#staging[Symbol.asyncDispose]()
  }

  /** What was written; whole after `finalize`. */
  get outcome(): JobOutcome {
    return {
      path: this.#spec.path,
      ...(this.#config ? { imageID: this.#config.name } : {}),
      references: this.#names.map((name) => fullName(name)),
      bytesWritten: this.#bytesWritten,
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#staging[Symbol.asyncDispose]()
  }

  #found(diffID: Digest): Digest {
    if (this.#staged.has(diffID) || this.#present.has(diffID)) return diffID
    throw new ImageError('internal', `The layer ${diffID} was left out.`)
  }

  async #stage(layer: Layer): Promise<void> {
    const folder = this.#staging.file(hexOf(layer.diffID))
    await mkdir(folder)
    await using sink = await FileSink.create(join(folder, 'layer.tar'), this.#place)
    await sink.writeLayer(layer, this.#task.signal)
    await sink.close()
    this.#bytesWritten += sink.position
  }

  /** Whether the directory's own file for a layer holds that layer. Its name is no proof: it is read through. */
  async #isPresent(diffID: Digest): Promise<boolean> {
    const path = join(this.#target.path, hexOf(diffID), 'layer.tar')
    const stats = await lstat(path).catch(() => undefined)
    if (!stats?.isFile()) return false
    using file = RandomAccess.open(path)
    const hash = createHash('sha256')
    let done = 0
    for await (const chunk of readRange(file, 0, file.size, this.#task.signal)) {
      hash.update(chunk)
      done += chunk.length
      this.#task.progress(diffID, done, file.size)
    }
    const isTrue = hash.digest('hex') === hexOf(diffID)
    if (!isTrue)
      this.#task.warn({
        code: 'layer-replaced',
        message: `${path} was not the layer its name says and is replaced.`,
      })
    return isTrue
  }
}
