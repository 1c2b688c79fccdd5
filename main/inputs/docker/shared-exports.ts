import type { Digest } from '../../../shared/digest.ts'
import { ImageError } from '../../../shared/errors.ts'
import type { IndexedLayer } from '../../image/cache.ts'
import type { Task } from '../../image/element.ts'
import { readExport, type ExportSource } from './engine-export.ts'

type ExportKind = 'list' | 'keep'

/**
 * Exports for layers that somebody wants to read when he wants to. An engine gives all layers or none, so the first who needs one has
 * all layers of the image read that are not known yet, and the others wait for theirs in the same export.
 */
export class SharedExports implements AsyncDisposable {
  readonly #source: ExportSource
  readonly #task: Task
  readonly #running = new Set<SharedExport>()
  readonly #closing = new AbortController()
  /** Layers that somebody may want to read again. */
  readonly #readable = new Set<Digest>()

  constructor(source: ExportSource, task: Task) {
    this.#source = source
    this.#task = task
  }

  /** Says that a layer may be asked for with `keep`, so that the export for another one keeps it, too. */
  expect(diffID: Digest): void {
    this.#readable.add(diffID)
  }

  /** The layer's entries, once an export has brought them. */
  async list(diffID: Digest, signal?: AbortSignal): Promise<IndexedLayer> {
    const listed = await this.#wait('list', diffID, signal)
    const layer = listed ?? (await this.#source.context.index.get(diffID))
    if (layer) return layer
    // Kept, and its listing could not be.
    const kept = this.#source.kept.layer(diffID, this.#task)
    const table = await kept?.entries(signal)
    if (!table) throw this.#gone()
    return { table, size: kept?.size ?? 0 }
  }

  /** Comes back when the layer is among the kept ones. */
  async keep(diffID: Digest, signal?: AbortSignal): Promise<void> {
    if (this.#source.kept.has(diffID)) return
    await this.#wait('keep', diffID, signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    await Promise.all([...this.#running].map((running) => running.ended))
  }

  async #wait(
    kind: ExportKind,
    diffID: Digest,
    signal: AbortSignal | undefined,
  ): Promise<IndexedLayer | undefined> {
    signal?.throwIfAborted()
    const running = this.#under(kind, diffID)
    if (running) return running.wait(diffID, signal)
    const wants = await this.#wanted(kind)
    // Somebody else may have begun while we looked.
    const started = this.#under(kind, diffID) ?? this.#start(kind, new Set([...wants, diffID]))
    return started.wait(diffID, signal)
  }

  #under(kind: ExportKind, diffID: Digest): SharedExport | undefined {
    return [...this.#running].find((running) => running.has(kind, diffID))
  }

  async #wanted(kind: ExportKind): Promise<Digest[]> {
    const { context, documents, image, kept } = this.#source
    const wanted: Digest[] = []
    for (const diffID of kind === 'keep' ? this.#readable : new Set(image.config.diffIDs)) {
      const isListed = kind === 'list' && (await context.index.has(diffID))
      if (!isListed && !(await kept.recall(diffID, documents.blobOf(diffID)))) wanted.push(diffID)
    }
    return wanted
  }

  #start(kind: ExportKind, wants: ReadonlySet<Digest>): SharedExport {
    const started = new SharedExport(kind, wants)
    this.#running.add(started)
    const signal = AbortSignal.any([this.#task.signal, this.#closing.signal, started.signal])
    const task: Task = {
      signal,
      progress: (...step) => this.#task.progress(...step),
      warn: (warning) => this.#task.warn(warning),
    }
    started.ended = (async () => {
      try {
        const items = readExport(this.#source, {
          wants: new Map([...wants].map((diffID) => [diffID, kind])),
          mayPass: () => false,
          task,
        })
        // The last one waits for the config, which nobody asks for: it would be missed the next time.
        const left = new Set(wants)
        let last: (() => void) | undefined
        for await (const item of items) {
          if (item.kind !== 'listed' && item.kind !== 'kept') continue
          const { diffID } = item
          const settle = (): void => started.settle(diffID, item.kind === 'listed' ? item.layer : undefined)
          left.delete(diffID)
          if (left.size === 0) last = settle
          else settle()
        }
        last?.()
        started.fail(this.#gone())
      } catch (error) {
        started.fail(error)
      } finally {
        this.#running.delete(started)
      }
    })()
    return started
  }

  #gone(): ImageError {
    return new ImageError('io', 'A layer of the export was lost before it was used.', {
      remedy: 'Try again.',
    })
  }
}

/** One export with those who wait for its layers. */
class SharedExport {
  readonly kind: ExportKind
  ended: Promise<void> = Promise.resolve()
  readonly #awaited: ReadonlyMap<Digest, PromiseWithResolvers<IndexedLayer | undefined>>
  readonly #left = new AbortController()
  #waiting = 0

  constructor(kind: ExportKind, wants: ReadonlySet<Digest>) {
    this.kind = kind
    this.#awaited = new Map([...wants].map((diffID) => [diffID, Promise.withResolvers()]))
    // Not everybody's layer is waited for.
    for (const { promise } of this.#awaited.values()) promise.catch(() => {})
  }

  /** Aborted when the last one who waited has given up. */
  get signal(): AbortSignal {
    return this.#left.signal
  }

  /** What is kept is listed on the way. */
  has(kind: ExportKind, diffID: Digest): boolean {
    return !this.#left.signal.aborted && (this.kind === kind || kind === 'list') && this.#awaited.has(diffID)
  }

  async wait(diffID: Digest, signal: AbortSignal | undefined): Promise<IndexedLayer | undefined> {
    const awaited = this.#awaited.get(diffID)
    this.#waiting++
    const { promise: givenUp, reject } = Promise.withResolvers<never>()
    const giveUp = (): void => reject(signal?.reason)
    signal?.addEventListener('abort', giveUp, { once: true })
    try {
      return await Promise.race([awaited?.promise, givenUp])
    } finally {
      signal?.removeEventListener('abort', giveUp)
      this.#waiting--
      if (signal?.aborted && this.#waiting === 0) this.#left.abort(signal.reason)
    }
  }

  settle(diffID: Digest, layer: IndexedLayer | undefined): void {
    this.#awaited.get(diffID)?.resolve(layer)
  }

  /** Those that are settled already stay so. */
  fail(error: unknown): void {
    for (const { reject } of this.#awaited.values()) reject(error)
  }
}
