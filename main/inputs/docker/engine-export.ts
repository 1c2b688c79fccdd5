import { shortDigest, type Digest } from '../../../shared/digest.ts'
import type { EngineClient } from '../../docker/engine-client.ts'
import type { CacheKey, CacheWriter, IndexedLayer } from '../../image/cache.ts'
import { decompress, sniffCompression, type Compression } from '../../image/compression.ts'
import { DOCUMENT_LIMIT } from '../../image/documents.ts'
import type { Task } from '../../image/element.ts'
import { namedError } from '../../image/named-error.ts'
import { readTar, type TarMember } from '../../image/tar-reader.ts'
import type { EngineDocuments } from './engine-documents.ts'
import type { EngineImage } from './engine-image.ts'
import { ExportNames } from './export-names.ts'
import { ExportStream } from './export-stream.ts'
import type { InputContext } from '../input-context.ts'
import type { KeptLayers } from './kept-layers.ts'
import { LiveLayer } from './live-layer.ts'
import { peek } from './peek.ts'
import { readThrough, wrongLayer, type ReadLayer } from './read-through.ts'

/** What is to become of a layer that passes: its entries noted, its bytes handed on, or kept to be read again. */
export type Want = 'list' | 'pass' | 'keep'

export type Exported =
  /** The layer is gone once the next item is asked for. */
  | { readonly kind: 'passing'; readonly diffID: Digest; readonly layer: LiveLayer }
  | { readonly kind: 'kept'; readonly diffID: Digest }
  | { readonly kind: 'listed'; readonly diffID: Digest; readonly layer: IndexedLayer }
  /** The config is known now. */
  | { readonly kind: 'documents' }

export interface ExportSource {
  readonly client: EngineClient
  readonly image: EngineImage
  readonly documents: EngineDocuments
  readonly kept: KeptLayers
  readonly context: InputContext
}

export interface ExportOptions {
  readonly wants: ReadonlyMap<Digest, Want>
  /** Whether a layer's turn has come to be handed on; one that comes before is kept. */
  mayPass(diffID: Digest): boolean
  readonly task: Task
}

/**
 * One export of an image by its engine, read until all that is wanted has come. A layer is told from others by its name where that is
 * possible, and verified by its bytes always; one of which nobody can tell is kept and told by its bytes.
 */
export async function* readExport(
  source: ExportSource,
  options: ExportOptions,
): AsyncGenerator<Exported, void, undefined> {
  const { client, image } = source
  const { signal } = options.task
  const download = await client.download(`/images/${image.id}/get`, signal, {
    query: image.query,
    image: image.name,
  })
  using stream = new ExportStream(download, { engine: client.name, image: image.name }, signal)
  yield* new ExportReader(source, options, stream).read()
}

class ExportReader {
  readonly #source: ExportSource
  readonly #options: ExportOptions
  readonly #stream: ExportStream
  readonly #names: ExportNames
  readonly #wants: Map<Digest, Want>

  constructor(source: ExportSource, options: ExportOptions, stream: ExportStream) {
    this.#source = source
    this.#options = options
    this.#stream = stream
    this.#names = new ExportNames(source.image.config.diffIDs)
    this.#wants = new Map(options.wants)
    this.#learn()
  }

  async *read(): AsyncGenerator<Exported, void, undefined> {
    const { documents } = this.#source
    try {
      for await (const member of readTar(this.#stream.bytes())) {
        this.#options.task.signal.throwIfAborted()
        if (member.entry.type === 'file') yield* this.#take(member)
        if (this.#wants.size === 0 && documents.found) return
      }
    } catch (error) {
      throw this.#stream.explain(error)
    }
    const [diffID] = this.#wants.keys()
    const said = this.#stream.explain(undefined)
    if (said) throw said
    throw this.#stream.incomplete(diffID === undefined ? 'The image config' : `Layer ${shortDigest(diffID)}`)
  }

  async *#take(member: TarMember): AsyncGenerator<Exported, void, undefined> {
    const name = this.#names.of(member.entry.path)
    switch (name.kind) {
      case 'layer':
        yield* this.#takeLayer(member, name.diffID, name.digest)
        return
      case 'some-layer':
        yield* this.#takeUnknown(member, 'none', undefined)
        return
      case 'document':
        yield* this.#takeDocument(name.digest, member)
        return
      case 'v1-description':
        this.#names.learnV1(name.id, parentIn(await documentOf(member)))
        return
      case 'blob': {
        const { head, bytes } = await peek(member.body)
        if (head[0] === OPEN_BRACE) yield* this.#takeDocument(name.digest, { ...member, body: bytes })
        else yield* this.#takeUnknown({ ...member, body: bytes }, sniffCompression(head), name.digest)
        return
      }
      case 'other':
    }
  }

  async *#takeDocument(digest: Digest, member: TarMember): AsyncGenerator<Exported, void, undefined> {
    const { documents } = this.#source
    if (documents.found) return
    const bytes = await documentOf(member)
    if (bytes) await documents.add(digest, bytes)
    if (!documents.found) return
    this.#learn()
    yield { kind: 'documents' }
  }

  /** A manifest says which blobs are which layers. */
  #learn(): void {
    const found = this.#source.documents.found
    for (const [index, { digest }] of (found?.manifest?.layers ?? []).entries()) {
      const diffID = found?.config.diffIDs[index]
      if (diffID !== undefined) this.#names.learn(digest, diffID)
    }
  }

  async *#takeLayer(
    member: TarMember,
    diffID: Digest,
    digest: Digest | undefined,
  ): AsyncGenerator<Exported, void, undefined> {
    const want = this.#wants.get(diffID)
    if (want === undefined) return
    const { head, bytes } = await peek(member.body)
    const passing = { ...member, body: bytes }
    // A layer under its own digest is a tar, whatever its first name looks like.
    const compression = digest === undefined ? 'none' : sniffCompression(head)
    if (want === 'pass' && this.#options.mayPass(diffID)) {
      this.#wants.delete(diffID)
      yield { kind: 'passing', diffID, layer: await this.#live(passing, diffID, compression) }
      return
    }
    const key = digest === undefined ? { layer: diffID } : { blob: digest }
    await using writer = want === 'list' ? undefined : await this.#source.context.cache.create(key)
    const stored = this.#counted(passing, diffID)
    const found = await readThrough(stored, { compression, digest }, writer, this.#options.task.signal)
    if (found.diffID !== diffID) throw wrongLayer(diffID, found.diffID)
    yield* this.#settle(found, writer && { key, writer })
  }

  async #live(member: TarMember, diffID: Digest, compression: Compression): Promise<LiveLayer> {
    const { index } = this.#source.context
    const { signal } = this.#options.task
    const stored = this.#stream.explained(this.#counted(member, diffID))
    const isPlain = compression === 'none'
    const size = isPlain ? member.entry.size : (await index.get(diffID))?.size
    return new LiveLayer(diffID, size, decompress(compression, stored, signal), index)
  }

  /** A blob that is no layer of this image may stand beside them: one of another platform. */
  async *#takeUnknown(
    member: TarMember,
    compression: Compression,
    digest: Digest | undefined,
  ): AsyncGenerator<Exported, void, undefined> {
    if (this.#wants.size === 0 || (digest !== undefined && compression === 'none')) return
    const { image, context } = this.#source
    const key: CacheKey =
      digest === undefined ? { archive: `export of ${image.id}: ${member.entry.path}` } : { blob: digest }
    const isKept = [...this.#wants.values()].some((want) => want !== 'list')
    await using writer = isKept ? await context.cache.create(key) : undefined
    const { task } = this.#options
    const stored = this.#counted(member, digest === undefined ? 'A layer' : `Layer ${shortDigest(digest)}`)
    const found = await readThrough(stored, { compression, digest }, writer, task.signal)
    this.#names.seen(found.diffID)
    const want = this.#wants.get(found.diffID)
    if (want === undefined) return
    task.progress(found.diffID, member.entry.size, member.entry.size)
    yield* this.#settle(found, want === 'list' || !writer ? undefined : { key, writer })
  }

  async *#settle(
    { diffID, size, entries }: ReadLayer,
    kept: { readonly key: CacheKey; readonly writer: CacheWriter } | undefined,
  ): AsyncGenerator<Exported, void, undefined> {
    const listed = 'table' in entries ? { table: entries.table, size } : undefined
    // The index is a convenience: a full disk there must not end the work that filled it.
    if (listed) await this.#source.context.index.put(diffID, listed).catch(() => {})
    if (kept) await this.#source.kept.add(diffID, kept.key, await kept.writer.commit())
    this.#wants.delete(diffID)
    if (kept) yield { kind: 'kept', diffID }
    else if (listed) yield { kind: 'listed', diffID, layer: listed }
    else if ('error' in entries) throw namedError(entries.error, `Layer ${shortDigest(diffID)}`)
  }

  /** The member's bytes as stored, with progress; it goes on where its last reader stopped. */
  #counted({ entry, body }: TarMember, step: string): AsyncIterable<Uint8Array> {
    const { task } = this.#options
    let done = 0
    async function* read(): AsyncGenerator<Uint8Array, void, undefined> {
      for await (const chunk of body) {
        // Before it is handed over: a reader that has what it needs does not come back.
        done += chunk.length
        yield chunk
        task.progress(step, done, entry.size)
      }
    }
    return { [Symbol.asyncIterator]: read }
  }
}

const OPEN_BRACE = 0x7b

/** A small member whole; undefined for one too large to be a document. */
async function documentOf({ entry, body }: TarMember): Promise<Buffer | undefined> {
  if (entry.size > DOCUMENT_LIMIT) return undefined
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

function parentIn(bytes: Buffer | undefined): string | undefined {
  return /"parent":"([0-9a-f]{64})"/.exec(bytes?.toString('latin1') ?? '')?.[1]
}
