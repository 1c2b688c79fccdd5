import type { Digest } from '../../shared/digest.ts'
import type { DocumentStore } from '../image/cache.ts'
import { sha256Of } from '../image/hashing.ts'
import { DigestFiles } from './digest-files.ts'

/** Bytes of all files: the configs of some ten thousand images. */
const DEFAULT_LIMIT = 64 * 1024 ** 2

/** Image configs as registries gave them, each a file of its digest. What is damaged is as good as absent, and removed. */
export class FileDocumentStore implements DocumentStore {
  readonly #files: DigestFiles

  constructor(folder: string, options: { readonly limit?: number } = {}) {
    this.#files = new DigestFiles(folder, options.limit ?? DEFAULT_LIMIT)
  }

  get(digest: Digest): Promise<Uint8Array | undefined> {
    return this.#files.read(digest, (bytes) => (sha256Of(bytes) === digest ? bytes : undefined))
  }

  put(digest: Digest, bytes: Uint8Array): Promise<void> {
    return this.#files.put(digest, bytes)
  }

  /** Bytes it takes. */
  size(): Promise<number> {
    return this.#files.size()
  }

  /** Removes everything; answers the bytes freed. */
  clear(): Promise<number> {
    return this.#files.clear()
  }
}
