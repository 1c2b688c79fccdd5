import { closeSync, fstatSync, linkSync, mkdirSync, openSync, symlinkSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { MessageChannel } from 'node:worker_threads'
import { shortDigest, type Digest } from '../../../shared/digest.ts'
import { ImageError } from '../../../shared/errors.ts'
import { visible, type PathBytes } from '../../../shared/path-bytes.ts'
import { entryFile } from '../../image/entry-file.ts'
import type { Layer, LentLayer, Task } from '../../image/element.ts'
import { roomError } from '../../image/free-space.ts'
import type { FileStat } from '../../image/image-tree.ts'
import { packIn } from '../../image/layer-spool.ts'
import { SharedProgress } from '../../image/shared-progress.ts'
import { onThread, THREADS } from '../../image/threads.ts'
import type { Libc } from '../../platform/libc.ts'
import { hostLibc } from './host-libc.ts'
import type { Extracted, Extraction } from './extraction.ts'
import { FileWriter } from './file-writer.ts'
import { Losses } from './losses.ts'
import { entryError, MetadataWriter } from './metadata.ts'
import type { PlannedLink, PlannedNode, RootfsPlan } from './rootfs-plan.ts'
import { ByteCursor } from '../../image/byte-cursor.ts'
import { verifyThrough } from './verify-through.ts'

/** Synchronous steps between two turns of the event loop: a few milliseconds. */
const TURN = 256
const STEP = 'Write files'

const extractOnThread = onThread<Extraction, Extracted>(entryFile('rootfs-thread', import.meta.url))

/** Something that no entry describes, made at a place in a directory of the plan. */
export interface Extra {
  readonly path: PathBytes
  readonly make: (place: Buffer) => void
}

export interface RootfsParts {
  /** A folder that does not exist yet, in one that nobody but this user can enter. */
  readonly root: string
  /** Where there must be room, as people know it. */
  readonly place: string
  readonly plan: RootfsPlan
  /** The layers of the plan, those whose files are in it readable again; undefined where somebody else sees to a layer. */
  readonly layers: readonly (Layer | undefined)[]
  /** Folders of the layers that were spooled. */
  readonly spools?: ReadonlyMap<Layer, string>
  readonly isRoot: boolean
  readonly task: Task
  /** What is made besides when all else is there, before directories get what is their own. */
  readonly extras?: Iterable<Extra>
  /** Called for what this user cannot make, at its place. */
  readonly onMissing?: (place: Buffer, path: PathBytes) => void
  /** Counts what could not be kept, for whoever warns of it; the task hears of it unless this is given. */
  readonly losses?: Losses
}

/**
 * Writes the tree of an image: directories first, then files, each layer's in one pass and several layers at once, then everything that
 * leads elsewhere, then what directories are to look like, deepest first. No link exists while files are written, and every parent is a
 * directory made here, in a folder that nobody else can enter: that is what keeps an image inside, not a check of names.
 */
export class RootfsWriter {
  readonly #parts: RootfsParts
  readonly #plan: RootfsPlan
  readonly #libc: Libc
  readonly #losses: Losses
  readonly #metadata: MetadataWriter
  /** Bytes of files by layer. */
  readonly #written = new Map<number, number>()
  #made = 0

  constructor(parts: RootfsParts) {
    this.#parts = parts
    this.#plan = parts.plan
    this.#libc = hostLibc()
    this.#losses = parts.losses ?? new Losses()
    this.#metadata = new MetadataWriter(this.#libc, parts.isRoot, this.#losses)
  }

  /** Bytes of content, each file's once. */
  get bytes(): number {
    return this.#plan.bytes
  }

  async write(): Promise<void> {
    const { task, extras = [], losses } = this.#parts
    for (const node of this.#plan.directories) {
      const path = this.#plan.pathOf(node)
      await this.#step(path, (place) => mkdirSync(place, { mode: 0o700 }))
    }
    await this.#writeFiles()
    for (const other of this.#plan.others()) await this.#step(other.path, (place) => this.#make(place, other))
    for (const link of this.#plan.links()) await this.#step(link.path, (place) => this.#link(place, link))
    for (const { path, make } of extras) await this.#step(path, make)
    for (const node of this.#plan.directories.toReversed()) {
      const stat = this.#plan.statOf(node)
      const path = this.#plan.pathOf(node)
      await this.#step(path, (place) => this.#metadata.setDirectory(place, path, metadataOf(stat)))
    }
    if (!losses) for (const warning of this.#losses.warnings()) task.warn(warning)
  }

  /** One after the other where there is nothing to be gained by more. */
  async #writeFiles(): Promise<void> {
    const waiting = this.#parts.layers.keys()
    const failed = new AbortController()
    const signal = AbortSignal.any([this.#parts.task.signal, failed.signal])
    const work = async (): Promise<void> => {
      for (const index of waiting) {
        signal.throwIfAborted()
        if (this.#plan.hasFilesOf(index)) await this.#extract(index, signal)
        else {
          const layer = this.#parts.layers[index]
          if (layer) await verifyThrough(layer, signal)
        }
      }
    }
    const workers = Array.from({ length: THREADS }, () =>
      work().catch((error: unknown) => {
        failed.abort(error)
        throw error
      }),
    )
    const ended = await Promise.allSettled(workers)
    this.#parts.task.signal.throwIfAborted()
    if (failed.signal.aborted) throw failed.signal.reason
    for (const end of ended) if (end.status === 'rejected') throw end.reason
  }

  async #extract(index: number, signal: AbortSignal): Promise<void> {
    const layer = this.#parts.layers[index]
    if (!layer) throw new ImageError('internal', `Layer ${index} was left out.`)
    const onProgress = (bytes: number): void => this.#progress(index, bytes)
    const spool = this.#parts.spools?.get(layer)
    const lend = spool === undefined ? layer.lend?.bind(layer) : async () => lentPack(spool)
    if (lend) await this.#extractOnThread(index, layer, lend, signal, onProgress)
    else await this.#extractHere(index, layer, signal, onProgress)
  }

  async #extractOnThread(
    index: number,
    layer: Layer,
    lend: NonNullable<Layer['lend']>,
    signal: AbortSignal,
    onProgress: (bytes: number) => void,
  ): Promise<void> {
    const { root, place, isRoot } = this.#parts
    using file = await lend(signal)
    const progress = new SharedProgress()
    progress.readable = file.size
    const { port1, port2 } = new MessageChannel()
    const batches = this.#plan.batches(index)
    port1.on('message', () => {
      const { value } = batches.next()
      port1.postMessage(value ?? null)
    })
    const order: Extraction = {
      root,
      place,
      isRoot,
      diffID: layer.diffID,
      name: nameOf(layer.diffID),
      fd: file.fd,
      offset: file.offset,
      size: file.size,
      compression: file.compression,
      isProven: file.isProven,
      spool: this.#parts.spools?.get(layer),
      progress: progress.memory,
      port: port2,
    }
    try {
      const { losses } = await extractOnThread(order, progress, { signal, onProgress, ports: [port2] })
      this.#losses.join(losses)
    } finally {
      port1.close()
    }
  }

  /** A layer whose bytes are in no file: what a filter makes of one. */
  async #extractHere(
    index: number,
    layer: Layer,
    signal: AbortSignal,
    onProgress: (bytes: number) => void,
  ): Promise<void> {
    const { root, place } = this.#parts
    const writer = new FileWriter({ root, place, metadata: this.#metadata, onProgress })
    await using cursor = new ByteCursor(layer.stream(signal))
    for (const batch of this.#plan.batches(index)) {
      signal.throwIfAborted()
      await writer.write(batch, cursor)
    }
    await cursor.finish()
  }

  #progress(index: number, bytes: number): void {
    this.#written.set(index, bytes)
    const done = this.#written.values().reduce((sum, part) => sum + part, 0)
    this.#parts.task.progress(STEP, Math.min(done, this.#plan.bytes), this.#plan.bytes)
  }

  #make(place: Buffer, { path, stat }: PlannedNode): void {
    const { type, linkname = '', rare } = stat
    if (type === 'symlink') symlinkSync(Buffer.from(linkname, 'latin1'), place)
    else if (type === 'fifo') this.#libc.makeNode(place, FIFO | 0o600, 0, 0)
    else {
      const { major, minor } = rare?.device ?? { major: 0, minor: 0 }
      if (!this.#makeDevice(place, type === 'block' ? BLOCK : CHARACTER, major, minor)) {
        this.#losses.add('device', path, `${type} device ${major}:${minor}`)
        this.#parts.onMissing?.(place, path)
        return
      }
    }
    this.#metadata.setUnopened(place, path, metadataOf(stat), type === 'symlink')
  }

  /** Whether it could be made: root of a user namespace may not. */
  #makeDevice(place: Buffer, type: number, major: number, minor: number): boolean {
    if (!this.#parts.isRoot) return false
    try {
      this.#libc.makeNode(place, type | 0o600, major, minor)
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EPERM') return false
      throw error
    }
  }

  #link(place: Buffer, { path, target, stat }: PlannedLink): void {
    try {
      linkSync(this.#at(target), place)
    } catch (error) {
      const isDevice = stat.type === 'char' || stat.type === 'block'
      // A device that could not be made has no further names either.
      if (!(isDevice && (error as NodeJS.ErrnoException).code === 'ENOENT')) throw error
      this.#losses.add('device', path, `another name of ${target}`)
      this.#parts.onMissing?.(place, path)
    }
  }

  async #step(path: PathBytes, act: (place: Buffer) => void): Promise<void> {
    if (++this.#made % TURN === 0) {
      await setImmediate()
      this.#parts.task.signal.throwIfAborted()
    }
    try {
      act(this.#at(path))
    } catch (error) {
      throw entryError(roomError(error, this.#parts.place, 0), path, `"${visible(path === '' ? '/' : path)}"`)
    }
  }

  #at(path: PathBytes): Buffer {
    const root = Buffer.from(this.#parts.root)
    return path === '' ? root : Buffer.concat([root, SLASH, Buffer.from(path, 'latin1')])
  }
}

const SLASH = Buffer.from('/')
/** Bits of mknod(2). */
const FIFO = 0o010000
const CHARACTER = 0o020000
const BLOCK = 0o060000

/** What of a spooled layer has no file of its own. */
function lentPack(spool: string): LentLayer {
  const fd = openSync(packIn(spool), 'r')
  const close = (): void => closeSync(fd)
  const { size } = fstatSync(fd)
  return { fd, offset: 0, size, compression: 'none', isProven: true, [Symbol.dispose]: close }
}

function nameOf(diffID: Digest): string {
  return `Layer ${shortDigest(diffID)}`
}

/** A directory that no entry describes is as `mkdir -p` of root makes it, with a time that is the same each time. */
function metadataOf(stat: FileStat | undefined) {
  if (!stat) return { mode: 0o755, uid: 0, gid: 0, mtime: 0, mtimeNanoseconds: 0 }
  const { mode, uid, gid, mtime, mtimeNanoseconds, rare } = stat
  return { mode, uid, gid, mtime, mtimeNanoseconds, xattrs: rare?.xattrs }
}
