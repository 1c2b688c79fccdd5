import { hexOf, type Digest } from '../../shared/digest.ts'
import { ImageError } from '../../shared/errors.ts'
import type { ImageInfo } from '../../shared/image.ts'
import type { JobOutcome } from '../../shared/job.ts'
import type { DestinationSpec } from '../../shared/uri.ts'
import { parseConfig } from '../image/image-config.ts'
import type { ImageElement, ImageOutput, Layer, Need, Task } from '../image/element.ts'
import { endOfArchive, paddingOf } from '../image/tar-header.ts'
import { openArchiveSink, type ArchiveSink } from './archive-sink.ts'
import { requireSpace } from '../image/free-space.ts'
import { knownBytes } from './known-bytes.ts'
import { LayerMembers, layerPath, otherSize } from './layer-members.ts'
import { memberHeader } from './member-header.ts'
import { fullName, namesOf, type TaggedName } from './names.ts'
import { Staging } from './staging.ts'
import { fileTarget, type FileTarget } from './target.ts'

export type TarDestination = Extract<DestinationSpec, { kind: 'tar' }>

const STAGED = 'image.tar'
const LAYERS_AT_ONCE = 2

/**
 * A docker-loadable tarball (image-spec v1.2): `<diffID>/layer.tar` for each layer in the order they came, stored once, then
 * `<imageID>.json`, then `manifest.json`. No folders, owners or times of ours: the same image gives the same bytes. Layers come base
 * first but from an engine, which exports them in an order of its own, always the same.
 */
export class TarWriter implements ImageOutput {
  /** The manifest names them in the config's order. */
  readonly isAnyOrder = true
  /** Two cores inflate two layers; more would only wait for them. */
  readonly layersAtOnce: number
  readonly #spec: TarDestination
  readonly #target: FileTarget
  readonly #names: readonly TaggedName[]
  readonly #sizes: ReadonlyMap<Digest, number>
  readonly #task: Task
  readonly #staging: Staging
  readonly #sink: ArchiveSink
  /** Absent where the archive is compressed. */
  readonly #members: LayerMembers | undefined
  readonly #written = new Set<Digest>()
  #config: { readonly name: Digest; readonly data: Uint8Array } | undefined
  #bytesWritten = 0

  private constructor(parts: {
    readonly spec: TarDestination
    readonly target: FileTarget
    readonly names: readonly TaggedName[]
    readonly sizes: ReadonlyMap<Digest, number>
    readonly task: Task
    readonly staging: Staging
    readonly sink: ArchiveSink
  }) {
    this.#spec = parts.spec
    this.layersAtOnce = parts.sink.file ? LAYERS_AT_ONCE : 1
    this.#target = parts.target
    this.#names = parts.names
    this.#sizes = parts.sizes
    this.#task = parts.task
    this.#staging = parts.staging
    this.#sink = parts.sink
    this.#members = parts.sink.file && new LayerMembers(parts.sink.file, parts.task.signal)
  }

  static async create(spec: TarDestination, info: ImageInfo, task: Task): Promise<TarWriter> {
    const target = await fileTarget(spec.path, spec)
    const names = namesOf(spec.reference, info, task)
    if (spec.compression === 'none') await requireSpace(target.folder, knownBytes(info))
    const sizes = new Map(info.layers.flatMap(({ diffID, size }) => (size === null ? [] : [[diffID, size]])))
    await using stack = new AsyncDisposableStack()
    const staging = stack.use(await Staging.create(target.folder))
    const sink = stack.use(await openArchiveSink(staging.file(STAGED), target.folder, spec.compression))
    stack.move()
    return new TarWriter({ spec, target, names, sizes, task, staging, sink })
  }

  /** What a compressed stream cannot have patched must be known before: a layer of unknown size is read twice. */
  fetchCallback(diffID: Digest): Need {
    if (this.#written.has(diffID)) return 'skip'
    return this.#members || this.#sizes.has(diffID) ? 'once' : 'again'
  }

  async processImageElement(...[type, name, data]: ImageElement): Promise<void> {
    if (type === 'config') this.#config = { name, data }
    else await this.#addLayer(name, data)
  }

  async finalize(): Promise<void> {
    const config = this.#config
    if (!config) throw new ImageError('internal', 'No config came before the end of the image.')
    const layers = parseConfig(config.data).diffIDs.map((diffID) => this.#pathOf(diffID))
    if (this.#members) await this.#sink.file?.moveTo(await this.#members.finish())
    const configName = `${hexOf(config.name)}.json`
    await this.#addMember(configName, config.data)
    const manifest = [
      { Config: configName, RepoTags: this.#names.map((name) => fullName(name)), Layers: layers },
    ]
    await this.#addMember('manifest.json', Buffer.from(`${JSON.stringify(manifest)}\n`))
    await this.#sink.write(endOfArchive)
    this.#bytesWritten = await this.#sink.close()
    this.#task.signal.throwIfAborted()
    await this.#staging.commit(STAGED, this.#target.path, this.#spec)
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

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sink[Symbol.asyncDispose]()
    await this.#staging[Symbol.asyncDispose]()
  }

  async #addLayer(diffID: Digest, layer: Layer | null): Promise<void> {
    if (this.#written.has(diffID)) return
    if (!layer) throw new ImageError('internal', `The layer ${diffID} was left out.`)
    this.#written.add(diffID)
    if (this.#members) await this.#members.add(layer)
    else await this.#append(layer)
  }

  /** Into a compressed archive, where a size cannot be filled in afterwards. */
  async #append(layer: Layer): Promise<void> {
    const size = layer.size ?? (await this.#measure(layer))
    await this.#sink.write(memberHeader(layerPath(layer.diffID), size))
    let done = 0
    for await (const chunk of layer.stream(this.#task.signal)) {
      await this.#sink.write(chunk)
      done += chunk.length
    }
    if (size !== done) throw otherSize(layer.diffID, size, done)
    await this.#sink.write(new Uint8Array(paddingOf(size)))
  }

  #pathOf(diffID: Digest): string {
    if (!this.#written.has(diffID)) throw new ImageError('internal', `The layer ${diffID} was left out.`)
    return layerPath(diffID)
  }

  async #measure(layer: Layer): Promise<number> {
    let size = 0
    for await (const chunk of layer.stream(this.#task.signal)) size += chunk.length
    return size
  }

  async #addMember(path: string, content: Uint8Array): Promise<void> {
    await this.#sink.write(memberHeader(path, content.length))
    await this.#sink.write(content)
    await this.#sink.write(new Uint8Array(paddingOf(content.length)))
  }
}
